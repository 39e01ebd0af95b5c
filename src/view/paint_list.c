/* The list of objects. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/grid.h"
#include "view/model.h"
#include "view/paint_private.h"

/* Columns behind the name: state, restarts, processor, memory. */
#define STATE_WIDTH 9
#define RESTARTS_WIDTH 4
#define CPU_WIDTH 6
#define MEMORY_WIDTH 7
#define NAME_LEAST 8

/* Colours by what a state means. */
#define GREEN 2
#define YELLOW 3
#define RED 1

struct style style_of(const struct view_object *object)
{
    static const struct {
        const char *state;
        int16_t color;
        unsigned flags;
    } rows[] = {
        {"running", GREEN, 0},         {"failed", RED, STYLE_BOLD}, {"stopping", YELLOW, 0}, {"restarting", YELLOW, 0},
        {"waiting", COLOR_OWN, STYLE_DIM}, {"skipped", COLOR_OWN, STYLE_DIM}, {"stopped", COLOR_OWN, STYLE_DIM},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!strcmp(rows[i].state, object->state))
            return (struct style){rows[i].color, COLOR_OWN, rows[i].flags};
    return STYLE_PLAIN;
}

void print_memory(char text[PAINT_TEXT], int64_t bytes)
{
    static const char units[] = "BKMGT";
    size_t unit = 0;
    double size = (double)bytes;
    for (; size >= 1000 && units[unit + 1]; unit++)
        size /= 1024;
    snprintf(text, PAINT_TEXT, size < 10 && unit ? "%.1f%c" : "%.0f%c", size, units[unit]);
}

static void paint_right(struct grid *grid, int row, int end, int width, struct style style, const char *text)
{
    int length = (int)strlen(text);
    grid_text(grid, row, end - (length < width ? length : width), width, style, text);
}

/* What stands behind the name, from the right: as much as there is room for. */
static int paint_columns(struct grid *grid, int row, int width, struct style style, const struct view_object *object)
{
    char text[PAINT_TEXT] = "";
    int left = width;
    if (width >= NAME_LEAST + STATE_WIDTH + CPU_WIDTH + MEMORY_WIDTH) {
        if (object->usage.measured)
            print_memory(text, object->usage.memory);
        paint_right(grid, row, left, MEMORY_WIDTH, style, text);
        left -= MEMORY_WIDTH;
        if (object->usage.measured)
            snprintf(text, sizeof(text), object->usage.cpu < 0.0995 ? "%.1f%%" : "%.0f%%", object->usage.cpu * 100);
        paint_right(grid, row, left, CPU_WIDTH, style, text);
        left -= CPU_WIDTH;
    }
    if (width >= NAME_LEAST + STATE_WIDTH + CPU_WIDTH + MEMORY_WIDTH + RESTARTS_WIDTH) {
        snprintf(text, sizeof(text), "%" PRId64, object->restarts + object->restarted);
        if (object->restarts + object->restarted)
            paint_right(grid, row, left, RESTARTS_WIDTH, style, text);
        left -= RESTARTS_WIDTH;
    }
    left -= STATE_WIDTH;
    return left > 0 ? left : 0;
}

/* The number of workers of a pool stands in its name. */
static void paint_object(struct grid *grid, int row, int width, const struct view_object *object, bool chosen)
{
    struct style style = chosen ? (struct style){COLOR_OWN, COLOR_OWN, STYLE_REVERSE} : STYLE_PLAIN;
    struct style state = style_of(object);
    char workers[PAINT_TEXT] = "";
    grid_fill(grid, row, 0, width, style);
    int name_width = paint_columns(grid, row, width, style, object);
    if (object->is_pool)
        snprintf(workers, sizeof(workers), " %" PRId64 "/%" PRId64, object->tasks.busy, object->tasks.workers);
    int workers_width = (int)strlen(workers);
    int room = name_width - 1 - workers_width;
    int used = grid_text(grid, row, 0, room > 0 ? room : 0, style, object->name);
    grid_text(grid, row, used, name_width - 1 - used, style, workers);
    state.flags |= style.flags;
    grid_text(grid, row, name_width, STATE_WIDTH - 1, state, object->paused ? "paused" : object->state);
}

/* How far a pool is, over a bar where that is known. */
static void paint_tasks(struct grid *grid, int row, int width, const struct view_object *object)
{
    int64_t all = object->tasks.done + object->tasks.left;
    int full = object->tasks.left >= 0 && all > 0 ? (int)(object->tasks.done * width / all) : 0;
    grid_text(grid, row, 1, width - 1, STYLE_PLAIN, object->progress);
    for (int column = 0; column < full; column++)
        grid_cell(grid, row, column)->style = (struct style){GREEN, COLOR_OWN, STYLE_REVERSE};
}

static int rows_of(const struct view_object *object)
{
    return object->is_pool && *object->progress ? 2 : 1;
}

/* The chosen one is seen, and as much as can be before it where the list does not reach so far down. */
static void scroll_list(struct view_model *model, int height)
{
    if (model->top > model->chosen)
        model->top = model->chosen;
    int rows = 0;
    for (size_t i = model->chosen + 1; i-- > model->top;) {
        rows += rows_of(model->objects.items[i]);
        if (rows > height && i < model->chosen) {
            model->top = i + 1;
            break;
        }
    }
    rows = 0;
    for (size_t i = model->top; i < model->objects.count; i++)
        rows += rows_of(model->objects.items[i]);
    while (model->top && rows + rows_of(model->objects.items[model->top - 1]) <= height)
        rows += rows_of(model->objects.items[--model->top]);
}

static void paint_heads(struct grid *grid, int row, int width)
{
    struct style style = {COLOR_OWN, COLOR_OWN, STYLE_DIM};
    grid_text(grid, row, 0, width, style, "NAME");
    int left = width;
    if (width >= NAME_LEAST + STATE_WIDTH + CPU_WIDTH + MEMORY_WIDTH) {
        paint_right(grid, row, left, MEMORY_WIDTH, style, "MEM");
        paint_right(grid, row, left - MEMORY_WIDTH, CPU_WIDTH, style, "CPU");
        left -= MEMORY_WIDTH + CPU_WIDTH;
    }
    if (width >= NAME_LEAST + STATE_WIDTH + CPU_WIDTH + MEMORY_WIDTH + RESTARTS_WIDTH) {
        paint_right(grid, row, left, RESTARTS_WIDTH, style, "RE");
        left -= RESTARTS_WIDTH;
    }
    grid_text(grid, row, left - STATE_WIDTH > 0 ? left - STATE_WIDTH : 0, STATE_WIDTH - 1, style, "STATE");
}

void paint_list(struct view_model *model, struct grid *grid, int row, int height, int width)
{
    paint_heads(grid, row++, width);
    height--;
    model->shown = 0;
    if (model->objects.count)
        scroll_list(model, height);
    for (size_t i = model->top; i < model->objects.count && height > 0; i++) {
        const struct view_object *object = model->objects.items[i];
        paint_object(grid, row++, width, object, i == model->chosen);
        if (rows_of(object) == 2 && --height > 0)
            paint_tasks(grid, row++, width, object);
        height--;
        model->shown++;
    }
}
