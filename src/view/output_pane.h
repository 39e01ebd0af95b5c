/*
 * The output of one object: its last lines as safe text, and which of them a pane shows.
 *
 * A line is as wide as the pane at most, and goes on in the next row. The pane shows the end of the output, or stands still where
 * somebody has scrolled back.
 */
#ifndef VIEW_OUTPUT_PANE_H
#define VIEW_OUTPUT_PANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct grid;
struct regex;

/* What is kept. */
#define OUTPUT_LINES 5000
#define OUTPUT_BYTES ((size_t)4 << 20)

struct output_pane;

struct output_pane *pane_new(void);

/* NULL is accepted. */
void pane_free(struct output_pane *output);

/* Forgets all, and shows the end. */
void pane_clear(struct output_pane *output);

/* Takes what the object has put out: a line, several, or the beginning or the rest of one. */
void pane_take(struct output_pane *output, const struct event *event);

/* So many lines went before they could be read. */
void pane_take_gap(struct output_pane *output, int64_t count);

/* Lines that were taken or counted as a gap so far. */
uint64_t pane_count(const struct output_pane *output);

/* Draws the rows that the pane at ROW and COLUMN shows; that of SEARCH (NULL: nothing) stands out. */
void pane_paint(struct output_pane *output, struct grid *grid, int row, int column, int height, int width, struct regex *search);

/* Rows of the pane as it was painted last. */
int pane_height(const struct output_pane *output);

/* Moves what is shown by so many rows of the pane as it was painted last, back where ROWS is below 0. */
void pane_scroll(struct output_pane *output, int rows);

/* To the first line that there is, or to the end. */
void pane_scroll_to(struct output_pane *output, bool end);

/* True where the pane does not show the end; then lines are below it that it does not show: *BELOW. */
bool pane_is_scrolled(const struct output_pane *output, uint64_t *below);

/* Scrolls to the nearest line above (BACK) or below in which SEARCH matches, from the one that was found last on, else from
 * the last (BACK) or the first one that is shown; false where there is none. */
bool pane_find(struct output_pane *output, struct regex *search, bool back);

#endif
