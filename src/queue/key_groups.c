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

struct slot {
    struct letters letters;
    const void *owner; /* who has messages of it; NULL: nobody */
    size_t held;       /* how many of them */
    struct slot *next; /* among the slots that have letters, the longest waiting first */
    bool listed;
};

struct order {
    const struct queue_spec *spec;
    struct script *script; /* for the key's expression */
    char *failure; /* the first one's text, until it is taken */
    bool failed;
    struct slot *first;
    struct slot *last;
    struct slot slots[SLOTS];
};

struct order *order_new(const struct queue_spec *spec, const struct value *vars)
{
    struct order *order = mem_calloc(1, sizeof(*order));
    order->spec = spec;
    order->script = script_new_expressions(spec->name, vars);
    return order;
}

void order_free(struct order *order)
{
    if (!order)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        letters_release(&order->slots[i].letters);
    script_free(order->script);
    free(order->failure);
    free(order);
}

bool order_take_failure(struct order *order, char **text)
{
    *text = order->failure;
    order->failure = NULL;
    return *text;
}

static void note_failure(struct order *order, const struct error *error)
{
    if (!order->failed && error->text)
        order->failure = mem_strdup(error->text);
    order->failed = true;
}

/* The key as text; "" where the expression fails, as all those messages have that in common. */
static void fill_key(struct order *order, const struct letter *letter, struct buf *key)
{
    struct arena *arena = arena_new();
    struct buf encoded = {0};
    struct value message = {0};
    struct error error = {0};
    letter_value(letter, order->spec->framing, &encoded);
    const char *at = encoded.data;
    size_t left = encoded.length;
    if (!value_decode(arena, &at, &left, &message, &error)) {
        script_set_message(order->script, &message);
        if (template_render(order->spec->ordered, order->script, key, &error))
            buf_clear(key);
    }
    if (error.code)
        note_failure(order, &error);
    error_release(&error);
    buf_release(&encoded);
    arena_free(arena);
}

static struct slot *find_slot(struct order *order, const struct letter *letter)
{
    struct buf key = {0};
    fill_key(order, letter, &key);
    static const struct hash seed;
    struct hash hash = hash_bytes(&seed, buf_string(&key), key.length);
    buf_release(&key);
    return &order->slots[hash.low % SLOTS];
}

static void list(struct order *order, struct slot *slot)
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

void order_put(struct order *order, struct letter *letter)
{
    struct slot *slot = find_slot(order, letter);
    letters_add(&slot->letters, letter);
    list(order, slot);
}

void order_put_first(struct order *order, struct letter *letter)
{
    struct slot *slot = find_slot(order, letter);
    letters_add_first(&slot->letters, letter);
    list(order, slot);
}

static bool may_take(const struct slot *slot, const void *taker, bool alone)
{
    return !slot->owner || (slot->owner == taker && !alone);
}

bool order_has(const struct order *order, const void *taker, bool alone)
{
    const struct slot *slot = order->first;
    while (slot && !may_take(slot, taker, alone))
        slot = slot->next;
    return slot != NULL;
}

/* Takes the first slot off the list from which TAKER may take; NULL where there is none. */
static struct slot *unlist(struct order *order, const void *taker, bool alone)
{
    struct slot *before = NULL;
    struct slot *slot = order->first;
    for (; slot && !may_take(slot, taker, alone); slot = slot->next)
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

struct letter *order_take(struct order *order, const void *taker, bool alone, size_t *number)
{
    struct slot *slot = unlist(order, taker, alone);
    if (!slot)
        return NULL;
    struct letter *letter = letters_take(&slot->letters);
    slot->owner = taker;
    slot->held++;
    if (slot->letters.first)
        list(order, slot); /* behind the others: each key has its turn */
    *number = (size_t)(slot - order->slots);
    return letter;
}

void order_done(struct order *order, size_t number)
{
    struct slot *slot = &order->slots[number];
    if (slot->held && !--slot->held)
        slot->owner = NULL;
}

void order_leave(struct order *order, const void *taker)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (order->slots[i].owner != taker)
            continue;
        order->slots[i].owner = NULL;
        order->slots[i].held = 0;
    }
}
