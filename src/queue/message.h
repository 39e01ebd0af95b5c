/* Messages that are kept one by one, as each has something of its own: attempts, a key, a due time.
 */
#ifndef QUEUE_MESSAGE_H
#define QUEUE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/framing.h"

struct message {
    struct message *next;
    unsigned attempts; /* consumers that had it and did not get done with it */
    int64_t id;        /* of a durable queue: in its file */
    int64_t number;    /* of a traced queue: which one was put, from 1; 0: nobody knows */
    bool framed;       /* BYTES are a message in its frame, else an encoded value */
    size_t length;
    char bytes[];
};

struct message *message_new(const char *bytes, size_t length, bool framed, unsigned attempts);

/* Appends it as an encoded value. */
void message_value(const struct message *message, enum framing framing, struct buf *out);

/* Appends it in its frame; ERROR_FAILED where it cannot be framed. */
int message_stream(const struct message *message, enum framing framing, struct buf *out,
                   struct error *error);

/* A list, first in, first out; zeroed it is empty. */
struct message_list {
    struct message *first;
    struct message *last;
};

void message_list_add(struct message_list *letters, struct message *message);
void message_list_add_first(struct message_list *letters, struct message *message);

/* NULL where there is none. */
struct message *message_list_take(struct message_list *letters);
void message_list_release(struct message_list *letters);

#endif
