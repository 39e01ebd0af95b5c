/* What is kept of what has begun and not ended. */
#include "record/living.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"

/* Bytes of output: at its beginning and at its end, and of an attempt that has failed. */
#define HALF ((size_t)32 << 10)
#define TRY ((size_t)4 << 10)

struct living {
    struct lifetime **places; /* lists, by a hash */
    size_t capacity;      /* a power of two */
    size_t count;
};

struct living *living_new(void)
{
    struct living *living = mem_calloc(1, sizeof(*living));
    living->capacity = 64;
    living->places = mem_calloc(living->capacity, sizeof(struct lifetime *));
    return living;
}

void life_free(struct lifetime *life)
{
    for (size_t i = 0; i < life->try_count; i++) {
        free(life->tries[i].reason);
        buf_release(&life->tries[i].output);
    }
    free(life->tries);
    buf_release(&life->head);
    buf_release(&life->tail);
    free(life->name);
    free(life->reason);
    free(life->skipped);
    free(life);
}

void living_free(struct living *living)
{
    struct lifetime *life;
    if (!living)
        return;
    while ((life = living_any(living))) {
        living_take(living, life);
        life_free(life);
    }
    free(living->places);
    free(living);
}

static struct lifetime **place_of(const struct living *living, const char *object, int64_t task)
{
    uint64_t hash = ((uint64_t)(uintptr_t)object ^ (uint64_t)task * UINT64_C(0x9E3779B97F4A7C15)) *
                    UINT64_C(0xD6E8FEB86659FD93);
    return &living->places[(size_t)(hash >> 32) & (living->capacity - 1)];
}

static void grow(struct living *living)
{
    struct lifetime **old = living->places;
    size_t count = living->capacity;
    living->capacity *= 2;
    living->places = mem_calloc(living->capacity, sizeof(struct lifetime *));
    for (size_t i = 0; i < count; i++)
        for (struct lifetime *life = old[i], *next; life; life = next) {
            struct lifetime **place = place_of(living, life->object, life->task);
            next = life->next;
            life->next = *place;
            *place = life;
        }
    free(old);
}

struct lifetime *living_get(struct living *living, const char *object, int64_t task)
{
    struct lifetime **place = place_of(living, object, task);
    for (struct lifetime *life = *place; life; life = life->next)
        if (life->object == object && life->task == task)
            return life;
    if (++living->count > living->capacity) {
        grow(living);
        place = place_of(living, object, task);
    }
    struct lifetime *life = mem_calloc(1, sizeof(*life));
    life->object = object;
    life->task = task;
    life->next = *place;
    return *place = life;
}

void living_take(struct living *living, struct lifetime *life)
{
    struct lifetime **place = place_of(living, life->object, life->task);
    while (*place != life)
        place = &(*place)->next;
    *place = life->next;
    living->count--;
}

struct lifetime *living_any(struct living *living)
{
    for (size_t i = 0; living->count && i < living->capacity; i++)
        if (living->places[i])
            return living->places[i];
    return NULL;
}

void life_put(struct lifetime *life, const char *bytes, size_t length)
{
    size_t room = HALF - life->head.length;
    size_t first = length < room ? length : room;
    buf_append(&life->head, bytes, first);
    buf_append(&life->tail, bytes + first, length - first);
    if (life->tail.length <= 2 * HALF)
        return;
    life->left_out += life->tail.length - HALF;
    buf_consume(&life->tail, life->tail.length - HALF);
}

void life_print(const struct lifetime *life, struct buf *out)
{
    size_t more = life->tail.length > HALF ? life->tail.length - HALF : 0;
    buf_append(out, life->head.data, life->head.length);
    if (life->left_out + more)
        buf_printf(out, "\n(%" PRIu64 " bytes left out)\n", life->left_out + more);
    buf_append(out, life->tail.data ? life->tail.data + more : "", life->tail.length - more);
}

void life_try_again(struct lifetime *life, const char *reason)
{
    struct buf output = {0};
    life->tries = mem_grow(life->tries, &life->try_capacity, life->try_count + 1, sizeof(*life->tries));
    life_print(life, &output);
    if (output.length > TRY)
        buf_consume(&output, output.length - TRY);
    life->tries[life->try_count++] = (struct living_try){mem_strdup(reason), output};
    buf_clear(&life->head);
    buf_clear(&life->tail);
    life->left_out = 0;
}

void life_end_with_try(struct lifetime *life)
{
    struct living_try *last = &life->tries[--life->try_count];
    life_put(life, last->output.data, last->output.length);
    buf_release(&last->output);
    free(last->reason);
}
