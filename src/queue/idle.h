/*
 * What a run waits for in which nothing goes on: told once, so that nobody has to ask.
 *
 * Nothing goes on where all threads of the run and of whatever it has started have slept between two
 * looks, but for the few turns of a server that looks around now and then.
 */
#ifndef QUEUE_IDLE_H
#define QUEUE_IDLE_H

#include <stdbool.h>

struct buf;
struct idle;
struct run;

/* For a run whose objects are made. */
struct idle *idle_new(const struct run *run);

/*
 * A look, to be made some seconds after the last one: appends to TEXT who waits for what, in lines,
 * where that has lasted since then and was not told before. True where another look may find more
 * though nothing happens in the run's loop.
 */
bool idle_look(struct idle *idle, struct buf *text);

void idle_free(struct idle *idle);

#endif
