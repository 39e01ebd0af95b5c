/* How often processes were given a processor: who has had no turn in between has slept all the time. */
#ifndef OS_TURNS_H
#define OS_TURNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Adds to *TURNS those of all threads of all processes of session SESSION that descend from this
 * process, as proc(5) counts context switches. False where one of them runs or waits for a processor at this
 * moment, where there are none, or where they cannot be read.
 */
bool turns_of_session(pid_t session, uint64_t *turns);

#endif
