/* The bus: takes each event once and shows it to every reader. */
#include "event/bus.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

struct bus {
    struct bus_reader *readers;
    size_t count;
    size_t capacity;
    uint64_t sequence;
};

struct bus *bus_new(void)
{
    return mem_calloc(1, sizeof(struct bus));
}

void bus_free(struct bus *bus)
{
    if (!bus)
        return;
    free(bus->readers);
    free(bus);
}

void bus_add(struct bus *bus, const struct bus_reader *reader)
{
    bus->readers =
        mem_grow(bus->readers, &bus->capacity, bus->count + 1, sizeof(*bus->readers));
    bus->readers[bus->count++] = *reader;
}

bool bus_wants(const struct bus *bus, enum event_kind kind, unsigned flags)
{
    for (size_t i = 0; i < bus->count; i++)
        if (bus->readers[i].wants(bus->readers[i].arg, kind, flags))
            return true;
    return false;
}

void bus_emit(struct bus *bus, struct event *event)
{
    event->sequence = ++bus->sequence;
    bool dated = false;
    for (size_t i = 0; i < bus->count; i++) {
        const struct bus_reader *reader = &bus->readers[i];
        if (!reader->wants(reader->arg, event->kind, event->flags))
            continue;
        if (!dated) {
            event->wall = clock_wall();
            event->monotonic = clock_monotonic();
            dated = true;
        }
        reader->take(reader->arg, event);
    }
}
