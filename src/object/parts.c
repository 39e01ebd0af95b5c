/* Gathering which parts of an object wait. */
#include "object/parts.h"

#include <stdbool.h>
#include <string.h>

#include "engine/object.h"

static bool is_alike(const struct part_wait *a, const struct part_wait *b)
{
    return !strcmp(a->part, b->part) && a->timed == b->timed && a->wait.queue == b->wait.queue &&
           a->wait.for_room == b->wait.for_room;
}

size_t parts_add(struct part_wait *waits, size_t count, const struct part_wait *one)
{
    size_t at = 0;
    while (at < count && !is_alike(&waits[at], one))
        at++;
    if (at == PARTS_MOST)
        return count;
    if (at < count) {
        waits[at].count++;
        return count;
    }
    waits[at] = *one;
    waits[at].count = 1;
    return count + 1;
}
