/*
 * Text that may stand on a screen: UTF-8 in which nothing is left that a terminal would obey but colours.
 *
 * How wide a character is wcwidth(3) says alone; what it does not know, or calls a control character, is shown as U+FFFD.
 */
#ifndef VIEW_TEXT_H
#define VIEW_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/grid.h"

struct buf;

/* Appends BYTES of anybody as safe text, with COLORS or without; tabs as blanks, COLUMN (updated) being that of the first. A
 * colour that is not ended goes on to the end of the text. */
void text_make_safe(struct buf *out, const char *bytes, size_t length, bool colors, int *column);

/* A walk over safe text, one cell at a time. */
struct text_walk {
    const char *at;
    const char *end;
    struct style style;  /* of what comes next */
    struct style outset; /* without colours */
};

struct text_walk text_walk(const char *text, size_t length, struct style style);

/* The next cell, with what combines with it; false at the end of the text or of its line. */
bool text_next(struct text_walk *walk, struct cell *cell);

/* Nothing that is shown follows. */
bool text_is_over(const struct text_walk *walk);

/* The columns that TEXT takes. */
int text_width(const char *text);

/* The columns of a character: 0 where it combines with the one before, below 0 where it is not to be shown. */
int text_cell_width(uint32_t character);

/* The nearest of 256 colours, of which each part has 0 to 255. */
int16_t text_color(int red, int green, int blue);

void text_put_character(struct buf *out, uint32_t character);

#endif
