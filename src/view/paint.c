/* Drawing a view. */
#include "view/paint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "view/emulator.h"
#include "view/grid.h"
#include "view/keys.h"
#include "view/model.h"
#include "view/output_pane.h"
#include "view/paint_private.h"
#include "view/text.h"

/* The list is so wide, or as wide as LIST_SHARE says where there is more room. */
#define LIST_LEAST 36
#define LIST_MOST 64
#define LIST_SHARE 0.35

/* Of a key and its help. */
#define KEYS_WIDTH 40

/* What went wrong last has this share of the rows at most. */
#define MESSAGES_SHARE 5

static const struct style plain = {COLOR_OWN, COLOR_OWN, 0};
static const struct style dim = {COLOR_OWN, COLOR_OWN, STYLE_DIM};
static const struct style bold = {COLOR_OWN, COLOR_OWN, STYLE_BOLD};
static const struct style reverse = {COLOR_OWN, COLOR_OWN, STYLE_REVERSE};
static const struct style wrong = {1, COLOR_OWN, STYLE_BOLD};

static void paint_line(struct grid *grid, int row, int column, int width)
{
    for (int i = 0; i < width; i++)
        grid_text(grid, row, column + i, 1, dim, "─");
}

/* What the run is, and how far. */
static void paint_head(const struct view_model *model, struct grid *grid)
{
    struct buf text = {0};
    struct view_sum sum = view_objects_sum(&model->objects);
    bool ended = !strcmp(model->about.state, "ended");
    int used = grid_text(grid, 0, 0, grid->columns, bold, *model->about.scenario ? model->about.scenario : "parrun");
    used += 2 + grid_text(grid, 0, used + 2, grid->columns - used - 2, ended ? wrong : plain, model->about.state);
    buf_printf(&text, "up %" PRId64 "/%zu", sum.up, model->objects.count);
    if (sum.tasks > 0 || sum.done)
        buf_printf(&text, "  tasks %" PRId64, sum.done);
    if (sum.tasks > 0)
        buf_printf(&text, "/%" PRId64, sum.tasks);
    used += 2 + grid_text(grid, 0, used + 2, grid->columns - used - 2, plain, buf_string(&text));
    buf_clear(&text);
    if (sum.failed) {
        buf_printf(&text, "failed %" PRId64, sum.failed);
        used += 2 + grid_text(grid, 0, used + 2, grid->columns - used - 2, wrong, buf_string(&text));
    }
    int width = text_width(model->about.run);
    if (used + 2 + width <= grid->columns)
        grid_text(grid, 0, grid->columns - width, width, dim, model->about.run);
    buf_release(&text);
}

/* The name of the chosen object and how much is below what is shown. */
static void paint_output_head(const struct view_model *model, struct grid *grid, int row, int column, int width)
{
    const struct view_object *chosen = model_chosen(model);
    struct buf text = {0};
    uint64_t below;
    paint_line(grid, row, column, width);
    if (chosen)
        buf_printf(&text, " %s ", chosen->name);
    int used = 1 + grid_text(grid, row, column + 1, width - 2, bold, buf_string(&text));
    buf_clear(&text);
    if (pane_is_scrolled(model->pane.output, &below))
        buf_printf(&text, " %" PRIu64 " lines below: End shows them ", below);
    int length = text_width(buf_string(&text));
    if (used + 1 + length < width)
        grid_text(grid, row, column + width - 1 - length, length, reverse, buf_string(&text));
    buf_release(&text);
}

static void paint_output(struct view_model *model, struct grid *grid, int row, int column, int height, int width)
{
    paint_output_head(model, grid, row, column, width);
    uint64_t below;
    model->pane.rows = height - 1;
    model->pane.columns = width;
    pane_paint(model->pane.output, grid, row + 1, column, height - 1, width, model->pane.search);
    if (model->pane.emulator && !pane_is_scrolled(model->pane.output, &below)) {
        for (int i = 1; i < height; i++)
            grid_fill(grid, row + i, column, width, plain);
        emulator_paint(model->pane.emulator, grid, row + 1, column, height - 1, width, model->mode == SHOWS_TYPING);
    } else if (!pane_count(model->pane.output))
        grid_text(grid, row + 1, column, width, dim, model_chosen(model) ? "(no output)" : "");
}

