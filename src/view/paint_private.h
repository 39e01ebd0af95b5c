/* What the files that draw share. */
#ifndef VIEW_PAINT_PRIVATE_H
#define VIEW_PAINT_PRIVATE_H

#include <stdint.h>

#include "view/grid.h"

struct view_model;
struct view_object;

/* A short text: a number with its unit. */
#define PAINT_TEXT 32

/* "12.3M" */
void print_memory(char text[PAINT_TEXT], int64_t bytes);

/* The colour of its state. */
struct style style_of(const struct view_object *object);

/* The list in columns 0 to WIDTH, of a head and HEIGHT - 1 rows. (paint_list.c) */
void paint_list(struct view_model *model, struct grid *grid, int row, int height, int width);

#endif
