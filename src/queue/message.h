/* Messages that are kept one by one, as each has something of its own: attempts, a key, a due time. */
#ifndef QUEUE_MESSAGE_H
#define QUEUE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/framing.h"

struct letter {
    struct letter *next;
    unsigned attempts; /* consumers that had it and did not get done with it */
    int64_t id;        /* of a durable queue: in its file */
    int64_t number;    /* of a traced queue: which one was put, from 1; 0: nobody knows */
    bool framed;       /* BYTES are a message in its frame, else an encoded value */
    size_t length;
    char bytes[];
};

struct letter *letter_new(const char *bytes, size_t length, bool framed, unsigned attempts);

/* Appends it as an encoded value. */
void letter_value(const struct letter *letter, enum framing framing, struct buf *out);

/* Appends it in its frame; ERROR_FAILED where it cannot be framed. */
int letter_stream(const struct letter *letter, enum framing framing, struct buf *out,
                  struct error *error);

/* A list, first in, first out; zeroed it is empty. */
struct letters {
    struct letter *first;
    struct letter *last;
};

void letters_add(struct letters *letters, struct letter *letter);
void letters_add_first(struct letters *letters, struct letter *letter);

/* NULL where there is none. */
struct letter *letters_take(struct letters *letters);
void letters_release(struct letters *letters);

#endif
