/* Starting a child of the loop with attributes, and saying why it could not be started. */
#ifndef OBJECT_LAUNCH_H
#define OBJECT_LAUNCH_H

#include "loop/child.h"

struct attributes;
struct error;
struct loop;

/*
 * child_start() where ATTRIBUTES asks for nothing; otherwise the child is given the attributes
 * first. 0 with *CHILD, or a negative errno with a text and nothing to free. Waits until the
 * program runs, as child_start() does.
 */
int launch(struct loop *loop, const struct child_options *options,
           const struct attributes *attributes, child_exited *exited, void *arg,
           struct child **child, struct error *error);

#endif
