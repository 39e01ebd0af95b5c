/* A destination for bytes with a thread of its own. */
#include "sink/output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "loop/thread.h"

/* Bytes that may wait before the feeders are asked to pause. */
#define OUTPUT_BOUND (1 << 20)

struct output {
    struct loop *loop;
    int fd;
    struct output_callbacks callbacks;
    void *arg;
    struct thread *thread;
    struct buf gathered; /* the loop's alone */
    bool handing;        /* a deferred hand-over is on its way */
    bool full;           /* the loop's alone: full was called, room is owed */
    atomic_size_t held;  /* bytes handed over and not yet written */
    bool done;           /* the loop's alone: finished was called */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct buf waiting;
    size_t lost;
    int error_number;
    bool finish;
    bool abandoned; /* nobody waits for the thread any more: it frees this itself */
};

static bool is_full(struct output *output)
{
    return output->gathered.length + atomic_load(&output->held) > OUTPUT_BOUND;
}

static void tell_room(void *arg)
{
    struct output *output = arg;
    if (!output->full || is_full(output))
        return;
    output->full = false;
    output->callbacks.room(output->arg);
}

static void tell_failed(void *arg)
{
    struct output *output = arg;
    output->callbacks.failed(output->arg, output->error_number);
}

static void tell_finished(void *arg)
{
    struct output *output = arg;
    thread_join(output->thread);
    output->thread = NULL;
    output->done = true;
    output->callbacks.finished(output->arg);
}

/* Writes all of BYTES; 0 or an errno value with *WRITTEN telling how far it came. */
static int write_all(int fd, const struct buf *bytes, size_t *written)
{
    while (*written < bytes->length) {
        ssize_t length = write(fd, bytes->data + *written, bytes->length - *written);
        if (length >= 0) {
            *written += (size_t)length;
        } else if (errno == EAGAIN) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            poll(&writable, 1, -1); /* somebody else made the descriptor non-blocking */
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* The thread: takes all that waits, writes it, until told to finish. */
static void output_thread(void *arg)
{
    struct output *output = arg;
    struct buf bytes = {0};
    pthread_mutex_lock(&output->lock);
    for (;;) {
        while (!output->waiting.length && !output->finish)
            pthread_cond_wait(&output->changed, &output->lock);
        if (!output->waiting.length)
            break;
        struct buf empty = bytes;
        bytes = output->waiting;
        output->waiting = empty;
        bool broken = output->error_number != 0;
        pthread_mutex_unlock(&output->lock);
        size_t written = 0;
        int number = broken ? 0 : write_all(output->fd, &bytes, &written);
        pthread_mutex_lock(&output->lock);
        output->lost += bytes.length - written;
        atomic_fetch_sub(&output->held, bytes.length);
        buf_clear(&bytes);
        if (output->abandoned)
            break;
        if (number) {
            output->error_number = number;
            loop_post(output->loop, tell_failed, output);
        }
        loop_post(output->loop, tell_room, output);
    }
    bool abandoned = output->abandoned;
    if (!abandoned)
        loop_post(output->loop, tell_finished, output);
    pthread_mutex_unlock(&output->lock);
    buf_release(&bytes);
}

struct output *output_new(struct loop *loop, int fd, const struct output_callbacks *callbacks,
                          void *arg, struct error *error)
{
    struct output *output = mem_calloc(1, sizeof(*output));
    output->loop = loop;
    output->fd = fd;
    output->callbacks = *callbacks;
    output->arg = arg;
    pthread_mutex_init(&output->lock, NULL);
    pthread_cond_init(&output->changed, NULL);
    if (thread_start(output_thread, output, &output->thread, error)) {
        free(output);
        return NULL;
    }
    return output;
}

/* Hands what was gathered in this turn to the thread: one lock a turn, not one an event. */
static void hand_over(void *arg)
{
    struct output *output = arg;
    output->handing = false;
    pthread_mutex_lock(&output->lock);
    atomic_fetch_add(&output->held, output->gathered.length);
    if (output->waiting.length) {
        buf_append(&output->waiting, output->gathered.data, output->gathered.length);
        buf_clear(&output->gathered);
    } else {
        struct buf empty = output->waiting;
        output->waiting = output->gathered;
        output->gathered = empty;
    }
    pthread_cond_signal(&output->changed);
    pthread_mutex_unlock(&output->lock);
}

void output_put(struct output *output, const char *bytes, size_t length)
{
    buf_append(&output->gathered, bytes, length);
    if (!output->full && is_full(output)) {
        output->full = true;
        output->callbacks.full(output->arg);
    }
    if (output->handing)
        return;
    output->handing = true;
    loop_defer(output->loop, hand_over, output);
}

void output_finish(struct output *output)
{
    hand_over(output);
    pthread_mutex_lock(&output->lock);
    output->finish = true;
    pthread_cond_signal(&output->changed);
    pthread_mutex_unlock(&output->lock);
}

size_t output_lost(const struct output *output)
{
    struct output *mutable = (struct output *)output;
    pthread_mutex_lock(&mutable->lock);
    size_t lost = output->lost;
    if (!output->done)
        lost += atomic_load(&mutable->held);
    pthread_mutex_unlock(&mutable->lock);
    return lost + output->gathered.length;
}

void output_free(struct output *output)
{
    if (!output)
        return;
    if (output->done) {
        buf_release(&output->waiting);
        buf_release(&output->gathered);
        pthread_mutex_destroy(&output->lock);
        pthread_cond_destroy(&output->changed);
        free(output);
        return;
    }
    pthread_mutex_lock(&output->lock);
    output->abandoned = true;
    pthread_mutex_unlock(&output->lock);
}
