/* How often processes were given a processor: who has had no turn in between has slept all the time. */
#ifndef OS_CONTEXT_SWITCHES_H
#define OS_CONTEXT_SWITCHES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Adds to *TURNS those of all threads of all processes of session SESSION that descend from this
 * process, as proc(5) counts context switches. False where one of them runs or waits for a processor at this
 * moment, where there are none, or where they cannot be read.
 */
bool turns_of_session(pid_t session, uint64_t *turns);

struct buf;

/*
 * Appends to NOTE how often each thread of this process, but for the one that calls, and of all that
 * descend from it was given a processor so far. False where one of them runs, waits for a processor or
 * for a disk at this moment, or where that cannot be read.
 */
bool turns_note(struct buf *note);

/* Whether two notes tell of the same threads, none of which had more than MOST turns between them. */
bool turns_are_few(const struct buf *before, const struct buf *now, uint64_t most);

#endif
