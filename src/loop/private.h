/* What the files of this room share: the loop behind its handle. */
#ifndef LOOP_PRIVATE_H
#define LOOP_PRIVATE_H

#include <pthread.h>
#include <uv.h>

#include "loop/loop.h"

/* The one buffer that all readers read into; what it holds is handed on before the next read. */
#define LOOP_READ_SIZE ((size_t)256 * 1024)

#define LOOP_CHILD_BUCKETS 1024

struct child;

struct posted_call {
    void (*function)(void *arg);
    void *arg;
};

struct call_list {
    struct posted_call *items;
    size_t count;
    size_t capacity;
};

struct loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_async_t wake;
    uv_signal_t stirs; /* SIGCHLD */
    bool stirs_on;
    bool reaps;
    struct child *children[LOOP_CHILD_BUCKETS]; /* by their pids */
    struct child *left; /* that have ended, and whose groups are awaited */
    bool stopping;
    struct call_list deferred;
    struct call_list stolen;
    pthread_t thread; /* that has made it, and runs it */
    pthread_mutex_t lock; /* guards the mailbox */
    struct call_list mailbox;
    struct call_list opened;
    struct pipe_writer *dirty; /* writers with bytes that were not offered to the system yet */
    size_t orphan_count;
    uint64_t reads;       /* so far */
    uint64_t read_number; /* of loop_read_number() */
    struct posted_call before_wait; /* of loop_before_wait() */
    struct posted_call stirred;     /* of loop_watch_children() */
    void (*signalled)(void *arg, int signal);
    void *signalled_arg;
    char read_buffer[LOOP_READ_SIZE];
};

/* The child PID has ended with STATUS, as waitpid(2) has it: tells whoever watches it. False where
 * nobody does; child.c. */
bool loop_child_ended(struct loop *loop, pid_t pid, int status);

/* Tells of the awaited groups of which nothing is left; child.c. */
void loop_look_at_groups(struct loop *loop);

/* Makes a handle for FD; loop.c. Where the system will watch no more descriptors it ends the process as
 * base/mem.h says. */
void loop_poll_init(struct loop *loop, uv_poll_t *handle, int fd);

/* Offers the bytes of all dirty writers to the system; pipe.c. */
void loop_flush(struct loop *loop);

#endif
