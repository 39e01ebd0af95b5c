/* Lines of JSON as the events that they were: what log/jsonl.h writes, read back. */
#ifndef RECORD_EVENT_READER_H
#define RECORD_EVENT_READER_H

#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

struct error;
struct event_reader;

struct event_reader *event_reader_new(void);

/* NULL is accepted. */
void event_reader_free(struct event_reader *reader);

/*
 * Fills EVENT from LINE. What it points to is valid until the next call, but for the names of objects, which are one
 * text each as long as the reader is there. 1; 0 where no event is called so, of a later parrun; or ERROR_FAILED with ERROR
 * filled where the line is none of a record.
 */
int event_reader_take(struct event_reader *reader, const char *line, size_t length, struct event *event,
                      struct error *error);

/* The id of the run, as the line read last has it; "" where none was. */
const char *event_reader_run(const struct event_reader *reader);

/* How many fields were passed over, as nobody here knows them. */
uint64_t event_reader_unknown(const struct event_reader *reader);

#endif
