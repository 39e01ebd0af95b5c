/*
 * Finds objects that wait for queues and for each other alone, so that none of them can ever go on.
 *
 * Such are those of which each waits for a message that only they could put, for room that only they
 * could make, or for one of them to come so far. Where all of them wait for messages, that is the end
 * of the work, as of a pool that fills its own queue, and the queues are closed; else it is a deadlock:
 * who waits for whom is told, and the run is stopped as one that has failed. A body that might go on by
 * itself is never among them: a command, a wait with a time limit, a program whose streams are queues.
 * Where commands seem to wait in the same way, and nothing of them has run for some seconds, that is told, and
 * the run goes on.
 */
#ifndef QUEUE_DEADLOCK_H
#define QUEUE_DEADLOCK_H

struct run;
struct deadlock;

/* Once the run's objects are made. */
struct deadlock *deadlock_new(struct run *run);

/* A thread of the runner begins to wait for a queue. What begins to wait on the loop's own thread, or ends
 * there, is looked at without being told of. Any thread; NULL is accepted. */
void deadlock_thread_waits(struct deadlock *deadlock);

/* No more looks: before the loop is freed. NULL is accepted. */
void deadlock_stop(struct deadlock *deadlock);

/* Once the loop is freed. NULL is accepted. */
void deadlock_free(struct deadlock *deadlock);

#endif
