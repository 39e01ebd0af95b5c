/* Which fields an event of each kind may have besides those that every event has. */
#ifndef EVENT_FIELDS_H
#define EVENT_FIELDS_H

#include "event/event.h"

/* Their names as in JSON and in that order, with blanks between; "" where there are none. */
const char *event_fields(enum event_kind kind);

/* The field that names the object of a kind; NULL for the run. */
const char *event_object_field(enum event_kind kind);

/* All the fields, numbered from 0 in the order in which JSON has them: the name, NULL behind the
 * last, and what it tells. */
const char *event_field(size_t number);
const char *event_field_help(size_t number);

#endif
