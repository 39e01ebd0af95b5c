/*
 * One question to a program that is kept running, and its answer: a line each.
 *
 * The question's newline is held back until the program has read all before it. So whatever it has
 * written by then was written before it was asked, and no line is ever taken for the answer to a
 * question that came after it.
 */
#ifndef WORKER_COPROCESS_EXCHANGE_H
#define WORKER_COPROCESS_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct program;
struct worker;

enum exchange_state {
    EXCHANGE_OPEN,
    EXCHANGE_ANSWERED,
    EXCHANGE_ENDED, /* the program has ended, or closed one of its pipes */
    EXCHANGE_WRONG, /* what it wrote is no answer: REASON */
    EXCHANGE_TIMEOUT,
    EXCHANGE_CANCELLED,
};

struct exchange {
    struct worker *worker;
    struct program *program;    /* it runs */
    const struct buf *question; /* without its newline */
    int64_t deadline;           /* clock_monotonic(); 0: none */

    enum exchange_state state;
    size_t written; /* of QUESTION */
    bool asked;     /* the newline too */
    bool exited;    /* it has ended; program_end() is still to be called */
    size_t scanned; /* of what the program wrote: no newline up to here */
    size_t length;  /* of the answer, at the front of program->received, where there is one */
    struct buf reason;
};

/* Asks and waits for the answer, the end, or what is wrong: the state is not OPEN afterwards. */
void exchange_run(struct exchange *exchange);

/* Appends the beginning of the line that the program wrote, in quotes. */
void exchange_show(const struct exchange *exchange, struct buf *out);

/* True where the program has read of the question; before program_end(). */
bool exchange_was_read(const struct exchange *exchange);

#endif
