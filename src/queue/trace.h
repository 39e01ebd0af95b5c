/* Events about single messages of a traced queue, from any thread, in the order they happened. */
#ifndef QUEUE_TRACE_H
#define QUEUE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "event/event.h"

struct buf;
struct run;

/* Emits EVENT on the loop's thread soon: its bytes and reason are copied. Any thread. With the queue's lock held the order
 * of the events is that of the messages. */
void trace_event(struct run *run, const struct event *event);

#endif