static int paint_fact(struct grid *grid, int row, int column, int width, const char *name, const char *text)
{
    if (!*text)
        return row;
    grid_text(grid, row, column, 10, dim, name);
    /* As many lines as it takes. */
    struct text_walk walk = text_walk(text, strlen(text), plain);
    struct cell cell;
    for (int used = 10; text_next(&walk, &cell); used += cell.width) {
        if (used + cell.width > width) {
            row++;
            used = 10;
        }
        if (row < grid->rows)
            grid_put(grid, row, column + used, column + width, &cell);
    }
    return row + 1;
}

/* What is known of the chosen object. */
static void paint_explain(const struct view_model *model, struct grid *grid, int row, int column, int height, int width)
{
    const struct view_object *object = model_chosen(model);
    struct buf text = {0};
    int end = row + height;
    paint_output_head(model, grid, row++, column, width);
    if (!object)
        return;
    row = paint_fact(grid, row, column, width, "kind", object->kind);
    row = paint_fact(grid, row, column, width, "state", object->state);
    row = paint_fact(grid, row, column, width, "since", object->since);
    row = paint_fact(grid, row, column, width, "doing", object->doing);
    row = paint_fact(grid, row, column, width, "progress", object->progress);
    row = paint_fact(grid, row, column, width, "wrong", object->error);
    if (object->pid)
        buf_printf(&text, "%" PRId64, object->pid);
    row = paint_fact(grid, row, column, width, "process", buf_string(&text));
    buf_clear(&text);
    if (object->is_pool)
        buf_printf(&text, "%" PRId64 ", %" PRId64 " of them busy", object->tasks.workers, object->tasks.busy);
    row = paint_fact(grid, row, column, width, "workers", buf_string(&text));
    buf_clear(&text);
    if (object->restarts || object->restarted)
        buf_printf(&text, "%" PRId64 " by itself, %" PRId64 " by hand", object->restarts, object->restarted);
    row = paint_fact(grid, row, column, width, "restarts", buf_string(&text));
    for (; row < end; row++)
        grid_fill(grid, row, column, width, plain);
    buf_release(&text);
}

/* In as many columns as it takes. */
static void paint_keys(struct grid *grid, int row, int height)
{
    const struct key_binding *key;
    int columns = grid->columns / KEYS_WIDTH, column = 0, count = 0;
    while (key_binding_at((size_t)count))
        count++;
    int each = columns > 1 ? (count + columns - 1) / columns : count;
    each = each < height - 1 ? each : height - 1;
    paint_line(grid, row, 0, grid->columns);
    grid_text(grid, row++, 1, grid->columns - 1, bold, " keys ");
    for (int i = 0; (key = key_binding_at((size_t)i)) && each > 0; i++) {
        column = i / each * KEYS_WIDTH;
        grid_text(grid, row + i % each, column, 8, bold, key->shown);
        grid_text(grid, row + i % each, column + 8, KEYS_WIDTH - 9, plain, key->help);
    }
}

/* What went wrong last, the newest below. */
static void paint_messages(const struct view_model *model, struct grid *grid, int row, int height)
{
    paint_line(grid, row, 0, grid->columns);
    grid_text(grid, row, 1, grid->columns, bold, model->notes.message_count ? " what went wrong last " : " nothing went wrong so far ");
    int count = height - 1 < (int)model->notes.message_count ? height - 1 : (int)model->notes.message_count;
    for (int i = 0; i < count; i++) {
        const struct view_message *message = &model->notes.messages[(int)model->notes.message_count - count + i];
        int used = grid_text(grid, row + 1 + i, 0, grid->columns, dim, message->time);
        grid_text(grid, row + 1 + i, used + 1, grid->columns - used - 1, plain, message->text);
    }
}

