/* A terminal, by libvterm. */
#include "view/emulator.h"

#include <stdlib.h>

#include <vterm.h>

#include "base/buf.h"
#include "base/mem.h"
#include "view/grid.h"
#include "view/model.h"
#include "view/text.h"

#define SIZE_MOST 1000

#define REPLACEMENT 0xFFFD

struct emulator {
    VTerm *terminal;
    VTermScreen *screen;
    int rows;
    int columns;
    struct buf *out; /* what a key sends goes there; NULL: it is an answer to the process, which has had one already */
};

static int bounded(int size)
{
    return size < 1 ? 1 : size > SIZE_MOST ? SIZE_MOST : size;
}

static void on_output(const char *bytes, size_t length, void *arg)
{
    const struct emulator *emulator = arg;
    if (emulator->out)
        buf_append(emulator->out, bytes, length);
}

struct emulator *emulator_new(int rows, int columns)
{
    struct emulator *emulator = mem_calloc(1, sizeof(*emulator));
    emulator->rows = bounded(rows);
    emulator->columns = bounded(columns);
    emulator->terminal = vterm_new(emulator->rows, emulator->columns);
    if (!emulator->terminal)
        mem_exhausted();
    vterm_set_utf8(emulator->terminal, 1);
    vterm_output_set_callback(emulator->terminal, on_output, emulator);
    emulator->screen = vterm_obtain_screen(emulator->terminal);
    vterm_screen_enable_altscreen(emulator->screen, 1);
    vterm_screen_reset(emulator->screen, 1);
    return emulator;
}

void emulator_free(struct emulator *emulator)
{
    if (emulator)
        vterm_free(emulator->terminal);
    free(emulator);
}

void emulator_resize(struct emulator *emulator, int rows, int columns)
{
    rows = bounded(rows);
    columns = bounded(columns);
    if (rows == emulator->rows && columns == emulator->columns)
        return;
    emulator->rows = rows;
    emulator->columns = columns;
    vterm_set_size(emulator->terminal, rows, columns);
}

void emulator_write(struct emulator *emulator, const char *bytes, size_t length)
{
    vterm_input_write(emulator->terminal, bytes, length);
}

static VTermKey key_of(uint32_t key)
{
    switch (key) {
    case VIEW_KEY_UP:
        return VTERM_KEY_UP;
    case VIEW_KEY_DOWN:
        return VTERM_KEY_DOWN;
    case VIEW_KEY_LEFT:
        return VTERM_KEY_LEFT;
    case VIEW_KEY_RIGHT:
        return VTERM_KEY_RIGHT;
    case VIEW_KEY_PAGE_UP:
        return VTERM_KEY_PAGEUP;
    case VIEW_KEY_PAGE_DOWN:
        return VTERM_KEY_PAGEDOWN;
    case VIEW_KEY_HOME:
        return VTERM_KEY_HOME;
    case VIEW_KEY_END:
        return VTERM_KEY_END;
    case VIEW_KEY_BACKSPACE:
        return VTERM_KEY_BACKSPACE;
    default:
        return VTERM_KEY_NONE;
    }
}

void emulator_key(struct emulator *emulator, uint32_t key, struct buf *out)
{
    VTermKey named = key_of(key);
    emulator->out = out;
    if (named != VTERM_KEY_NONE)
        vterm_keyboard_key(emulator->terminal, named, VTERM_MOD_NONE);
    else if (key < ' ' || key == 0x7F)
        buf_char(out, (char)key);
    else if (key < VIEW_KEY_UP)
        text_put_character(out, key);
    emulator->out = NULL;
}

static int16_t color_of(const struct emulator *emulator, VTermColor color, bool own)
{
    if (own)
        return COLOR_OWN;
    if (VTERM_COLOR_IS_INDEXED(&color))
        return color.indexed.idx;
    vterm_screen_convert_color_to_rgb(emulator->screen, &color);
    return text_color(color.rgb.red, color.rgb.green, color.rgb.blue);
}

/* A character whose width the two tables do not agree on is none. */
static void put_characters(struct cell *cell, const VTermScreenCell *from)
{
    cell->width = from->width;
    for (size_t i = 0; i < CELL_CHARACTERS; i++)
        cell->characters[i] = from->chars[i];
    if (!cell->characters[0])
        cell->characters[0] = ' ';
    if (text_cell_width(cell->characters[0]) == cell->width)
        return;
    *cell = (struct cell){.characters = {REPLACEMENT}, .width = 1};
}

static struct cell cell_at(const struct emulator *emulator, int row, int column)
{
    VTermScreenCell from = {.width = 1};
    struct cell cell;
    if (!vterm_screen_get_cell(emulator->screen, (VTermPos){.row = row, .col = column}, &from))
        from = (VTermScreenCell){.width = 1, .fg = {.type = VTERM_COLOR_DEFAULT_FG}, .bg = {.type = VTERM_COLOR_DEFAULT_BG}};
    put_characters(&cell, &from);
    cell.style = (struct style){color_of(emulator, from.fg, VTERM_COLOR_IS_DEFAULT_FG(&from.fg)),
                                color_of(emulator, from.bg, VTERM_COLOR_IS_DEFAULT_BG(&from.bg)), 0};
    cell.style.flags |= from.attrs.bold ? STYLE_BOLD : 0;
    cell.style.flags |= from.attrs.underline ? STYLE_UNDERLINE : 0;
    cell.style.flags |= from.attrs.reverse ? STYLE_REVERSE : 0;
    return cell;
}

void emulator_paint(const struct emulator *emulator, struct grid *grid, int row, int column, int height, int width, bool cursor)
{
    VTermPos at;
    vterm_state_get_cursorpos(vterm_obtain_state(emulator->terminal), &at);
    int top = at.row >= height ? at.row - height + 1 : 0;
    for (int i = 0; i < height && top + i < emulator->rows; i++)
        for (int n = 0, next; n < emulator->columns && n < width; n = next) {
            struct cell cell = cell_at(emulator, top + i, n);
            grid_put(grid, row + i, column + n, column + width, &cell);
            next = n + cell.width;
        }
    if (cursor && at.col < width) {
        grid->cursor_row = row + at.row - top;
        grid->cursor_column = column + at.col;
    }
}
