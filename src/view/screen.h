/*
 * The terminal: the one place that knows curses.
 *
 * From screen_open() on, the terminal is made what it was by screen_close(), by screen_leave(), by a crash, and by exit(3).
 */
#ifndef VIEW_SCREEN_H
#define VIEW_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct grid;

/* 0 where standard input and standard output are a terminal that can show a view, or a negative code with ERROR filled. */
int screen_check(struct error *error);

/* Takes the terminal that standard input and standard output are. 0, or a negative code with ERROR filled and nothing changed. */
int screen_open(struct error *error);

/* Gives it back for good. */
void screen_close(void);

/* Gives it back for a while, and takes it anew: all is drawn again. */
void screen_leave(void);
void screen_return(void);

/* Its size now; where it tells none, 24 rows of 80 columns. */
void screen_size(int *rows, int *columns);

/* Shows GRID; ANEW: as if nothing of it stood there. */
void screen_show(const struct grid *grid, bool anew);

/* A key that was pressed, as of view/model.h; 0: there is none now, below 0: the terminal is gone. */
int64_t screen_key(void);

#endif
