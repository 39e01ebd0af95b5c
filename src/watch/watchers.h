/*
 * The files that processes of a run watch, and what follows when they change.
 *
 * A change is asked of the engine as a word from outside would be: a restart, or a signal (engine/steer.h).
 */
#ifndef WATCH_WATCHERS_H
#define WATCH_WATCHERS_H

struct run;

/*
 * Once the run's objects are made, and before any has started: looks at all files that are watched and makes run.watchers,
 * where any process of the run watches some.
 */
void watchers_open(struct run *run);

/* Before the run's loop and objects are freed. */
void watchers_close(struct run *run);

#endif
