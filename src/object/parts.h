/* Parts of objects that wait for queues (struct part_wait). */
#ifndef OBJECT_PARTS_H
#define OBJECT_PARTS_H

#include <stddef.h>

struct part_wait;

/* Adds ONE to the COUNT of WAITS: to the number of those that wait alike where there are such, and not beyond
 * PARTS_MOST. How many WAITS there are then. */
size_t parts_add(struct part_wait *waits, size_t count, const struct part_wait *one);

#endif
