/* Messages whose order holds for each key. */
#include "queue/key_groups.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "scenario/spec.h"
#include "script/script.h"
#include "template/template.h"

#define SLOTS 1024

struct key_slot {
    struct message_list letters;
    const void *owner;     /* who has messages of it; NULL: nobody */
    size_t held;           /* how many of them */
    struct key_slot *next; /* among the slots that have messages, the longest waiting first */
    bool listed;
};

struct key_groups {
    const struct queue_spec *spec;
    struct script *script; /* for the key's expression */
    char *failure;         /* the first one's text, until it is taken */
    bool failed;
    struct key_slot *first;
    struct key_slot *last;
    struct key_slot slots[SLOTS];
};

struct key_groups *key_groups_new(const struct queue_spec *spec, const struct value *vars)
{
    struct key_groups *order = mem_calloc(1, sizeof(*order));
    order->spec = spec;
    order->script = script_new_expressions(spec->name, vars);
    return order;
}

void key_groups_free(struct key_groups *order)
{
    if (!order)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        message_list_release(&order->slots[i].letters);
    script_free(order->script);
    free(order->failure);
    free(order);
}

bool key_groups_take_failure(struct key_groups *order, char **text)
{
    *text = order->failure;
    order->failure = NULL;
    return *text;
}

static void note_failure(struct key_groups *order, const struct error *error)
{
    if (!order->failed && error->text)
        order->failure = mem_strdup(error->text);
    order->failed = true;
}

/* The key as text; "" where the expression fails, as all those messages have that in common. */
static void fill_key(struct key_groups *order, const struct message *message, struct buf *key)
{
    struct arena *arena = arena_new();
    struct buf encoded = {0};
    struct value decoded = {0};
    struct error error = {0};
    message_value(message, order->spec->framing, &encoded);
    const char *at = encoded.data;
    size_t left = encoded.length;
    if (!value_decode(arena, &at, &left, &decoded, &error)) {
        script_set_message(order->script, &decoded);
        if (template_render(order->spec->ordered, order->script, key, &error))
            buf_clear(key);
    }
    if (error.code)
        note_failure(order, &error);
    error_release(&error);
    buf_release(&encoded);
    arena_free(arena);
}

static struct key_slot *find_slot(struct key_groups *order, const struct message *message)
{
    struct buf key = {0};
    fill_key(order, message, &key);
    static const struct hash seed;
    struct hash hash = hash_bytes(&seed, buf_string(&key), key.length);
    buf_release(&key);
    return &order->slots[hash.low % SLOTS];
}

static void list(struct key_groups *order, struct key_slot *slot)
{
    if (slot->listed)
        return;
    slot->listed = true;
    slot->next = NULL;
    if (order->last)
        order->last->next = slot;
    else
        order->first = slot;
    order->last = slot;
}

void key_groups_put(struct key_groups *order, struct message *message)
{
    struct key_slot *slot = find_slot(order, message);
    message_list_add(&slot->letters, message);
    list(order, slot);
}

void key_groups_put_first(struct key_groups *order, struct message *message)
{
    struct key_slot *slot = find_slot(order, message);
    message_list_add_first(&slot->letters, message);
    list(order, slot);
}

static bool may_take(const struct key_slot *slot, const void *consumer, bool alone)
{
    return !slot->owner || (slot->owner == consumer && !alone);
}

bool key_groups_has(const struct key_groups *order, const void *consumer, bool alone)
{
    const struct key_slot *slot = order->first;
    while (slot && !may_take(slot, consumer, alone))
        slot = slot->next;
    return slot != NULL;
}

/* Takes the first slot off the list from which CONSUMER may take; NULL where there is none. */
static struct key_slot *unlist(struct key_groups *order, const void *consumer, bool alone)
{
    struct key_slot *before = NULL;
    struct key_slot *slot = order->first;
    for (; slot && !may_take(slot, consumer, alone); slot = slot->next)
        before = slot;
    if (!slot)
        return NULL;
    if (before)
        before->next = slot->next;
    else
        order->first = slot->next;
    if (order->last == slot)
        order->last = before;
    slot->listed = false;
    return slot;
}

struct message *key_groups_take(struct key_groups *order, const void *consumer, bool alone,
                                size_t *number)
{
    struct key_slot *slot = unlist(order, consumer, alone);
    if (!slot)
        return NULL;
    struct message *message = message_list_take(&slot->letters);
    slot->owner = consumer;
    slot->held++;
    if (slot->letters.first)
        list(order, slot); /* behind the others: each key has its turn */
    *number = (size_t)(slot - order->slots);
    return message;
}

void key_groups_done(struct key_groups *order, size_t number)
{
    struct key_slot *slot = &order->slots[number];
    if (slot->held && !--slot->held)
        slot->owner = NULL;
}

void key_groups_leave(struct key_groups *order, const void *consumer)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (order->slots[i].owner != consumer)
            continue;
        order->slots[i].owner = NULL;
        order->slots[i].held = 0;
    }
}
