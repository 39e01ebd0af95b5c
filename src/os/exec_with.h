/*
 * This program again, for an instant: what libuv's processes become before they are what they are
 * to be, where they have attributes (os/attributes.h) that libuv cannot give them.
 *
 *     parrun --exec-with FD ATTRIBUTES PATH ARGUMENT...
 *
 * FD is a pipe that the new program does not get. It ends empty where the program runs, else it
 * holds a struct exec_failure.
 */
#ifndef OS_EXEC_WITH_H
#define OS_EXEC_WITH_H

#include "os/attributes.h"

#define EXEC_WITH "--exec-with"

struct exec_failure {
    enum attribute failed;
    int number; /* errno */
};

/* Becomes the program that ARGV, as above, says; returns the exit status where it cannot. */
int exec_with_main(int argc, char **argv);

/* What stands before the program's own arguments. */
#define EXEC_WITH_ARGUMENTS 5

#endif
