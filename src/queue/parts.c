/* Gathering what an object waits for. */
#include "queue/parts.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "engine/object.h"

static bool is_alike(const struct part_wait *a, const struct part_wait *b)
{
    bool same_part = a->part && b->part ? !strcmp(a->part, b->part) : a->part == b->part;
    return same_part && a->timed == b->timed && a->wait.queue == b->wait.queue &&
           a->wait.for_room == b->wait.for_room;
}

void parts_add(struct part_waits *waits, const struct part_wait *one)
{
    size_t at = 0;
    while (at < waits->count && !is_alike(&waits->items[at], one))
        at++;
    if (at == waits->count) {
        waits->items =
            mem_grow(waits->items, &waits->capacity, waits->count + 1, sizeof(*waits->items));
        waits->items[waits->count++] = *one;
        waits->items[at].count = 0;
    }
    waits->items[at].count++;
}
