/* Gathering what an object waits for (struct part_waits). */
#ifndef QUEUE_PARTS_H
#define QUEUE_PARTS_H

struct part_wait;
struct part_waits;

/* Adds ONE to WAITS: where a part waits alike already, to the number of those. */
void parts_add(struct part_waits *waits, const struct part_wait *one);

#endif
