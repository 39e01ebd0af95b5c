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

void lane_init(struct lane *lane, const struct queue_spec *spec, const struct value *vars)
{
    memset(lane, 0, sizeof(*lane));
    for (size_t i = 0; i < LANE_PRIORITIES; i++)
        lane->stores[i].framing = spec->framing;
    lane->single = spec->durable || spec->trace;
    if (spec->ordered)
        lane->order = order_new(spec, vars);
}

void lane_release(struct lane *lane)
{
    lane_clear(lane);
    order_free(lane->order);
}

size_t lane_length(const struct lane *lane)
{
    return lane->messages + atomic_load_explicit(&lane->ahead, memory_order_relaxed);
}

void lane_clear(struct lane *lane)
{
    const struct lane_taker all = {lane, false};
    struct buf dropped = {0};
    struct mark_taken mark;
    for (size_t i = 0; i < LANE_PRIORITIES; i++) {
        store_release(&lane->stores[i]);
        letters_release(&lane->letters[i]);
    }
    letters_release(&lane->returned);
    lane->filled = 0;
    while (lane->order && lane_has(lane, &all))
        lane_take_value(lane, &all, &dropped, &mark);
    buf_release(&dropped);
    lane->messages = lane->bytes = 0;
}

static enum framing framing_of(const struct lane *lane)
{
    return lane->stores[0].framing;
}

/* As many messages as there are wait at every moment: that is how long all of them have waited. */
static double waited_until(const struct lane *lane, int64_t now)
{
    return lane->waited + (double)lane->messages * (double)(now - lane->since);
}

double lane_waited(const struct lane *lane)
{
    return waited_until(lane, clock_monotonic());
}

static void account(struct lane *lane, size_t messages, size_t bytes)
{
    int64_t now = clock_monotonic();
    lane->waited = waited_until(lane, now);
    lane->since = now;
    lane->messages += messages;
    lane->bytes += bytes;
}

void lane_put_letter(struct lane *lane, struct letter *letter, int priority)
{
    account(lane, 1, letter->length);
    if (lane->order) {
        order_put(lane->order, letter);
        return;
    }
    letters_add(&lane->letters[priority], letter);
    lane->filled |= 1u << priority;
}

static size_t put_letters(struct lane *lane, const char *bytes, size_t length, size_t most,
                          size_t *count)
{
    size_t done = 0;
    for (*count = 0; done < length && *count < most; ++*count) {
        const char *message;
        size_t size;
        size_t whole =
            framing_first(framing_of(lane), bytes + done, length - done, &message, &size);
        lane_put_letter(lane, letter_new(bytes + done, whole, true, 0), 0);
        done += whole;
    }
    return done;
}

size_t lane_put_stream(struct lane *lane, const char *bytes, size_t length, size_t most,
                       size_t *count)
{
    if (lane->order)
        return put_letters(lane, bytes, length, most, count);
    size_t taken = store_put_stream(&lane->stores[0], bytes, length, most, count);
    lane->filled |= taken ? 1 : 0;
    account(lane, *count, taken);
    return taken;
}

static void put_letters_of_values(struct lane *lane, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    while (bytes < end) {
        size_t count;
        size_t size = values_measure(bytes, (size_t)(end - bytes), 1, 1, &count);
        lane_put_letter(lane, letter_new(bytes + sizeof(uint32_t), size - sizeof(uint32_t), false, 0), 0);
        bytes += size;
    }
}

void lane_put_value(struct lane *lane, const char *encoded, size_t length, int priority)
{
    if (lane->order) {
        lane_put_letter(lane, letter_new(encoded, length, false, 0), priority);
        return;
    }
    struct store *store = &lane->stores[priority];
    size_t before = store->bytes;
    store_put_value(store, encoded, length);
    lane->filled |= 1u << priority;
    lane->highest = priority > lane->highest ? priority : lane->highest;
    account(lane, 1, store->bytes - before);
}

void lane_put_values(struct lane *lane, const char *bytes, size_t length, size_t count,
                     int priority)
{
    if (lane->order) {
        put_letters_of_values(lane, bytes, length);
        return;
    }
    store_put_values(&lane->stores[priority], bytes, length, count);
    lane->filled |= 1u << priority;
    lane->highest = priority > lane->highest ? priority : lane->highest;
    account(lane, count, length);
}

bool lane_has(const struct lane *lane, const struct lane_taker *taker)
{
    if (lane->filled || lane->returned.first)
        return true;
    return lane->order && lane->messages && order_has(lane->order, taker->who, taker->alone);
}

/* The priority whose messages go first. */
static unsigned top_priority(const struct lane *lane)
{
    return 31 - (unsigned)__builtin_clz(lane->filled);
}

static struct store *top_store(struct lane *lane)
{
    return &lane->stores[top_priority(lane)];
}

/* The first of the letters; NULL: there is none. */
static struct letter *take_single(struct lane *lane)
{
    if (!lane->filled)
        return NULL;
    unsigned priority = top_priority(lane);
    struct letter *letter = letters_take(&lane->letters[priority]);
    if (!lane->letters[priority].first)
        lane->filled &= ~(1u << priority);
    return letter;
}

