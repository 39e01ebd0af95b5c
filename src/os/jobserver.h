/*
 * GNU make's jobserver: a pipe or a FIFO that holds a byte for each job that may run beside the
 * first one. Who begins a job takes a byte out, and puts the same byte back when the job has ended.
 *
 * A jobserver that was joined lives in memory that a process shares with those it forks later: what
 * the runner holds, the guard can give back for it.
 */
#ifndef OS_JOBSERVER_H
#define OS_JOBSERVER_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct error;
struct jobserver;

/*
 * Joins the jobserver that FLAGS, the value of MAKEFLAGS, names. NULL where they name none, and with
 * a text in ERROR where the one they name cannot be used.
 */
struct jobserver *jobserver_join(const char *flags, struct error *error);

/* Opens one for JOBS jobs at once, at least 1. NULL with a text in ERROR. */
struct jobserver *jobserver_open(size_t jobs, struct error *error);

/* Gives back what is held and frees. NULL is accepted. */
void jobserver_close(struct jobserver *jobserver);

/* Gives back all that is held, for a process that has ended. NULL is accepted. */
void jobserver_settle(struct jobserver *jobserver);

/* A job begins: true where it may. It never waits. */
bool jobserver_take(struct jobserver *jobserver);

/* A job that began has ended. */
void jobserver_give(struct jobserver *jobserver);

/* How many jobs run. */
size_t jobserver_running(const struct jobserver *jobserver);

/* A descriptor, the caller's, that can be read once a byte is there; negative: none is to be had. */
int jobserver_descriptor(const struct jobserver *jobserver);

/*
 * The two descriptors that a program must have to take part: the jobserver's own, at the numbers
 * NUMBERS there. False where it needs none.
 */
bool jobserver_ends(const struct jobserver *jobserver, int own[2], int numbers[2]);

/*
 * Appends the MAKEFLAGS for programs that take part in a jobserver that jobserver_open() made:
 * FLAGS, those that they would have otherwise (NULL: none), without what these say of jobs.
 */
void jobserver_flags(const struct jobserver *jobserver, const char *flags, struct buf *out);

/*
 * Leaves open, for what this process starts, the descriptors that FLAGS name, where they are pipes.
 * NULL is accepted.
 */
void jobserver_pass_on(const char *flags);

#endif
