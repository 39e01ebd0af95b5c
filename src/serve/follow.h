/* Clients that get what happens as it happens: events, or the lines of objects behind those that are kept. */
#ifndef SERVE_FOLLOW_H
#define SERVE_FOLLOW_H

#include <stdbool.h>

#include "event/event.h"

struct call;
struct kept;

/* True where the call follows events of this kind with these FLAGS (enum event_flag). */
bool follow_wants(const struct call *call, enum event_kind kind, unsigned flags);

/* Sends EVENT to a call that follows events, where it wants that one. */
void follow_take(struct call *call, const struct event *event);

/* KEPT is the newest line of all: it is sent to a call for lines when those before it have been. */
void logs_take(struct call *call, const struct kept *kept);

/* Sends more lines, where the client has read those before. May end the call. */
void logs_more(struct call *call);

/* The line that is next for the call goes. */
void logs_lose(struct call *call);

#endif
