/* Messages that are kept one by one. */
#include "queue/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

struct message *message_new(const char *bytes, size_t length, bool framed, unsigned attempts)
{
    struct message *message = mem_realloc(NULL, sizeof(*message) + length, 1);
    *message = (struct message){.attempts = attempts, .framed = framed, .length = length};
    if (length)
        memcpy(message->bytes, bytes, length);
    return message;
}

void message_value(const struct message *message, enum framing framing, struct buf *out)
{
    const char *text;
    size_t size;
    if (!message->framed) {
        buf_append(out, message->bytes, message->length);
        return;
    }
    framing_first(framing, message->bytes, message->length, &text, &size);
    framing_decode(framing, text, size, out);
}

int message_stream(const struct message *message, enum framing framing, struct buf *out,
                   struct error *error)
{
    if (!message->framed)
        return framing_encode(framing, message->bytes, message->length, out, error);
    buf_append(out, message->bytes, message->length);
    return 0;
}

void message_list_add(struct message_list *letters, struct message *message)
{
    message->next = NULL;
    if (letters->last)
        letters->last->next = message;
    else
        letters->first = message;
    letters->last = message;
}

void message_list_add_first(struct message_list *letters, struct message *message)
{
    message->next = letters->first;
    letters->first = message;
    if (!letters->last)
        letters->last = message;
}

struct message *message_list_take(struct message_list *letters)
{
    struct message *message = letters->first;
    if (!message)
        return NULL;
    letters->first = message->next;
    if (!letters->first)
        letters->last = NULL;
    return message;
}

void message_list_release(struct message_list *letters)
{
    struct message *message;
    while ((message = message_list_take(letters)))
        free(message);
}
