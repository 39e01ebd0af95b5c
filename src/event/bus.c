/* The bus: takes each event once and shows it to every reader. */
#include "event/bus.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mask.h"
#include "base/mem.h"

struct bus {
    struct bus_reader *readers;
    size_t count;
    size_t capacity;
    uint64_t sequence;
    int64_t began; /* clock_monotonic() */
    const uint64_t *read; /* of bus_date_by() */
    uint64_t dated;       /* *READ when the next two were asked for */
    int64_t wall;
    int64_t at;
    const struct mask *mask; /* NULL: none */
    struct buf reason; /* of the event that is told, without secrets; and so on */
    struct buf bytes;
    struct buf command;
    struct buf shown;
    struct buf cell;
    struct buf tasks;
    struct buf members;
};

struct bus *bus_new(void)
{
    struct bus *bus = mem_calloc(1, sizeof(*bus));
    bus->began = clock_monotonic();
    return bus;
}

void bus_free(struct bus *bus)
{
    if (!bus)
        return;
    free(bus->readers);
    buf_release(&bus->reason);
    buf_release(&bus->bytes);
    buf_release(&bus->command);
    buf_release(&bus->shown);
    buf_release(&bus->cell);
    buf_release(&bus->tasks);
    buf_release(&bus->members);
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

void bus_date_by(struct bus *bus, const uint64_t *read)
{
    bus->read = read;
}

void bus_mask(struct bus *bus, const struct mask *mask)
{
    bus->mask = mask;
}

/* BYTES without secrets, in KEPT. */
static const char *hide(const struct bus *bus, struct buf *kept, const char *bytes, size_t *length)
{
    if (!bytes)
        return NULL;
    buf_clear(kept);
    mask_text(bus->mask, kept, bytes, *length);
    *length = kept->length;
    return buf_string(kept);
}

static const char *hide_text(const struct bus *bus, struct buf *kept, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    return hide(bus, kept, text, &length);
}

static bool is_dated(const struct bus *bus, const struct event *event)
{
    for (size_t i = 0; i < bus->count; i++)
        if (bus->readers[i].dated && bus->readers[i].wants(bus->readers[i].arg, event->kind, event->flags))
            return true;
    return false;
}

/* No finer than a record keeps them: whoever reads that sees the same times. */
static void ask_clocks(struct bus *bus)
{
    uint64_t read = bus->read ? *bus->read : 0;
    if (read && read == bus->dated)
        return;
    bus->dated = read;
    bus->wall = clock_wall() / 1000 * 1000;
    bus->at = clock_monotonic() - bus->began;
}

static void date(struct bus *bus, struct event *event)
{
    ask_clocks(bus);
    event->wall = bus->wall;
    event->at = bus->at;
    if (!event->span.known)
        return;
    event->span.began -= bus->began;
    event->span.finished -= bus->began;
}

void bus_show(const struct bus *bus, const struct event *event)
{
    for (size_t i = 0; i < bus->count; i++) {
        const struct bus_reader *reader = &bus->readers[i];
        if (reader->wants(reader->arg, event->kind, event->flags))
            reader->take(reader->arg, event);
    }
}

void bus_emit(struct bus *bus, struct event *event)
{
    struct event masked;
    if (bus->mask) {
        masked = *event;
        event = &masked;
        masked.reason = hide_text(bus, &bus->reason, masked.reason);
        masked.work.command = hide_text(bus, &bus->command, masked.work.command);
        masked.work.shown = hide_text(bus, &bus->shown, masked.work.shown);
        masked.work.cell = hide_text(bus, &bus->cell, masked.work.cell);
        masked.work.tasks = hide_text(bus, &bus->tasks, masked.work.tasks);
        masked.record.members = hide_text(bus, &bus->members, masked.record.members);
        masked.output.bytes = hide(bus, &bus->bytes, masked.output.bytes, &masked.output.length);
    }
    bus->sequence += event_row(event->kind)->level != EVENT_LEVEL_SAMPLE;
    event->sequence = bus->sequence;
    if (is_dated(bus, event))
        date(bus, event);
    bus_show(bus, event);
}
