/*
 * A client of the run that speaks JSON Lines: its hello, its requests and their answers
 * (parrun-control(7)). The connection is a client's (serve/connection.h), which hands on what
 * comes.
 */
#ifndef SERVE_SESSION_H
#define SERVE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct call;
struct desk;
struct connection;

/* The version of the protocol: fields and requests may be added in one of them. */
#define CONTROL_VERSION 1

/* A line that a client sends is no longer. */
#define CONTROL_LINE_MOST ((size_t)64 << 10)

/* A client is let go that leaves more bytes of answers unread; all clients together have no more than the second. */
#define CONTROL_UNREAD_MOST ((size_t)8 << 20)
#define CONTROL_UNREAD_ALL ((size_t)64 << 20)

struct session;

/* What CONNECTION says from now on is for it. */
struct session *session_new(struct desk *desk, struct connection *connection);

/* NULL is accepted. */
void session_free(struct session *session);

/* Serves the whole lines in RECEIVED and takes them out of it. */
void session_take(struct session *session, struct buf *received);

/* All that was sent is on its way. */
void session_drained(struct session *session);

/* True where it waits for nothing. */
bool session_is_idle(const struct session *session);

/* Sends it away with a word. */
void session_dismiss(struct session *session, const char *why);

/* It is sent away soon, and gets nothing more: it reads too slowly. */
void session_overrun(struct session *session);

/* Does that, where it is due. */
void session_settle(struct session *session);

/* The run has ended: answers what has waited for that, and takes no more requests. */
void session_end(struct session *session);

/* CALL has begun. */
void session_add(struct session *session, struct call *call);

/* The calls that are not ended, the one that came last first. */
struct call *session_calls(struct session *session);

/* Sends BYTES, whole lines; where the client has left too much unread they are dropped, and it is let go soon. */
void session_send(struct session *session, const char *bytes, size_t length);

/* Bytes that were not read, and how many may be. */
size_t session_unread(const struct session *session);
size_t session_unread_most(const struct session *session);

/* The call has ended, and is to be freed. */
void session_forget(struct session *session, struct call *call);

struct desk *session_desk(const struct session *session);

#endif