/* Some of the keys; the last two of them, help and how to leave, are there in any case. */
static void paint_briefs(struct grid *grid, int row)
{
    const struct key_binding *key;
    int used = 0, last = text_width("? help  q leave");
    for (size_t i = 0; (key = key_binding_at(i)); i++) {
        bool stays = !key_binding_at(i + 1) || !key_binding_at(i + 2);
        int length = key->brief ? text_width(key->shown) + 1 + text_width(key->brief) : 0;
        if (!key->brief || (!stays && used + length + 2 + last > grid->columns))
            continue;
        grid_text(grid, row, used, grid->columns - used, reverse, key->shown);
        used += text_width(key->shown) + 1;
        used += 2 + grid_text(grid, row, used, grid->columns - used, dim, key->brief);
    }
}

/* The last line: what is typed or asked, what was answered, or which keys there are. */
static void paint_foot(const struct view_model *model, struct grid *grid)
{
    int row = grid->rows - 1, used = 0;
    struct buf text = {0};
    if (model->mode == SHOWS_SEARCH || model->mode == SHOWS_FIND) {
        buf_printf(&text, "%s%s", model->mode == SHOWS_SEARCH ? "/" : "find: ", buf_string(&model->typed));
        used = grid_text(grid, row, 0, grid->columns - 1, plain, buf_string(&text));
        grid->cursor_row = row;
        grid->cursor_column = used;
    } else if (model->mode == SHOWS_TYPING) {
        grid_text(grid, row, 0, grid->columns, reverse, " Keys go to the process.  Ctrl-]: back ");
    } else if (model->mode == SHOWS_QUESTION) {
        grid_text(grid, row, 0, grid->columns, reverse, " Stop the run?  y: stop it  d: let it run in the background  Esc: stay ");
    } else if (model->notes.notice) {
        grid_text(grid, row, 0, grid->columns, model->notes.notice_is_wrong ? wrong : plain, model->notes.notice);
    } else {
        paint_briefs(grid, row);
    }
    buf_release(&text);
}

static int list_width(int columns)
{
    int width = (int)(columns * LIST_SHARE);
    width = width < LIST_LEAST ? LIST_LEAST : width > LIST_MOST ? LIST_MOST : width;
    return width > columns / 2 ? columns / 2 : width;
}

/* The mode whose panes are shown where something is typed meanwhile. */
static enum view_mode mode_below(const struct view_model *model)
{
    bool over = model->mode == SHOWS_TYPING || model->mode == SHOWS_SEARCH || model->mode == SHOWS_FIND || model->mode == SHOWS_QUESTION;
    return over ? model->before : model->mode;
}

static void paint_panes(struct view_model *model, struct grid *grid, int row, int height)
{
    int left = list_width(grid->columns);
    int column = left + 1, width = grid->columns - column;
    enum view_mode mode = mode_below(model);
    if (mode == SHOWS_OUTPUT) {
        paint_output(model, grid, row, 0, height, grid->columns);
        return;
    }
    if (mode == SHOWS_KEYS) {
        paint_keys(grid, row, height);
        return;
    }
    paint_list(model, grid, row, height, left);
    for (int i = 0; i < height; i++)
        grid_text(grid, row + i, left, 1, dim, "│");
    if (mode == SHOWS_EXPLAIN)
        paint_explain(model, grid, row, column, height, width);
    else
        paint_output(model, grid, row, column, height, width);
}

void paint(struct view_model *model, struct grid *grid, int rows, int columns)
{
    grid_clear(grid, rows, columns);
    if (rows < PAINT_ROWS_LEAST || columns < PAINT_COLUMNS_LEAST) {
        grid_text(grid, 0, 0, columns, plain, "too small; q leaves");
        return;
    }
    int most = rows / MESSAGES_SHARE;
    int messages = 1 + ((int)model->notes.message_count < most ? (int)model->notes.message_count : most);
    paint_head(model, grid);
    paint_panes(model, grid, 1, rows - 2 - messages);
    paint_messages(model, grid, rows - 1 - messages, messages);
    paint_foot(model, grid);
}
