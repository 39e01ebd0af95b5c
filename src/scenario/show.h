/*
 * How a message names what it found: short, and safe to put on a terminal.
 */
#ifndef SCENARIO_SHOW_H
#define SCENARIO_SHOW_H

#include <stddef.h>

struct node;
struct value;

/* Room for 60 characters of four bytes, "..." and quotes. */
struct shown {
    char text[260];
};

/* TEXT with '?' for control characters, cut after 60 characters. */
struct shown show_text(const char *text, size_t length);

/* "a list", "a mapping", "nothing", or the scalar as it is written, in quotes. */
struct shown show_node(const struct node *node);

#endif
