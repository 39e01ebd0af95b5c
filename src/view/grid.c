/* A grid of cells. */
#include "view/grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "view/text.h"

#define ELLIPSIS 0x2026

void grid_release(struct grid *grid)
{
    free(grid->cells);
    *grid = (struct grid){0};
}

static struct cell blank(struct style style)
{
    return (struct cell){.characters = {' '}, .width = 1, .style = style};
}

void grid_clear(struct grid *grid, int rows, int columns)
{
    if (rows != grid->rows || columns != grid->columns)
        grid->cells = mem_realloc(grid->cells, (size_t)rows * (size_t)columns, sizeof(*grid->cells));
    grid->rows = rows;
    grid->columns = columns;
    grid->cursor_row = grid->cursor_column = -1;
    for (int i = 0; i < rows * columns; i++)
        grid->cells[i] = blank(STYLE_PLAIN);
}

struct cell *grid_cell(const struct grid *grid, int row, int column)
{
    bool there = row >= 0 && row < grid->rows && column >= 0 && column < grid->columns;
    return there ? &grid->cells[row * grid->columns + column] : NULL;
}

void grid_put(struct grid *grid, int row, int column, int limit, const struct cell *cell)
{
    struct cell *at = grid_cell(grid, row, column);
    struct cell *behind = column + 1 < limit ? grid_cell(grid, row, column + 1) : NULL;
    if (!at || column >= limit)
        return;
    if (cell->width == 2 && !behind) {
        *at = blank(cell->style);
        return;
    }
    *at = *cell;
    if (cell->width == 2)
        *behind = (struct cell){.style = cell->style};
}

void grid_fill(struct grid *grid, int row, int column, int width, struct style style)
{
    struct cell cell = blank(style);
    for (int i = 0; i < width; i++)
        grid_put(grid, row, column + i, column + width, &cell);
}

int grid_text(struct grid *grid, int row, int column, int width, struct style style, const char *text)
{
    struct text_walk walk = text_walk(text, strlen(text), style);
    struct cell cell;
    int used = 0;
    while (text_next(&walk, &cell) && used < width) {
        if (used + cell.width > width || (used + cell.width == width && !text_is_over(&walk))) {
            cell = (struct cell){.characters = {ELLIPSIS}, .width = 1, .style = style};
            grid_put(grid, row, column + used++, column + width, &cell);
            break;
        }
        grid_put(grid, row, column + used, column + width, &cell);
        used += cell.width;
    }
    return used;
}

void grid_print(const struct grid *grid, struct buf *out)
{
    for (int row = 0; row < grid->rows; row++) {
        size_t end = out->length;
        for (int column = 0; column < grid->columns; column++) {
            const struct cell *cell = grid_cell(grid, row, column);
            for (size_t i = 0; i < CELL_CHARACTERS && cell->characters[i]; i++)
                text_put_character(out, cell->characters[i]);
            if (cell->characters[0] != ' ')
                end = out->length;
        }
        buf_truncate(out, end);
        buf_char(out, '\n');
    }
}
