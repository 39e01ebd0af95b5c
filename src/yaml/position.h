/*
 * A place in a source that moves forward with the parser.
 *
 * libyaml counts characters; diagnostics want lines that end in '\n', and bytes. Moving forward
 * costs what lies between, so a whole file is walked once.
 */
#ifndef YAML_POSITION_H
#define YAML_POSITION_H

#include <stddef.h>
#include <stdint.h>

struct source;

struct position {
    const struct source *source;
    size_t index;    /* characters from the start */
    size_t offset;   /* bytes from the start */
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters */
};

/* The start of SOURCE, which the position borrows. */
struct position position_start(const struct source *source);

/* Moves to the character INDEX; at most to the end of the source. */
void position_move(struct position *position, size_t index);

#endif
