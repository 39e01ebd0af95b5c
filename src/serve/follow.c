/* Following events and lines. */
#include "serve/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "serve/call.h"
#include "serve/desk.h"
#include "serve/history.h"
#include "serve/requests.h"
#include "serve/session.h"

/* Of follow. */
struct wanted {
    bool wrong; /* no others */
    bool kinds[EVENT_KINDS];
};

/* Of logs. */
struct lines {
    bool live; /* what was kept at the beginning has been sent */
    bool gaps; /* lines may be left out after that, too */
    size_t count;
    uint64_t next[]; /* of each track: the number of the line that is sent next; UINT64_MAX: none is */
};

bool follow_wants(const struct call *call, enum event_kind kind, unsigned flags)
{
    const struct wanted *wanted = call->arg;
    return wanted->kinds[kind] && (!wanted->wrong || flags & EVENT_WRONG);
}

static void send_event(struct call *call, const struct event *event, const char *before, uint64_t number)
{
    const struct buf *line = desk_event(session_desk(call->session), event);
    struct buf *out = call_line(call, before);
    if (number) {
        buf_number(out, (int64_t)number);
        buf_text(out, ",\"event\":");
    }
    buf_append(out, line->data, line->length - 1);
    call_send(call);
}

void follow_take(struct call *call, const struct event *event)
{
    if (!follow_wants(call, event->kind, event->flags) || !(call->names_all || (event->object && call_means(call, event->object))))
        return;
    send_event(call, event, "event", 0);
}

/* Makes WANTED of "process.*,task.*"; false where a pattern matches no event. */
static bool read_kinds(struct wanted *wanted, const char *text)
{
    for (const char *end; *text; text = end + (*end == ',')) {
        bool any = false;
        end = text + strcspn(text, ",");
        char *pattern = mem_copy(text, (size_t)(end - text));
        for (int kind = 0; kind < EVENT_KINDS; kind++)
            if (wildcard_match(pattern, event_row((enum event_kind)kind)->name))
                wanted->kinds[kind] = any = true;
        free(pattern);
        if (!any)
            return false;
    }
    return true;
}

void serve_follow(struct call *call)
{
    const char *events = call_text(call, "events");
    struct wanted *wanted = call->arg = mem_calloc(1, sizeof(*wanted));
    wanted->wrong = call_flag(call, "wrong");
    if (!read_kinds(wanted, events ? events : "*")) {
        call_end(call, CALL_WRONG, "\"events\" has a name that no event has: '%s'; parrun-events(7) lists them", events);
        return;
    }
    call->follows = true;
    desk_look(session_desk(call->session));
}

/* The first line of a track that is sent, where those before the LAST ones are not. */
static uint64_t first_of(const struct call *call, const struct track *track, uint64_t last)
{
    uint64_t oldest = track->oldest ? track->oldest->number : track->number + 1;
    if (!call->names_all && !call_means(call, track->name))
        return UINT64_MAX;
    return track->number >= oldest + last ? track->number - last + 1 : oldest;
}

/* The number that comes next for the line's object, which may have had no line yet when the call came. */
static uint64_t *next_of(struct call *call, const struct kept *kept)
{
    struct lines *lines = call->arg;
    size_t index = kept->track->index;
    if (index < lines->count)
        return &lines->next[index];
    lines = call->arg = mem_realloc(lines, 1, sizeof(*lines) + (index + 1) * sizeof(lines->next[0]));
    for (; lines->count <= index; lines->count++) {
        const struct track *track = history_track(desk_history(session_desk(call->session)), lines->count);
        lines->next[lines->count] = call->names_all || call_means(call, track->name) ? 1 : UINT64_MAX;
    }
    return &lines->next[index];
}

/* Lines of the object went before they were sent: who follows is let go, who still reads what was there is told. */
static void tell_gap(struct call *call, const struct kept *kept, uint64_t count)
{
    const struct lines *lines = call->arg;
    if (lines->live && !lines->gaps) {
        session_overrun(call->session);
        return;
    }
    struct buf *out = call_line(call, "gap");
    buf_number(out, (int64_t)count);
    buf_text(out, ",\"object\":");
    call_quote(call, out, kept->track->name);
    call_send(call);
}

static void send_line(struct call *call, const struct kept *kept)
{
    uint64_t *next = next_of(call, kept);
    struct event event = kept_event(kept);
    if (*next > kept->number)
        return;
    if (*next < kept->number)
        tell_gap(call, kept, kept->number - *next);
    *next = kept->number + 1;
    send_event(call, &event, "line", kept->number);
}

void logs_more(struct call *call)
{
    /* While the client has much to read the run keeps what comes. */
    size_t most = session_unread_most(call->session) / 2;
    for (; call->at && session_unread(call->session) < most; call->at = call->at->next)
        send_line(call, call->at);
    if (call->at)
        return;
    ((struct lines *)call->arg)->live = true;
    if (!call->streams)
        call_end(call, CALL_DONE, NULL);
}

void logs_take(struct call *call, const struct kept *kept)
{
    if (!call->streams)
        return;
    if (!call->at)
        call->at = kept;
    logs_more(call);
}

void logs_lose(struct call *call)
{
    call->at = call->at->next;
}

void serve_logs(struct call *call)
{
    const struct history *history = desk_history(session_desk(call->session));
    double last = call_number(call, "last", -1);
    const struct track *track;
    size_t count = 0;
    while (history_track(history, count))
        count++;
    struct lines *lines = call->arg = mem_calloc(1, sizeof(*lines) + count * sizeof(lines->next[0]));
    lines->count = count;
    for (size_t i = 0; (track = history_track(history, i)); i++)
        lines->next[i] = first_of(call, track, last < 0 ? UINT64_MAX >> 1 : (uint64_t)last);
    lines->gaps = call_flag(call, "gaps");
    call->streams = call_flag(call, "follow");
    call->at = history_first(history);
    desk_look(session_desk(call->session));
    logs_more(call);
}
