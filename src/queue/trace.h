/* Events about single messages of a traced queue, from any thread, in the order they happened. */
#ifndef QUEUE_TRACE_H
#define QUEUE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "event/event.h"

struct buf;
struct run;

/* Emits the event on the loop's thread soon; TEXT is copied. Called with the queue's lock held, so
 * that the order of the events is the order of the messages. */
void trace_post(struct run *run, enum event_kind kind, const char *queue, bool named,
                const char *text, size_t length);

/* Emits EVENT on the loop's thread soon: its bytes and reason are copied. Any thread. */
void trace_event(struct run *run, const struct event *event);

#endif
