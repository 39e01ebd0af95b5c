/*
 * How a message names what it found: short, and safe to put on a terminal.
 */
#ifndef YAML_QUOTE_H
#define YAML_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct node;

/* Room for 60 characters of four bytes, and a few words round them. */
struct shown {
    char text[280];
};

/* Appends TEXT with '?' for control characters, cut after MOST characters; false where it was. */
bool show_append(struct buf *out, const char *text, size_t length, size_t most);

/* TEXT shown with 60 characters at most. */
struct shown show_text(const char *text, size_t length);

/* "a list", "a mapping", "nothing", or the scalar as it is written, in quotes. */
struct shown show_node(const struct node *node);

/* Appends NODE as show_append() does, with what is in a list or a mapping; false where it was cut. */
bool show_tree(struct buf *out, const struct node *node, size_t most);

#endif