/* Something was taken from STORE, which held BEFORE bytes. */
static void taken_from(struct lane *lane, const struct store *store, size_t count, size_t before)
{
    account(lane, 0 - count, 0 - (before - store->bytes));
    if (!store->messages)
        lane->filled &= ~(1u << (store - lane->stores));
}

/* The letter that goes first; NULL where the stores have their turn. */
static struct letter *take_letter(struct lane *lane, const struct lane_taker *taker,
                                  struct mark_taken *mark)
{
    struct letter *letter = letters_take(&lane->returned);
    if (!letter && lane->order)
        letter = order_take(lane->order, taker->who, taker->alone, &mark->slot);
    else if (!letter && lane->single)
        letter = take_single(lane);
    if (!letter)
        return NULL;
    mark->attempts = letter->attempts;
    mark->id = letter->id;
    mark->number = letter->number;
    account(lane, 0 - (size_t)1, 0 - letter->length);
    return letter;
}

void lane_take_value(struct lane *lane, const struct lane_taker *taker, struct buf *out,
                     struct mark_taken *mark)
{
    *mark = (struct mark_taken){0};
    struct letter *letter = take_letter(lane, taker, mark);
    if (letter) {
        letter_value(letter, framing_of(lane), out);
        free(letter);
        return;
    }
    struct store *store = top_store(lane);
    size_t before = store->bytes;
    store_take_value(store, out);
    taken_from(lane, store, 1, before);
}

size_t lane_take_values(struct lane *lane, const struct lane_taker *taker, struct buf *out,
                        size_t most, size_t bytes)
{
    if (lane->returned.first || lane->order || lane->single) {
        struct mark_taken mark;
        size_t head = out->length;
        uint32_t size = 0;
        buf_append(out, &size, sizeof(size));
        lane_take_value(lane, taker, out, &mark);
        size = htole32((uint32_t)(out->length - head - sizeof(size)));
        memcpy(out->data + head, &size, sizeof(size));
        return 1;
    }
    struct store *store = top_store(lane);
    size_t before = store->bytes;
    size_t count = store_take_values(store, out, most, bytes);
    taken_from(lane, store, count, before);
    return count;
}

size_t lane_take_stream(struct lane *lane, const struct lane_taker *taker, struct buf *out,
                        size_t most, const struct lane_told *told, struct error *error)
{
    size_t start = out->length;
    size_t count = 0;
    struct mark_taken mark;
    struct letter *letter;
    while (out->length - start < most && !error->code && (letter = take_letter(lane, taker, &mark))) {
        size_t before = out->length;
        if (!letter_stream(letter, framing_of(lane), out, error) && told)
            told->taken(told->arg, letter, out->length - before);
        free(letter);
        count++;
    }
    if (count)
        return count;
    struct store *store = top_store(lane);
    size_t before = store->bytes;
    count = store_take_stream(store, out, most, error);
    taken_from(lane, store, count, before);
    return count;
}

/* The last message first, as each goes before the one that was put before. */
static void return_letters(struct lane *lane, const char *bytes, size_t length)
{
    while (length) {
        const char *message;
        size_t size;
        size_t from = framing_floor(framing_of(lane), bytes, length, length - 1);
        framing_first(framing_of(lane), bytes + from, length - from, &message, &size);
        account(lane, 1, length - from);
        order_put_first(lane->order, letter_new(bytes + from, length - from, true, 0));
        length = from;
    }
}

void lane_return_stream(struct lane *lane, const char *bytes, size_t length)
{
    if (lane->order) {
        return_letters(lane, bytes, length);
        return;
    }
    struct store *store = &lane->stores[lane->highest];
    size_t messages = store->messages;
    store_return_stream(store, bytes, length);
    lane->filled |= 1u << lane->highest;
    account(lane, store->messages - messages, length);
}

void lane_return_framed(struct lane *lane, const char *bytes, size_t length, int64_t id, int64_t number)
{
    struct letter *letter = letter_new(bytes, length, true, 0);
    letter->id = id;
    letter->number = number;
    account(lane, 1, length);
    if (lane->order)
        order_put_first(lane->order, letter);
    else
        letters_add_first(&lane->returned, letter);
}

void lane_return_value(struct lane *lane, const char *encoded, size_t length,
                       const struct mark_taken *mark)
{
    struct letter *letter = letter_new(encoded, length, false, mark->attempts);
    letter->id = mark->id;
    letter->number = mark->number;
    account(lane, 1, length);
    if (lane->order)
        order_put_first(lane->order, letter);
    else
        letters_add(&lane->returned, letter);
}

void lane_return_values(struct lane *lane, const char *bytes, size_t length, size_t count)
{
    store_return_values(&lane->stores[lane->highest], bytes, length, count);
    lane->filled |= 1u << lane->highest;
    account(lane, count, length);
}
