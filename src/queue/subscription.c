/* The messages of a queue that wait for whoever may take them. */
#include "queue/subscription.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "queue/key_groups.h"
#include "scenario/spec.h"

void subscription_init(struct subscription *subscription, const struct queue_spec *spec,
                       const struct value *vars)
{
    memset(subscription, 0, sizeof(*subscription));
    for (size_t i = 0; i < SUBSCRIPTION_PRIORITIES; i++)
        subscription->stores[i].framing = spec->framing;
    subscription->single = spec->durable || spec->trace;
    if (spec->ordered)
        subscription->order = key_groups_new(spec, vars);
}

void subscription_release(struct subscription *subscription)
{
    subscription_clear(subscription);
    key_groups_free(subscription->order);
}

size_t subscription_length(const struct subscription *subscription)
{
    return subscription->messages +
           atomic_load_explicit(&subscription->ahead, memory_order_relaxed);
}

void subscription_clear(struct subscription *subscription)
{
    const struct receiver all = {subscription, false};
    struct buf dropped = {0};
    struct delivery_tag mark;
    for (size_t i = 0; i < SUBSCRIPTION_PRIORITIES; i++) {
        message_store_release(&subscription->stores[i]);
        message_list_release(&subscription->letters[i]);
    }
    message_list_release(&subscription->returned);
    subscription->filled = 0;
    while (subscription->order && subscription_has(subscription, &all))
        subscription_take_value(subscription, &all, &dropped, &mark);
    buf_release(&dropped);
    subscription->messages = subscription->bytes = 0;
}

static enum framing framing_of(const struct subscription *subscription)
{
    return subscription->stores[0].framing;
}

/* As many messages as there are wait at every moment: that is how long all of them have waited. */
static double waited_until(const struct subscription *subscription, int64_t now)
{
    return subscription->waited +
           (double)subscription->messages * (double)(now - subscription->since);
}

double subscription_waited(const struct subscription *subscription)
{
    return waited_until(subscription, clock_monotonic());
}

static void account(struct subscription *subscription, size_t messages, size_t bytes)
{
    int64_t now = clock_monotonic();
    subscription->waited = waited_until(subscription, now);
    subscription->since = now;
    subscription->messages += messages;
    subscription->bytes += bytes;
}

void subscription_put_letter(struct subscription *subscription, struct message *message,
                             int priority)
{
    account(subscription, 1, message->length);
    if (subscription->order) {
        key_groups_put(subscription->order, message);
        return;
    }
    message_list_add(&subscription->letters[priority], message);
    subscription->filled |= 1u << priority;
}

static size_t put_messages(struct subscription *subscription, const char *bytes, size_t length,
                           size_t most, size_t *count)
{
    size_t done = 0;
    for (*count = 0; done < length && *count < most; ++*count) {
        const char *message;
        size_t size;
        size_t whole =
            framing_first(framing_of(subscription), bytes + done, length - done, &message, &size);
        subscription_put_letter(subscription, message_new(bytes + done, whole, true, 0), 0);
        done += whole;
    }
    return done;
}

size_t subscription_put_stream(struct subscription *subscription, const char *bytes, size_t length, bool spent,
                               size_t most, size_t *count)
{
    if (subscription->order)
        return put_messages(subscription, bytes, length, most, count);
    size_t taken = message_store_put_stream(&subscription->stores[0], bytes, length, spent, most, count);
    subscription->filled |= taken ? 1 : 0;
    account(subscription, *count, taken);
    return taken;
}

static void put_messages_of_values(struct subscription *subscription, const char *bytes,
                                   size_t length)
{
    const char *end = bytes + length;
    while (bytes < end) {
        size_t count;
        size_t size = values_measure(bytes, (size_t)(end - bytes), 1, 1, &count);
        subscription_put_letter(
            subscription, message_new(bytes + sizeof(uint32_t), size - sizeof(uint32_t), false, 0),
            0);
        bytes += size;
    }
}

void subscription_put_value(struct subscription *subscription, const char *encoded, size_t length,
                            int priority)
{
    if (subscription->order) {
        subscription_put_letter(subscription, message_new(encoded, length, false, 0), priority);
        return;
    }
    struct message_store *store = &subscription->stores[priority];
    size_t before = store->bytes;
    message_store_put_value(store, encoded, length);
    subscription->filled |= 1u << priority;
    subscription->highest = priority > subscription->highest ? priority : subscription->highest;
    account(subscription, 1, store->bytes - before);
}

void subscription_put_values(struct subscription *subscription, const char *bytes, size_t length, bool spent,
                             size_t count, int priority)
{
    if (subscription->order) {
        put_messages_of_values(subscription, bytes, length);
        return;
    }
    message_store_put_values(&subscription->stores[priority], bytes, length, spent, count);
    subscription->filled |= 1u << priority;
    subscription->highest = priority > subscription->highest ? priority : subscription->highest;
    account(subscription, count, length);
}

bool subscription_has(const struct subscription *subscription, const struct receiver *consumer)
{
    if (subscription->filled || subscription->returned.first)
        return true;
    return subscription->order && subscription->messages &&
           key_groups_has(subscription->order, consumer->who, consumer->alone);
}

/* The priority whose messages go first. */
static unsigned top_priority(const struct subscription *subscription)
{
    return 31 - (unsigned)__builtin_clz(subscription->filled);
}

static struct message_store *top_store(struct subscription *subscription)
{
    return &subscription->stores[top_priority(subscription)];
}

