/* For the sinks: a loop, a pipe that an output writes to, and what came out of it. */
#ifndef TESTS_SINK_FIXTURE_H
#define TESTS_SINK_FIXTURE_H

#include <fcntl.h>
#include <unistd.h>

#include "../harness/loop.h"
#include "event/bus.h"
#include "log/writer_thread.h"
#include "log/destination.h"

/* What an output told. */
struct told {
    struct loop *loop;
    int full;
    int room;
    int failed; /* errno value */
    int failures;
    int finished;
};

static inline void told_full(void *arg)
{
    ((struct told *)arg)->full++;
}

static inline void told_room(void *arg)
{
    ((struct told *)arg)->room++;
}

static inline void told_failed(void *arg, int number)
{
    struct told *told = arg;
    told->failed = number;
    told->failures++;
}

static inline void told_finished(void *arg)
{
    struct told *told = arg;
    told->finished++;
    loop_stop(told->loop);
}

static const struct output_callbacks told_callbacks = {
    .full = told_full,
    .room = told_room,
    .failed = told_failed,
    .finished = told_finished,
};

static inline struct output *told_output(struct told *told, int fd)
{
    struct error error = {0};
    if (!told->loop)
        told->loop = loop_new(&error);
    assert_non_null(told->loop);
    struct output *output = output_new(told->loop, target_new(fd), &told_callbacks, told);
    return output;
}

/* Finishes, waits for that, and frees all. */
static inline void told_end(struct told *told, struct output *output)
{
    output_finish(output);
    loop_run(told->loop);
    assert_int_equal(told->finished, 1);
    output_free(output);
    loop_free(told->loop);
}

/* A file without a name, to write to and to read back. */
static inline int open_scratch(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static inline void read_scratch(int fd, struct buf *out)
{
    ssize_t length;
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    while ((length = read(fd, buf_reserve(out, 65536), 65536)) > 0)
        buf_added(out, (size_t)length);
    assert_int_equal(length, 0);
    close(fd);
}

/* Shows COUNT events to READER through a bus and waits until OUTPUT wrote them. */
static inline void show_events(const struct bus_reader *reader, const struct event *events,
                               size_t count)
{
    struct bus *bus = bus_new();
    bus_add(bus, reader);
    for (size_t i = 0; i < count; i++) {
        struct event event = events[i];
        bus_emit(bus, &event);
    }
    bus_free(bus);
}

#endif
