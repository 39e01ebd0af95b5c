/*
 * What the terminal of a process shows: the one place that knows libvterm.
 *
 * It gets what the process writes, and says which characters a key is to it.
 */
#ifndef VIEW_EMULATOR_H
#define VIEW_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct emulator;
struct grid;

/* Sizes are kept within bounds. */
struct emulator *emulator_new(int rows, int columns);

/* NULL is accepted. */
void emulator_free(struct emulator *emulator);

/* Its size from now on. */
void emulator_resize(struct emulator *emulator, int rows, int columns);

/* The process has written BYTES. */
void emulator_write(struct emulator *emulator, const char *bytes, size_t length);

/* Appends what a key of view/model.h sends to the process. */
void emulator_key(struct emulator *emulator, uint32_t key, struct buf *out);

/* Draws as much as there is room for, with the row of its cursor, which is the grid's where that is CURSOR. */
void emulator_paint(const struct emulator *emulator, struct grid *grid, int row, int column, int height, int width, bool cursor);

#endif