/* The first of the messages; NULL: there is none. */
static struct message *take_single(struct subscription *subscription)
{
    if (!subscription->filled)
        return NULL;
    unsigned priority = top_priority(subscription);
    struct message *message = message_list_take(&subscription->letters[priority]);
    if (!subscription->letters[priority].first)
        subscription->filled &= ~(1u << priority);
    return message;
}

/* Something was taken from STORE, which held BEFORE bytes. */
static void taken_from(struct subscription *subscription, const struct message_store *store,
                       size_t count, size_t before)
{
    account(subscription, 0 - count, 0 - (before - store->bytes));
    if (!store->messages)
        subscription->filled &= ~(1u << (store - subscription->stores));
}

/* The message that goes first; NULL where the stores have their turn. */
static struct message *take_message(struct subscription *subscription,
                                    const struct receiver *consumer, struct delivery_tag *mark)
{
    struct message *message = message_list_take(&subscription->returned);
    if (!message && subscription->order)
        message = key_groups_take(subscription->order, consumer->who, consumer->alone, &mark->slot);
    else if (!message && subscription->single)
        message = take_single(subscription);
    if (!message)
        return NULL;
    mark->attempts = message->attempts;
    mark->id = message->id;
    mark->number = message->number;
    account(subscription, 0 - (size_t)1, 0 - message->length);
    return message;
}

void subscription_take_value(struct subscription *subscription, const struct receiver *consumer,
                             struct buf *out, struct delivery_tag *mark)
{
    *mark = (struct delivery_tag){0};
    struct message *message = take_message(subscription, consumer, mark);
    if (message) {
        message_value(message, framing_of(subscription), out);
        free(message);
        return;
    }
    struct message_store *store = top_store(subscription);
    size_t before = store->bytes;
    message_store_take_value(store, out);
    taken_from(subscription, store, 1, before);
}

size_t subscription_take_values(struct subscription *subscription, const struct receiver *consumer,
                                struct buf *out, size_t most, size_t bytes)
{
    if (subscription->returned.first || subscription->order || subscription->single) {
        struct delivery_tag mark;
        size_t head = out->length;
        uint32_t size = 0;
        buf_append(out, &size, sizeof(size));
        subscription_take_value(subscription, consumer, out, &mark);
        size = htole32((uint32_t)(out->length - head - sizeof(size)));
        memcpy(out->data + head, &size, sizeof(size));
        return 1;
    }
    struct message_store *store = top_store(subscription);
    size_t before = store->bytes;
    size_t count = message_store_take_values(store, out, most, bytes);
    taken_from(subscription, store, count, before);
    return count;
}

size_t subscription_take_stream(struct subscription *subscription, const struct receiver *consumer,
                                struct buf *out, const struct stream_room *room, const struct subscription_told *told,
                                struct error *error)
{
    size_t start = out->length;
    size_t count = 0;
    struct delivery_tag mark;
    struct message *message;
    while (out->length - start < room->bytes && count < room->messages && !error->code &&
           (message = take_message(subscription, consumer, &mark))) {
        size_t before = out->length;
        if (!message_stream(message, framing_of(subscription), out, error) && told)
            told->taken(told->arg, message, out->length - before);
        free(message);
        count++;
    }
    if (count)
        return count;
    struct message_store *store = top_store(subscription);
    size_t before = store->bytes;
    count = message_store_take_stream(store, out, room, error);
    taken_from(subscription, store, count, before);
    return count;
}

/* The last message first, as each goes before the one that was put before. */
static void return_messages(struct subscription *subscription, const char *bytes, size_t length)
{
    while (length) {
        const char *message;
        size_t size;
        size_t from = framing_floor(framing_of(subscription), bytes, length, length - 1);
        framing_first(framing_of(subscription), bytes + from, length - from, &message, &size);
        account(subscription, 1, length - from);
        key_groups_put_first(subscription->order,
                             message_new(bytes + from, length - from, true, 0));
        length = from;
    }
}

void subscription_return_stream(struct subscription *subscription, const char *bytes, size_t length)
{
    if (subscription->order) {
        return_messages(subscription, bytes, length);
        return;
    }
    struct message_store *store = &subscription->stores[subscription->highest];
    size_t messages = store->messages;
    message_store_return_stream(store, bytes, length);
    subscription->filled |= 1u << subscription->highest;
    account(subscription, store->messages - messages, length);
}

void subscription_return_framed(struct subscription *subscription, const char *bytes, size_t length,
                                int64_t id, int64_t number)
{
    struct message *message = message_new(bytes, length, true, 0);
    message->id = id;
    message->number = number;
    account(subscription, 1, length);
    if (subscription->order)
        key_groups_put_first(subscription->order, message);
    else
        message_list_add_first(&subscription->returned, message);
}

void subscription_return_value(struct subscription *subscription, const char *encoded,
                               size_t length, const struct delivery_tag *mark)
{
    struct message *message = message_new(encoded, length, false, mark->attempts);
    message->id = mark->id;
    message->number = mark->number;
    account(subscription, 1, length);
    if (subscription->order)
        key_groups_put_first(subscription->order, message);
    else
        message_list_add(&subscription->returned, message);
}

void subscription_return_values(struct subscription *subscription, const char *bytes, size_t length,
                                size_t count)
{
    message_store_return_values(&subscription->stores[subscription->highest], bytes, length, count);
    subscription->filled |= 1u << subscription->highest;
    account(subscription, count, length);
}
