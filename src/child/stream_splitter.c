/* Splitting what a child writes. */
#include "child/stream_splitter.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "loop/pipe.h"

/* So much waits for the slowest end at most, and what one read brings. */
#define PENDING_MOST (64u << 10)

/* One of those that are written to. */
struct outlet {
    struct stream_splitter *splitter;
    struct pipe_writer *writer;
    bool gone; /* nobody reads it any more */
};

struct stream_splitter {
    struct pipe_reader *reader; /* NULL: the child's pipe is closed */
    struct outlet *outlets;
    size_t count;
    bool paused;
};

static void close_child(struct stream_splitter *splitter)
{
    reader_free(splitter->reader);
    splitter->reader = NULL;
}

/* Reads on while no end is behind, and while there is any. */
static void apply(struct stream_splitter *splitter)
{
    bool any = false, full = false;
    for (size_t i = 0; i < splitter->count; i++) {
        const struct outlet *outlet = &splitter->outlets[i];
        any = any || !outlet->gone;
        full = full || (!outlet->gone && writer_pending(outlet->writer) >= PENDING_MOST);
    }
    if (!splitter->reader)
        return;
    if (!any) {
        close_child(splitter);
    } else if (full != splitter->paused) {
        splitter->paused = full;
        (full ? reader_pause : reader_resume)(splitter->reader);
    }
}

static void on_drained(void *arg)
{
    const struct outlet *outlet = arg;
    apply(outlet->splitter);
}

static void on_failed(void *arg, int status)
{
    struct outlet *outlet = arg;
    (void)status;
    outlet->gone = true;
    apply(outlet->splitter);
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct stream_splitter *splitter = arg;
    for (size_t i = 0; i < splitter->count; i++)
        if (!splitter->outlets[i].gone)
            writer_put(splitter->outlets[i].writer, bytes, length);
    apply(splitter);
}

static void finish_outlets(struct stream_splitter *splitter)
{
    for (size_t i = 0; i < splitter->count; i++)
        if (!splitter->outlets[i].gone)
            writer_finish(splitter->outlets[i].writer);
}

static void on_end(void *arg, int status)
{
    struct stream_splitter *splitter = arg;
    (void)status; /* a read error ends the pipe as its end does */
    if (!splitter->reader)
        return;
    close_child(splitter);
    finish_outlets(splitter);
}

struct stream_splitter *stream_splitter_new(struct loop *loop, int fd, const int *ends, size_t count)
{
    static const struct reader_callbacks reader_callbacks = {.data = on_data, .end = on_end};
    static const struct writer_callbacks writer_callbacks = {.drained = on_drained, .failed = on_failed};
    struct stream_splitter *splitter = mem_calloc(1, sizeof(*splitter));
    splitter->outlets = mem_calloc(count, sizeof(*splitter->outlets));
    splitter->count = count;
    for (size_t i = 0; i < count; i++) {
        struct outlet *outlet = &splitter->outlets[i];
        outlet->splitter = splitter;
        outlet->writer = writer_new(loop, ends[i], &writer_callbacks, outlet);
    }
    splitter->reader = reader_new(loop, fd, &reader_callbacks, splitter);
    return splitter;
}

void stream_splitter_finish(struct stream_splitter *splitter)
{
    if (splitter->reader)
        reader_drain(splitter->reader);
    if (splitter->reader)
        on_end(splitter, 0);
}

void stream_splitter_free(struct stream_splitter *splitter)
{
    if (!splitter)
        return;
    close_child(splitter);
    for (size_t i = 0; i < splitter->count; i++)
        writer_free(splitter->outlets[i].writer);
    free(splitter->outlets);
    free(splitter);
}
