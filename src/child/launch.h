/* Starting a child and hearing of its end. */
#ifndef CHILD_LAUNCH_H
#define CHILD_LAUNCH_H

#include "loop/child.h"

struct error;
struct loop;
struct spawn_options;

/*
 * Starts the program at PATH as spawn_program() does, and watches it as child_watch() does. 0 with
 * *CHILD, or a negative errno with a text and nothing to free.
 */
int launch(struct loop *loop, const struct spawn_options *options, const char *path,
           child_exited *exited, void *arg, struct child **child, struct error *error);

#endif
