/* The full-screen view of a run: a client of its socket like any other. */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <stdbool.h>

struct buf;
struct error;

/* How a view was left. */
enum view_end {
    VIEW_LEFT,    /* by a key */
    VIEW_STOPPED, /* by a key, and the run is to be stopped */
    VIEW_GONE,    /* the terminal is no more */
};

/*
 * Shows the run whose socket is PATH on the terminal of standard input and standard output until somebody leaves it. OWNER: the run
 * was started for this view, and who leaves it is asked whether to stop the run.
 *
 * An enum view_end; the number of a signal that has asked this process to end is in *SIGNAL, else 0. Or a negative code with
 * ERROR filled: nothing was shown. In any case the terminal is as it was.
 */
int view_run(const char *path, bool owner, int *signal, struct error *error);

/* 0 where there is a terminal that can show a view, or a negative code with ERROR filled. */
int view_check(struct error *error);

/* Appends the section of the manual that lists its keys. (keys.c) */
void view_keys_reference(struct buf *out);

#endif
