/* The bus: takes each event once and shows it to every reader, in the order of emission. */
#ifndef EVENT_BUS_H
#define EVENT_BUS_H

#include <stdbool.h>

#include "event/event.h"

struct bus;
struct mask;

/* A reader of the stream. */
struct bus_reader {
    void *arg;
    /* True where the reader would show this kind (with these flags): cheap, asked very often. */
    bool (*wants)(void *arg, enum event_kind kind, unsigned flags);
    void (*take)(void *arg, const struct event *event);
    bool dated; /* it reads the event's WALL or AT */
};

struct bus *bus_new(void);
void bus_free(struct bus *bus);

/* Adds a reader; its arg must outlive the bus. */
void bus_add(struct bus *bus, const struct bus_reader *reader);

/* All that is told while *READ (borrowed; NULL: none) is the same number but 0 is dated as one: it came at one time. */
void bus_date_by(struct bus *bus, const uint64_t *read);

/* No reader sees what MASK (borrowed; NULL: none) hides. */
void bus_mask(struct bus *bus, const struct mask *mask);

/* True where some reader wants it: for callers that would build an event at some cost. */
bool bus_wants(const struct bus *bus, enum event_kind kind, unsigned flags);

/* Numbers EVENT, dates it where one of them reads that, and shows it to the readers that want it. On the loop's thread only. */
void bus_emit(struct bus *bus, struct event *event);

/* Shows an event of another run, which has its number and its times, to the readers that want it. */
void bus_show(const struct bus *bus, const struct event *event);

#endif
