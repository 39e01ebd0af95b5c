/* The frames between the runner and a worker. */
#include "serve/worker_link.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "serve/queue_session.h"
#include "wire/frame.h"

/* How long the rest of a frame is waited for while nothing of it comes. */
#define FRAME_PATIENCE (60 * NS_PER_S)

struct link {
    struct pipe_reader *reader; /* NULL: it is carried, */
    struct pipe_writer *writer;
    struct link_carrier carrier; /* by this */
    struct queue_session *session;
    struct link_callbacks callbacks;
    void *arg;
    struct buf rest; /* the beginning of a frame */
    bool spent;      /* the frames that are taken are of REST, which is not looked at again */
    bool ended;
    bool held;
    struct timer *silence; /* runs while a frame has come in part */
    struct run *run;
    struct link *next; /* of the run */
    struct link *previous;
};

static void link_end(struct link *link, bool wrong)
{
    if (link->ended)
        return;
    link->ended = true;
    if (link->reader)
        reader_pause(link->reader);
    timer_stop(link->silence);
    link->callbacks.end(link->arg, wrong);
}

static bool take_frame(void *arg, struct frame *frame)
{
    struct link *link = arg;
    frame->spent = link->spent;
    if (!queue_session_take(link->session, frame))
        link->callbacks.frame(link->arg, frame);
    return !link->ended;
}

/* Hands on all whole frames of BYTES; returns how many bytes those had. */
static size_t take_frames(struct link *link, const char *bytes, size_t length)
{
    bool wrong = false;
    size_t done = link->ended ? 0 : frames_take(bytes, length, take_frame, link, &wrong);
    if (wrong)
        link_end(link, true);
    return done;
}

/* The rest of a frame has not come for so long: it was announced by somebody who never sends it. */
static void on_silence(void *arg)
{
    link_end(arg, true);
}

/* A worker writes what it has gathered as fast as it is read. */
static void watch_rest(struct link *link)
{
    if (!link->rest.length || link->ended || link->held)
        timer_stop(link->silence);
    else
        timer_start(link->silence, FRAME_PATIENCE);
}

void link_take(struct link *link, const char *bytes, size_t length)
{
    bool waited = link->rest.length;
    if (waited) {
        buf_append(&link->rest, bytes, length);
        link->spent = true;
        buf_consume(&link->rest, take_frames(link, link->rest.data, link->rest.length));
        link->spent = false;
        buf_trim(&link->rest);
    } else {
        size_t done = take_frames(link, bytes, length);
        buf_append(&link->rest, bytes + done, length - done);
    }
    if (waited || link->rest.length)
        watch_rest(link);
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    link_take(arg, bytes, length);
}

static void on_end(void *arg, int status)
{
    (void)status;
    link_end(arg, false);
}

static void on_drained(void *arg)
{
    (void)arg;
}

/* A worker that reads no more is about to end; its exit tells the rest. */
static void on_failed(void *arg, int status)
{
    (void)arg;
    (void)status;
}

static struct link *make(struct run *run, const char *name, const struct link_callbacks *callbacks, void *arg)
{
    struct link *link = mem_calloc(1, sizeof(*link));
    link->callbacks = *callbacks;
    link->run = run;
    link->next = run->service.links;
    if (link->next)
        link->next->previous = link;
    run->service.links = link;
    link->arg = arg;
    link->silence = timer_new(run->loop, on_silence, link);
    link->session = queue_session_new(run, name, link);
    return link;
}

struct link *link_new_carried(struct run *run, const char *name, const struct link_callbacks *callbacks,
                              void *arg, const struct link_carrier *carrier)
{
    struct link *link = make(run, name, callbacks, arg);
    link->carrier = *carrier;
    return link;
}

struct link *link_new(struct run *run, const char *name, const struct link_callbacks *callbacks,
                      void *arg,
                      struct link_ends *ends, struct error *error)
{
    static const struct reader_callbacks reader_callbacks = {.data = on_data, .end = on_end};
    static const struct writer_callbacks writer_callbacks = {.drained = on_drained,
                                                             .failed = on_failed};
    int to_worker[2], from_worker[2];
    if (pipe_open(to_worker, error))
        return NULL;
    if (pipe_open(from_worker, error)) {
        close(to_worker[0]);
        close(to_worker[1]);
        return NULL;
    }
    fcntl(to_worker[1], F_SETFL, O_NONBLOCK);
    struct link *link = make(run, name, callbacks, arg);
    link->reader = reader_new(run->loop, from_worker[0], &reader_callbacks, link);
    link->writer = writer_new(run->loop, to_worker[1], &writer_callbacks, link);
    *ends = (struct link_ends){.in = to_worker[0], .out = from_worker[1]};
    return link;
}

void link_put(struct link *link, const char *bytes, size_t length)
{
    if (link->writer)
        writer_put(link->writer, bytes, length);
    else
        link->carrier.put(link->carrier.arg, bytes, length);
}

void link_lend(struct link *link, const char *bytes, size_t length)
{
    if (link->writer)
        writer_lend(link->writer, bytes, length);
    else
        link->carrier.put(link->carrier.arg, bytes, length);
}

void link_send(struct link *link, struct buf *frames)
{
    link_put(link, frames->data, frames->length);
    buf_clear(frames);
}

void link_send_plain(struct link *link, int type)
{
    struct buf frame = {0};
    frame_plain(&frame, (enum frame_type)type);
    link_send(link, &frame);
    buf_release(&frame);
}

void links_tell_pause(struct run *run, int64_t ns)
{
    struct buf frame = {0};
    for (struct link *link = run->service.links; link; link = link->next) {
        size_t begin = frame_begin(&frame, FRAME_PAUSED);
        frame_i64(&frame, ns);
        frame_end(&frame, begin);
        link_send(link, &frame);
    }
    buf_release(&frame);
}

void link_hold(struct link *link, bool held)
{
    if (link->ended)
        return;
    link->held = held;
    if (link->reader && held)
        reader_pause(link->reader);
    else if (link->reader)
        reader_resume(link->reader);
    watch_rest(link);
}

void link_drain(struct link *link)
{
    if (link->ended)
        return;
    if (link->reader)
        reader_drain(link->reader);
    link_end(link, false);
}

struct queue_session *link_session(const struct link *link)
{
    return link->session;
}

void link_free(struct link *link)
{
    if (!link)
        return;
    if (link->previous)
        link->previous->next = link->next;
    else
        link->run->service.links = link->next;
    if (link->next)
        link->next->previous = link->previous;
    queue_session_free(link->session);
    timer_free(link->silence);
    reader_free(link->reader);
    writer_free(link->writer);
    buf_release(&link->rest);
    free(link);
}
