/* Making the child that becomes a program; spawn.h is what others use. */
#ifndef OS_SPAWN_CHILD_H
#define OS_SPAWN_CHILD_H

#include <sys/types.h>

#include "os/spawn_attributes.h"

struct spawn_options;

/*
 * Opens the file that this program runs from, so that it can be started again though another stands at
 * its path by then, or none. Takes one descriptor. Before spawn_open_gates().
 */
void spawn_hold_self(void);

/*
 * Starts the program at PATH, NULL: the one held, as OPTIONS say, and waits until it runs. 0 with
 * *PID, or an errno value and nothing started, with *FAILED as attributes_apply() has it:
 * ATTRIBUTE_EXEC where it was anything else than an attribute; ENXIO where no program is held. By one
 * thread of the program at a time.
 */
int spawn_start(const struct spawn_options *options, const char *path, pid_t *pid,
                enum attribute *failed);

/*
 * For a program that will have many files open while it starts many children: makes each start
 * independent of their number. Takes 17 descriptors; does nothing where few are allowed, or not so many
 * beside the NEED that the program has.
 */
void spawn_open_gates(size_t need);
void spawn_close_gates(void);

#endif
