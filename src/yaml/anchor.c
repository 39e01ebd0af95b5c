/* Anchors: a later one of the same name takes the name over, as YAML has it. */
#include "yaml/anchor.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"

void anchors_release(struct anchors *anchors)
{
    names_release(&anchors->names);
    free(anchors->items);
    *anchors = (struct anchors){0};
}

size_t anchors_open(struct anchors *anchors, const char *name)
{
    size_t number = anchors->count;
    anchors->items =
        mem_grow(anchors->items, &anchors->capacity, number + 1, sizeof(*anchors->items));
    anchors->items[number] = (struct anchor){.name = name};
    anchors->count++;
    *names_slot(&anchors->names, name, strlen(name)) = number;
    return number;
}

void anchors_close(struct anchors *anchors, size_t number, const struct node *node, size_t started)
{
    anchors->items[number].node = *node;
    anchors->items[number].nodes = anchors->nodes - started;
}

const struct anchor *anchors_find(const struct anchors *anchors, const char *name)
{
    size_t number = names_find(&anchors->names, name, strlen(name));
    return number == NAMES_NONE ? NULL : &anchors->items[number];
}

void anchors_offer(const struct anchors *anchors, struct nearest *nearest)
{
    for (size_t i = 0; i < anchors->count; i++)
        nearest_offer(nearest, anchors->items[i].name);
}
