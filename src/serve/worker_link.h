/*
 * A link: frames to and from a worker, with the client that serves its queues. They go through two pipes, or are
 * carried by somebody who has a way to the worker.
 */
#ifndef SERVE_WORKER_LINK_H
#define SERVE_WORKER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct queue_session;
struct error;
struct frame;
struct link;
struct run;

struct link_callbacks {
    /* A frame that is not the client's. */
    void (*frame)(void *arg, struct frame *frame);
    /* The worker's end is closed, or what came were no frames (WRONG). Nothing follows. */
    void (*end)(void *arg, bool wrong);
};

/* Why a worker is ended of which that is so. */
#define LINK_WRONG "what it sent is not what a worker sends: something else has written into its descriptors"

/* The worker's ends of the pipes, to be given to it as 0 and 1 and then closed. */
struct link_ends {
    int in;
    int out;
};

/* Opens both pipes, to a worker of the object NAME. NULL with ERROR filled where none are to be had.
 */
struct link *link_new(struct run *run, const char *name, const struct link_callbacks *callbacks,
                      void *arg,
                      struct link_ends *ends, struct error *error);

/* Who carries the bytes for a worker. */
struct link_carrier {
    void (*put)(void *arg, const char *bytes, size_t length);
    void *arg;
};

/* A link without pipes: CARRIER takes what is for the worker, and gives what comes from it to link_take(). */
struct link *link_new_carried(struct run *run, const char *name, const struct link_callbacks *callbacks,
                              void *arg, const struct link_carrier *carrier);

/* Of a carried link: bytes that have come from the worker. */
void link_take(struct link *link, const char *bytes, size_t length);

/* Sends LENGTH bytes of frames. */
void link_put(struct link *link, const char *bytes, size_t length);

/* The same of bytes that stay where they are, unchanged, until the worker has them. */
void link_lend(struct link *link, const char *bytes, size_t length);

/* Sends what FRAMES holds; it is empty afterwards. */
void link_send(struct link *link, struct buf *frames);

/* Sends a frame without fields. */
void link_send_plain(struct link *link, int type);

/* Tells the workers of all links of the run that it was stopped for so long. */
void links_tell_pause(struct run *run, int64_t ns);

/* Stops reading while HELD; that of a carried link is its carrier's to do. */
void link_hold(struct link *link, bool held);

/* The worker is dead: takes what is still in the pipe and ends, whoever else holds it open. A carried link ends. */
void link_drain(struct link *link);

struct queue_session *link_session(const struct link *link);

/* NULL is accepted. Not from within a callback of the link. */
void link_free(struct link *link);

#endif
