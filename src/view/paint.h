/* Drawing a view onto a grid, whatever its size is. */
#ifndef VIEW_PAINT_H
#define VIEW_PAINT_H

struct grid;
struct view_model;

/* On fewer rows or columns there is one line that says so. */
#define PAINT_ROWS_LEAST 8
#define PAINT_COLUMNS_LEAST 40

/* Clears the grid, of which ROWS and COLUMNS are 1 or more, and draws all. What is shown of the list and of the output is written
 * down in the model, for keys that scroll. */
void paint(struct view_model *model, struct grid *grid, int rows, int columns);

#endif
