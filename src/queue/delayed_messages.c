/* Messages that are not due yet, in a heap. */
#include "queue/delayed_messages.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "queue/message.h"

static bool is_before(const struct delayed *a, const struct delayed *b)
{
    return a->due != b->due ? a->due < b->due : a->number < b->number;
}

static void swap(struct delayed *a, struct delayed *b)
{
    struct delayed kept = *a;
    *a = *b;
    *b = kept;
}

void delayed_messages_put(struct delayed_messages *delay, struct message *message, int priority,
                          int64_t due)
{
    delay->heap = mem_grow(delay->heap, &delay->capacity, delay->count + 1, sizeof(*delay->heap));
    size_t at = delay->count++;
    delay->heap[at] = (struct delayed){due, delay->puts++, priority, message};
    delay->bytes += message->length;
    for (; at && is_before(&delay->heap[at], &delay->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&delay->heap[at], &delay->heap[(at - 1) / 2]);
}

const struct delayed *delayed_messages_first(const struct delayed_messages *delay)
{
    return &delay->heap[0];
}

struct delayed delayed_messages_take(struct delayed_messages *delay)
{
    struct delayed first = delay->heap[0];
    delay->bytes -= first.message->length;
    delay->heap[0] = delay->heap[--delay->count];
    for (size_t at = 0, child; (child = 2 * at + 1) < delay->count; at = child) {
        if (child + 1 < delay->count && is_before(&delay->heap[child + 1], &delay->heap[child]))
            child++;
        if (!is_before(&delay->heap[child], &delay->heap[at]))
            break;
        swap(&delay->heap[child], &delay->heap[at]);
    }
    return first;
}

void delayed_messages_release(struct delayed_messages *delay)
{
    for (size_t i = 0; i < delay->count; i++)
        free(delay->heap[i].message);
    free(delay->heap);
    *delay = (struct delayed_messages){0};
}
