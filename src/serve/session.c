/* A client that speaks JSON Lines. */
#include "serve/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/pipe.h"
#include "serve/call.h"
#include "serve/connection.h"
#include "serve/desk.h"
#include "serve/follow.h"
#include "serve/identity.h"
#include "serve/request.h"
#include "value/value.h"

struct session {
    struct desk *desk;
    struct connection *connection;
    struct call *calls;
    bool greeted;
    bool overrun; /* it is to be let go */
    bool leaving; /* it is */
    bool ending;  /* the run has ended: it gets what it has asked for before */
};

struct session *session_new(struct desk *desk, struct connection *connection)
{
    struct session *session = mem_calloc(1, sizeof(*session));
    *session = (struct session){.desk = desk, .connection = connection};
    desk_join(desk, session);
    return session;
}

static void drop_calls(struct session *session)
{
    while (session->calls)
        call_free(session->calls);
}

void session_free(struct session *session)
{
    if (!session)
        return;
    drop_calls(session);
    desk_leave(session->desk, session);
    free(session);
}

struct desk *session_desk(const struct session *session)
{
    return session->desk;
}

struct call *session_calls(struct session *session)
{
    return session->calls;
}

void session_add(struct session *session, struct call *call)
{
    call->next = session->calls;
    session->calls = call;
}

void session_forget(struct session *session, struct call *call)
{
    struct call **at = &session->calls;
    while (*at && *at != call)
        at = &(*at)->next;
    if (*at)
        *at = call->next;
    if (call->follows || call->streams)
        desk_look(session->desk);
}

size_t session_unread(const struct session *session)
{
    return writer_pending(session->connection->writer);
}

size_t session_unread_most(const struct session *session)
{
    size_t share = CONTROL_UNREAD_ALL / desk_count(session->desk);
    return share < CONTROL_UNREAD_MOST ? share : CONTROL_UNREAD_MOST;
}

void session_send(struct session *session, const char *bytes, size_t length)
{
    if (session->overrun || session->leaving)
        return;
    if (session_unread(session) + length > session_unread_most(session) && session_unread(session) > 0)
        session_overrun(session);
    else
        writer_put(session->connection->writer, bytes, length);
}

void session_overrun(struct session *session)
{
    session->overrun = true;
    desk_soon(session->desk);
}

void session_dismiss(struct session *session, const char *why)
{
    struct buf line = {0};
    if (session->leaving)
        return;
    buf_text(&line, "{\"id\":null,\"status\":1,\"error\":");
    json_quote(&line, why, strlen(why));
    buf_text(&line, "}\n");
    drop_calls(session);
    writer_put(session->connection->writer, line.data, line.length);
    buf_release(&line);
    session->leaving = true;
    connection_let_go(session->connection);
}

void session_settle(struct session *session)
{
    if (session->overrun)
        session_dismiss(session, "let go: it does not read what the run sends");
}

/* Of a run that has ended. */
static void end_call(struct call *call)
{
    const struct run *run = call->run;
    if (call->awaits_end)
        call_end(call, run->outcome.failed || run->outcome.unwritten || run->outcome.refused ? CALL_FAILED : CALL_DONE, NULL);
    else if (call->watch)
        call_end(call, CALL_FAILED, "the run has ended before");
    else if (!call->at)
        call_end(call, CALL_DONE, NULL);
}

/* It is sent away once nothing is left that it is to get. */
static void leave(struct session *session)
{
    if (session->calls || session->leaving)
        return;
    session->leaving = true;
    connection_leave(session->connection);
}

void session_end(struct session *session)
{
    if (session->leaving)
        return;
    session->ending = true;
    for (struct call *next, *call = session->calls; call; call = next) {
        next = call->next;
        call->streams = false; /* it gets the lines that are still there */
        end_call(call);
    }
    leave(session);
}

/* Lines that wait for room are sent on; a call may end by that, and is the only one that does. */
void session_drained(struct session *session)
{
    for (struct call *next, *call = session->calls; call; call = next) {
        next = call->next;
        if (call->at)
            logs_more(call);
    }
    if (session->ending)
        leave(session);
}

bool session_is_idle(const struct session *session)
{
    return !session->calls;
}

/* The first line says which version the client speaks; the run answers with its own and who it is. */
static void greet(struct session *session, const struct value *fields)
{
    const struct value *hello = value_member(fields, "hello");
    struct buf line = {0};
    if (!hello || hello->type != VALUE_INTEGER) {
        session_dismiss(session, "the first line is {\"hello\": 1}: the version of the protocol");
        return;
    }
    if (hello->integer < 1 || hello->integer > CONTROL_VERSION) {
        session_dismiss(session, "this run speaks version 1 of the protocol");
        return;
    }
    session->greeted = true;
    buf_printf(&line, "{\"hello\":%d,", CONTROL_VERSION);
    identity_print(desk_run(session->desk), &line);
    buf_text(&line, "}\n");
    session_send(session, line.data, line.length);
    buf_release(&line);
}

static void take_line(struct session *session, const char *bytes, size_t length)
{
    struct arena *arena = arena_new();
    struct error error = {0};
    struct value fields;
    if (value_from_json(arena, bytes, length, &fields, &error))
        error_wrap(&error, "a line is no request");
    else if (fields.type != VALUE_TABLE || (fields.table.count && value_is_list(&fields)))
        error_set(&error, ERROR_FAILED, "a line is no request: it is no object");
    if (error.code)
        session_dismiss(session, error.text);
    else if (!session->greeted)
        greet(session, &fields);
    else
        request_serve(session, &fields);
    error_release(&error);
    arena_free(arena);
}

void session_take(struct session *session, struct buf *received)
{
    size_t done = 0;
    const char *newline;
    while (!session->leaving && !session->ending && !session->overrun && session_unread(session) < session_unread_most(session) / 2 &&
           (newline = memchr(buf_string(received) + done, '\n', received->length - done))) {
        const char *line = received->data + done;
        size_t length = (size_t)(newline - line);
        done += length + 1;
        if (length > CONTROL_LINE_MOST)
            break;
        take_line(session, line, length);
    }
    buf_consume(received, done);
    if (!session->leaving && received->length > CONTROL_LINE_MOST && !memchr(received->data, '\n', CONTROL_LINE_MOST))
        session_dismiss(session, "a line has more than 64 KiB: no request is so long");
}
