/*
 * What stands on a screen: a grid of cells, which knows no terminal.
 *
 * A character that is two columns wide has a cell and an empty one (WIDTH 0) behind it; where only one half of it has
 * room it is a blank. Combining characters stand in the cell of the one before them.
 */
#ifndef VIEW_GRID_H
#define VIEW_GRID_H

#include <stddef.h>
#include <stdint.h>

struct buf;

/* Characters of a cell, with those that combine; further ones are left out. */
#define CELL_CHARACTERS 4

enum style_flag {
    STYLE_BOLD = 1 << 0,
    STYLE_DIM = 1 << 1,
    STYLE_UNDERLINE = 1 << 2,
    STYLE_REVERSE = 1 << 3,
};

/* Of 256 colours; the terminal's own. */
#define COLOR_OWN (-1)

struct style {
    int16_t foreground;
    int16_t background;
    unsigned flags; /* enum style_flag */
};

#define STYLE_PLAIN ((struct style){COLOR_OWN, COLOR_OWN, 0})

struct cell {
    uint32_t characters[CELL_CHARACTERS]; /* a zero ends them */
    int width;                            /* 1, 2, or 0: the right half of the one before */
    struct style style;
};

/* A zeroed one has no cells. */
struct grid {
    int rows;
    int columns;
    struct cell *cells;
    int cursor_row; /* where the terminal's cursor is shown; below 0: nowhere */
    int cursor_column;
};

void grid_release(struct grid *grid);

/* Makes it this large, both 1 or more, and blank. */
void grid_clear(struct grid *grid, int rows, int columns);

/* The cell; NULL: the grid has none there. */
struct cell *grid_cell(const struct grid *grid, int row, int column);

/* Sets a cell, and the one behind it where that is its other half; nothing outside of the grid or behind column LIMIT. */
void grid_put(struct grid *grid, int row, int column, int limit, const struct cell *cell);

/* Blanks WIDTH columns. */
void grid_fill(struct grid *grid, int row, int column, int width, struct style style);

/* Puts safe TEXT (view/text.h) with its colours, of its first line as much as WIDTH columns have room for; where that is not all of
 * it the last of them is an ellipsis. The columns that it took. */
int grid_text(struct grid *grid, int row, int column, int width, struct style style, const char *text);

/* Appends what stands there as lines of text, without blanks at their ends: for tests. */
void grid_print(const struct grid *grid, struct buf *out);

#endif
