/* Messages from standard input. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stddef.h>

struct error;

struct input_callbacks {
    /* Takes a message, whose bytes are valid until it returns. */
    int (*take)(void *arg, const char *bytes, size_t length, struct error *error);
    /* All that has come was taken: more is waited for, or there is none. NULL: nothing to do. */
    int (*idle)(void *arg, struct error *error);
};

/*
 * Reads standard input to its end and gives each message that ends in END to TAKE, and what stands
 * behind the last one. What a callback returns other than 0 ends that and is returned; where the input
 * cannot be read, a negative errno with ERROR filled.
 */
int input_split(char end, const struct input_callbacks *callbacks, void *arg, struct error *error);

#endif
