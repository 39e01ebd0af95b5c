/* Writing a child's pipe to a file. */
#include "child/stream_recorder.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mask.h"
#include "base/mem.h"
#include "log/destination.h"
#include "log/writer_thread.h"
#include "loop/pipe.h"
#include "os/pty_answer.h"

struct stream_recorder {
    struct loop *loop;
    struct pipe_reader *reader; /* NULL: it has not begun */
    struct output *output;
    char *path;
    const struct mask *mask;
    struct mask_stream masked;
    const char *stream;
    struct stream_recorder_callbacks callbacks;
    void *arg;
    bool terminal;
    int fd; /* of the terminal */
    struct pty_query query;
    int failed;  /* errno value */
    bool at_end; /* the pipe has ended */
    bool ended;  /* END was called */
};

static void on_full(void *arg)
{
    struct stream_recorder *recorder = arg;
    if (!recorder->at_end)
        reader_pause(recorder->reader);
}

static void on_room(void *arg)
{
    struct stream_recorder *recorder = arg;
    if (!recorder->at_end)
        reader_resume(recorder->reader);
}

static void tell(struct stream_recorder *recorder, const struct buf *text, size_t lost)
{
    recorder->callbacks.unwritten(recorder->arg, recorder->stream, text->data, (int64_t)lost);
}

static void on_failed(void *arg, int number)
{
    struct stream_recorder *recorder = arg;
    struct buf text = {0};
    recorder->failed = number;
    buf_printf(&text, "cannot write %s to '%s': %s; what finds no room is left out",
               recorder->stream, recorder->path, target_reason(number));
    tell(recorder, &text, 0);
    buf_release(&text);
}

/* How much is missing is known at the end. */
static void tell_end(struct stream_recorder *recorder)
{
    struct buf text = {0};
    size_t lost = output_lost(recorder->output);
    int stuck = output_stuck(recorder->output);
    if (recorder->ended)
        return;
    recorder->ended = true;
    if (lost)
        buf_printf(&text, "%zu bytes of %s are missing in '%s': %s", lost, recorder->stream,
                   recorder->path,
                   recorder->failed ? target_reason(recorder->failed) : "they were not written in time");
    else if (stuck)
        buf_printf(&text, "'%s' could not rotate and is longer than it may be: %s", recorder->path,
                   strerror(stuck));
    if (text.length)
        tell(recorder, &text, lost);
    buf_release(&text);
    recorder->callbacks.end(recorder->arg);
}

static void on_finished(void *arg)
{
    tell_end(arg);
}

static void put_masked(struct stream_recorder *recorder, const char *bytes, size_t length,
                       bool last)
{
    struct buf shown = {0};
    mask_put(recorder->mask, &recorder->masked, &shown, bytes, length);
    if (last)
        mask_end(recorder->mask, &recorder->masked, &shown);
    if (shown.length)
        output_put(recorder->output, shown.data, shown.length);
    buf_release(&shown);
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct stream_recorder *recorder = arg;
    if (recorder->terminal)
        pty_answer(&recorder->query, recorder->fd, bytes, length);
    recorder->callbacks.data(recorder->arg, recorder->stream, bytes, length);
    if (recorder->mask)
        put_masked(recorder, bytes, length, false);
    else
        output_put(recorder->output, bytes, length);
}

static void on_end(void *arg, int status)
{
    struct stream_recorder *recorder = arg;
    (void)status; /* a read error ends the pipe as its end does: nothing more can come */
    if (recorder->at_end)
        return;
    recorder->at_end = true;
    if (recorder->mask)
        put_masked(recorder, "", 0, true);
    output_finish(recorder->output);
}

struct stream_recorder *stream_recorder_new(struct loop *loop, struct target *target,
                                            const char *path, const char *stream,
                                            const struct mask *mask)
{
    static const struct output_callbacks output_callbacks = {
        .full = on_full, .room = on_room, .failed = on_failed, .finished = on_finished};
    struct stream_recorder *recorder = mem_calloc(1, sizeof(*recorder));
    recorder->output = output_new(loop, target, &output_callbacks, recorder);
    recorder->loop = loop;
    recorder->mask = mask;
    recorder->path = mem_strdup(path);
    recorder->stream = stream;
    return recorder;
}

void stream_recorder_begin(struct stream_recorder *recorder, int fd,
                           const struct stream_recorder_callbacks *callbacks, void *arg)
{
    static const struct reader_callbacks reader_callbacks = {.data = on_data, .end = on_end};
    recorder->callbacks = *callbacks;
    recorder->arg = arg;
    recorder->reader = reader_new(recorder->loop, fd, &reader_callbacks, recorder);
}

void stream_recorder_terminal(struct stream_recorder *recorder, int fd)
{
    recorder->terminal = true;
    recorder->fd = fd;
}

void stream_recorder_finish(struct stream_recorder *recorder)
{
    if (recorder->at_end)
        return;
    reader_drain(recorder->reader);
    reader_pause(recorder->reader);
    on_end(recorder, 0);
}

void stream_recorder_abandon(struct stream_recorder *recorder)
{
    stream_recorder_finish(recorder);
    tell_end(recorder);
}

bool stream_recorder_has_ended(const struct stream_recorder *recorder)
{
    return recorder->ended;
}

void stream_recorder_free(struct stream_recorder *recorder)
{
    if (!recorder)
        return;
    reader_free(recorder->reader);
    output_free(recorder->output);
    mask_stream_release(&recorder->masked);
    free(recorder->path);
    free(recorder);
}
