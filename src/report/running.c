/* Tasks that run. */
#include "report/running.h"

#include <stdlib.h>

#include "base/mem.h"

/* Numbers of tasks are below 2^40: more would take 30 years of a million a second. */
static uint64_t key_of(uint32_t object, int64_t task)
{
    return (uint64_t)object << 40 ^ (uint64_t)task;
}

static uint32_t take_place(struct running *running)
{
    if (running->free_count)
        return running->free[--running->free_count];
    running->items = mem_grow(running->items, &running->capacity, running->count + 1, sizeof(*running->items));
    running->items[running->count] = (struct running_task){0};
    return (uint32_t)running->count++;
}

struct running_task *running_find(struct running *running, uint32_t object, int64_t task)
{
    uint64_t key = key_of(object, task);
    uint32_t place = map_get(&running->numbers, key);
    if (place != MAP_NONE)
        return &running->items[place];
    place = take_place(running);
    map_put(&running->numbers, key, place);
    running->items[place].object = object;
    running->items[place].task = task;
    return &running->items[place];
}

void running_remove(struct running *running, uint32_t object, int64_t task)
{
    uint64_t key = key_of(object, task);
    uint32_t place = map_get(&running->numbers, key);
    if (place == MAP_NONE)
        return;
    map_remove(&running->numbers, key);
    running->items[place].task = -1;
    buf_clear(&running->items[place].item);
    buf_clear(&running->items[place].output);
    running->free =
        mem_grow(running->free, &running->free_capacity, running->free_count + 1, sizeof(*running->free));
    running->free[running->free_count++] = place;
}

void running_release(struct running *running)
{
    for (size_t i = 0; i < running->count; i++) {
        buf_release(&running->items[i].item);
        buf_release(&running->items[i].output);
    }
    free(running->items);
    free(running->free);
    map_release(&running->numbers);
}

void keep_output(struct buf *output, const char *bytes, size_t length)
{
    if (length >= OUTPUT_KEPT) {
        buf_clear(output);
        bytes += length - OUTPUT_KEPT;
        length = OUTPUT_KEPT;
    }
    buf_append(output, bytes, length);
    if (output->length > 2 * OUTPUT_KEPT)
        buf_consume(output, output->length - OUTPUT_KEPT);
}
