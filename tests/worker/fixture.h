/* A worker in a child process, at the other end of two pipes. */
#ifndef TESTS_WORKER_FIXTURE_H
#define TESTS_WORKER_FIXTURE_H

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "base/unit.h"
#include "value/value.h"
#include "wire/worker_config.h"
#include "wire/frame.h"
#include "worker/worker.h"

struct peer {
    pid_t pid;
    int to;   /* the worker's input; -1: closed */
    int from; /* the worker's output */
    struct buf received;
    size_t taken;
    int64_t timeout; /* of the tasks that peer_task() sends, ns; 0: none */
    struct buf *log; /* gets what LOG frames hold, a line each; NULL: none may come */
};

static inline struct peer peer_start(void)
{
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    fflush(NULL);
    struct peer peer = {.pid = fork(), .to = in[1], .from = out[0]};
    assert_true(peer.pid >= 0);
    if (!peer.pid) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        for (int i = 0; i < 2; i++) {
            close(in[i]);
            close(out[i]);
        }
        signal(SIGPIPE, SIG_IGN);
        _exit(worker_main());
    }
    close(in[0]);
    close(out[1]);
    return peer;
}

/* Sends FRAMES, which is empty afterwards. */
static inline void peer_send(struct peer *peer, struct buf *frames)
{
    assert_int_equal(write(peer->to, frames->data, frames->length), frames->length);
    buf_release(frames);
}

static inline void peer_plain(struct peer *peer, enum frame_type type)
{
    struct buf frames = {0};
    frame_plain(&frames, type);
    peer_send(peer, &frames);
}

static inline void peer_task(struct peer *peer, uint64_t id, int64_t item)
{
    struct buf frames = {0};
    struct buf value = {0};
    value_encode_integer(&value, item);
    frame_write_task(&frames, id, item, 1, peer->timeout, &(struct buf){0}, &(struct buf){0}, "", &value);
    buf_release(&value);
    peer_send(peer, &frames);
}

static inline void peer_cancel(struct peer *peer, uint64_t id)
{
    struct buf frames = {0};
    size_t begin = frame_begin(&frames, FRAME_CANCEL);
    frame_u64(&frames, id);
    frame_end(&frames, begin);
    peer_send(peer, &frames);
}

static inline void put_revoke(struct buf *frames, bool all)
{
    size_t begin = frame_begin(frames, FRAME_REVOKE);
    frame_u8(frames, all);
    frame_end(frames, begin);
}

static inline void peer_revoke(struct peer *peer, bool all)
{
    struct buf frames = {0};
    put_revoke(&frames, all);
    peer_send(peer, &frames);
}

/* The next frame, valid until the next call; false at the end of file. */
static inline bool peer_next(struct peer *peer, struct frame *frame)
{
    buf_consume(&peer->received, peer->taken);
    peer->taken = 0;
    for (;;) {
        long taken = peer->received.length
                         ? frame_take(peer->received.data, peer->received.length, frame)
                         : 0;
        assert_true(taken >= 0);
        peer->taken = (size_t)taken;
        if (taken)
            return true;
        ssize_t length = read(peer->from, buf_reserve(&peer->received, 65536), 65536);
        assert_true(length >= 0);
        if (!length)
            return false;
        buf_added(&peer->received, (size_t)length);
    }
}

/* The same without LOG frames, where they are taken. */
static inline bool peer_next_unlogged(struct peer *peer, struct frame *frame)
{
    bool next;
    while ((next = peer_next(peer, frame)) && frame->type == FRAME_LOG && peer->log) {
        buf_append(peer->log, frame->at, frame->left);
        buf_char(peer->log, '\n');
    }
    return next;
}

/* The next frame is of this TYPE; TAKENs before it are passed over. */
static inline struct frame peer_expect(struct peer *peer, enum frame_type type)
{
    struct frame frame;
    do {
        if (!peer_next_unlogged(peer, &frame))
            fail_msg("end of file instead of frame %d", type);
        /* Word of what the body has taken may come at any moment. */
    } while (frame.type != type && frame.type == FRAME_TAKEN);
    if (frame.type != type)
        fail_msg("frame %d instead of %d", frame.type, type);
    return frame;
}

/* Waits for the worker's end; returns its exit status. */
static inline int peer_end(struct peer *peer)
{
    int status;
    if (peer->to >= 0)
        close(peer->to);
    assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
    close(peer->from);
    buf_release(&peer->received);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* FINISH, then nothing but the end, with STATUS. */
static inline void peer_finish(struct peer *peer, int status)
{
    struct frame frame;
    peer_plain(peer, FRAME_FINISH);
    assert_false(peer_next_unlogged(peer, &frame));
    assert_int_equal(peer_end(peer), status);
}

static inline struct worker_config config_of(enum worker_body body)
{
    struct worker_config config = {
        .body = body,
        .name = mem_strdup("pool"),
        .run = mem_strdup("1"),
        .directory = mem_strdup("/"),
        .stop.signal = SIGTERM,
        .stop.grace = 60 * NS_PER_S,
        .worker = 1,
        .queues.window = 16,
        .stdin_fd = -1,
        .stdout_fd = -1,
    };
    config_texts_add(&config.shell, "/bin/sh");
    config_texts_add(&config.shell, "-c");
    value_encode_table(&config.vars, 0);
    return config;
}

/* CONFIG (released), READY. */
static inline struct peer peer_ready(struct worker_config *config)
{
    struct peer peer = peer_start();
    struct buf frames = {0};
    config_write(&frames, config);
    config_release(config);
    peer_send(&peer, &frames);
    peer_expect(&peer, FRAME_READY);
    return peer;
}

static inline struct worker_config run_config(const char *command)
{
    struct worker_config config = config_of(WORKER_RUN);
    config_texts_add(&config.command, command);
    return config;
}

static inline struct worker_config lua_config(const char *text)
{
    struct worker_config config = config_of(WORKER_LUA);
    config.lua = chunk_copy(text, strlen(text), "test.lua", 1);
    return config;
}

/* A RESULT for task ID, read. */
struct ending {
    enum outcome outcome;
    int64_t number;
    int64_t duration;
    int64_t memory;
    int64_t cpu;
    struct buf text;
};

static inline struct ending read_ending(struct frame *frame, uint64_t id)
{
    struct ending ending = {0};
    size_t length;
    assert_true(frame_read_u64(frame) == id);
    ending.outcome = (enum outcome)frame_read_u8(frame);
    ending.number = frame_read_i64(frame);
    ending.duration = frame_read_i64(frame);
    ending.memory = frame_read_i64(frame);
    assert_int_equal(frame_read_u8(frame), 0); /* no limit on memory was met */
    ending.cpu = frame_read_i64(frame);
    const char *text = frame_read_bytes(frame, &length);
    buf_append(&ending.text, text, length);
    frame_read_bytes(frame, &length); /* the command */
    assert_false(frame->bad);
    assert_int_equal(frame->left, 0);
    assert_true(ending.duration >= 0 && ending.memory >= 0 && ending.cpu >= 0);
    return ending;
}

/* Gathers OUTPUT of task ID up to its RESULT. */
static inline struct ending peer_ending(struct peer *peer, uint64_t id, struct buf *output)
{
    struct frame frame;
    for (;;) {
        assert_true(peer_next_unlogged(peer, &frame));
        if (frame.type != FRAME_OUTPUT)
            break;
        assert_true(frame_read_u64(&frame) == id);
        buf_append(output, frame.at, frame.left);
    }
    assert_int_equal(frame.type, FRAME_RESULT);
    return read_ending(&frame, id);
}

#endif
