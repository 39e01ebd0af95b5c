/* The objects of a run. */
#include "report/objects.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

static bool is_it(const struct report_object *object, enum event_object kind, const char *name)
{
    return object->kind == kind && !strcmp(object->name, name);
}

static uint32_t add(struct objects *objects, enum event_object kind, const char *name)
{
    objects->items = mem_grow(objects->items, &objects->capacity, objects->count + 1, sizeof(*objects->items));
    objects->items[objects->count] = (struct report_object){
        .kind = kind,
        .name = mem_strdup(name),
        .began = NEVER,
        .ended = NEVER,
        .lives.life = -1,
    };
    return (uint32_t)objects->count++;
}

uint32_t objects_find(struct objects *objects, enum event_object kind, const char *name)
{
    static const struct hash key = {0};
    if (objects->count && is_it(&objects->items[objects->last], kind, name))
        return objects->last;
    uint64_t hash = hash_low(&key, name, strlen(name)) + (uint64_t)kind;
    uint32_t number;
    while ((number = map_get(&objects->names, hash)) != MAP_NONE && !is_it(&objects->items[number], kind, name))
        hash++;
    if (number == MAP_NONE) {
        number = add(objects, kind, name);
        map_put(&objects->names, hash, number);
    }
    return objects->last = number;
}

uint32_t objects_lane(struct objects *objects, uint32_t object, int64_t worker)
{
    struct report_object *owner = &objects->items[object];
    size_t at = (size_t)worker;
    if (at >= owner->lane_count) {
        owner->lanes = mem_grow(owner->lanes, &owner->lane_capacity, at + 1, sizeof(*owner->lanes));
        for (; owner->lane_count <= at; owner->lane_count++)
            owner->lanes[owner->lane_count] = MAP_NONE;
    }
    if (owner->lanes[at] == MAP_NONE) {
        objects->lanes =
            mem_grow(objects->lanes, &objects->lane_capacity, objects->lane_count + 1, sizeof(*objects->lanes));
        objects->lanes[objects->lane_count] = (struct lane){.object = object, .worker = worker};
        owner->lanes[at] = (uint32_t)objects->lane_count++;
    }
    return owner->lanes[at];
}

const char *object_word(enum event_object kind)
{
    static const char *const words[] = {
        [EVENT_OF_RUN] = "run",     [EVENT_OF_PROCESS] = "process", [EVENT_OF_POOL] = "pool",
        [EVENT_OF_QUEUE] = "queue", [EVENT_OF_THREAD] = "thread",
    };
    return words[kind];
}

void objects_release(struct objects *objects)
{
    for (size_t i = 0; i < objects->count; i++) {
        struct report_object *object = &objects->items[i];
        free(object->name);
        free(object->members);
        free(object->lanes);
        buf_release(&object->reason);
        buf_release(&object->output);
        series_release(&object->queue.depth);
        series_release(&object->lives.load);
        series_release(&object->lives.held);
    }
    for (size_t i = 0; i < objects->lane_count; i++)
        free(objects->lanes[i].host);
    free(objects->items);
    free(objects->lanes);
    map_release(&objects->names);
}
