/* The loop itself: the turn, the deferred calls, the mailbox, signals and orphans. */
#include "loop/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "loop/pipe.h"
#include "loop/private.h"

/*
 * The signal flag, the one mutable global: a handler may touch nothing else. libuv's own signal
 * pipe holds 4096 messages and drops what comes then, be it the TERM that ends the run.
 */
static volatile sig_atomic_t pending[NSIG];
static uv_async_t *volatile pending_wake;

static void handle_signal(int number)
{
    pending[number] = 1;
    if (pending_wake)
        uv_async_send(pending_wake);
}

static void calls_add(struct call_list *list, void (*function)(void *arg), void *arg)
{
    list->items = mem_grow(list->items, &list->capacity, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = (struct posted_call){function, arg};
}

#define CALLS_FIRST 8

/* Room for the first ones: a thread that posts one asks for no memory of its own, for which it would get an arena. */
static void calls_reserve(struct call_list *list)
{
    list->items = mem_grow(list->items, &list->capacity, CALLS_FIRST, sizeof(*list->items));
}

static void calls_run(struct call_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        list->items[i].function(list->items[i].arg);
    list->count = 0;
}

static void call_nothing(void *arg)
{
    (void)arg;
}

/* In their places: a call of the list may be under way. */
static void calls_forget(struct call_list *list, const void *arg)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].arg == arg)
            list->items[i].function = call_nothing;
}

static void calls_swap(struct call_list *a, struct call_list *b)
{
    struct call_list kept = *a;
    *a = *b;
    *b = kept;
}

/* Steals the whole mailbox, then runs it: a poster never waits for what its call does. */
static void empty_mailbox(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    calls_swap(&loop->mailbox, &loop->opened);
    pthread_mutex_unlock(&loop->lock);
    calls_run(&loop->opened);
}

void loop_forget(struct loop *loop, const void *arg)
{
    calls_forget(&loop->deferred, arg);
    calls_forget(&loop->stolen, arg);
    calls_forget(&loop->opened, arg);
    pthread_mutex_lock(&loop->lock);
    calls_forget(&loop->mailbox, arg);
    pthread_mutex_unlock(&loop->lock);
}

static void tell_signals(struct loop *loop)
{
    for (int number = 1; number < NSIG; number++) {
        if (!pending[number])
            continue;
        pending[number] = 0;
        if (loop->signalled)
            loop->signalled(loop->signalled_arg, number);
    }
}

/* Takes the status of every child that has ended; those that nobody watches are orphans. */
static void reap(void *arg)
{
    struct loop *loop = arg;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (!loop_child_ended(loop, pid, status))
            loop->orphan_count++;
    if (loop->left)
        loop_look_at_groups(loop);
}

static void on_stir(uv_signal_t *handle, int number)
{
    (void)number;
    struct loop *loop = handle->data;
    loop->reaps = true;
    if (loop->stirred.function)
        loop_defer(loop, loop->stirred.function, loop->stirred.arg);
}

static void run_deferred(struct loop *loop)
{
    while (loop->deferred.count) {
        calls_swap(&loop->deferred, &loop->stolen);
        calls_run(&loop->stolen);
    }
}

/* One turn's end: all that was deferred, and what that defers in turn, then the writes. */
static void drain(struct loop *loop)
{
    do {
        run_deferred(loop);
        loop_flush(loop);
    } while (loop->deferred.count);
}

static void on_prepare(uv_prepare_t *handle)
{
    struct loop *loop = handle->data;
    drain(loop);
    if (!loop->before_wait.function)
        return;
    loop->before_wait.function(loop->before_wait.arg);
    drain(loop);
}

static void on_check(uv_check_t *handle)
{
    struct loop *loop = handle->data;
    if (loop->reaps) {
        loop->reaps = false;
        reap(loop);
    }
    drain(loop);
}

static void on_wake(uv_async_t *handle)
{
    struct loop *loop = handle->data;
    tell_signals(loop);
    empty_mailbox(loop);
}

/* libuv ends the program where the pipes for its signals are refused: refuses before it is asked.
 */
static int check_descriptors(struct error *error)
{
    int pipes[2][2] = {{-1, -1}, {-1, -1}};
    int result = pipe_open(pipes[0], error);
    if (!result)
        result = pipe_open(pipes[1], error);
    for (size_t i = 0; i < countof(pipes); i++) {
        if (pipes[i][0] < 0)
            continue;
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
    return result ? error_wrap(error, "cannot make an event loop") : 0;
}

void loop_poll_init(struct loop *loop, uv_poll_t *handle, int fd)
{
    int result = uv_poll_init(&loop->uv, handle, fd);
    if (!result)
        return;
    struct buf text = {0};
    buf_printf(&text, "parrun: error: the system watches no more files: %s%s\n", strerror(-result),
               result == UV_ENOSPC ? " (see /proc/sys/fs/epoll/max_user_watches)" : "");
    ssize_t ignored = write(STDERR_FILENO, text.data, text.length);
    (void)ignored;
    _exit(MEM_EXIT_STATUS);
}

static void *take_memory(size_t size)
{
    return mem_realloc(NULL, size, 1);
}

static void *move_memory(void *memory, size_t size)
{
    return mem_realloc(memory, size, 1);
}

struct loop *loop_new(struct error *error)
{
    /* It ends the program without a word where it gets none. */
    uv_replace_allocator(take_memory, move_memory, mem_calloc, free);
    if (check_descriptors(error))
        return NULL;
    struct loop *loop = mem_calloc(1, sizeof(*loop));
    int result = uv_loop_init(&loop->uv);
    if (!result)
        result = uv_async_init(&loop->uv, &loop->wake, on_wake);
    if (result) {
        error_system(error, -result, "cannot make an event loop");
        free(loop);
        return NULL;
    }
    loop->thread = pthread_self();
    pthread_mutex_init(&loop->lock, NULL);
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_check_init(&loop->uv, &loop->check);
    uv_signal_init(&loop->uv, &loop->stirs);
    loop->wake.data = loop->prepare.data = loop->check.data = loop->stirs.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_check_start(&loop->check, on_check);
    calls_reserve(&loop->mailbox);
    calls_reserve(&loop->opened);
    return loop;
}

void loop_run(struct loop *loop)
{
    loop->stopping = false;
    while (!loop->stopping)
        uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
    uv_stop(&loop->uv);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    pending_wake = NULL;
    empty_mailbox(loop);
    run_deferred(loop);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
    uv_close((uv_handle_t *)&loop->stirs, NULL);
    while (uv_run(&loop->uv, UV_RUN_DEFAULT))
        ; /* a loop_stop() that came after the last run ends one of these before its time */
    if (uv_loop_close(&loop->uv))
        abort(); /* a handle was left: a bug of ours */
    pthread_mutex_destroy(&loop->lock);
    free(loop->deferred.items);
    free(loop->stolen.items);
    free(loop->mailbox.items);
    free(loop->opened.items);
    free(loop);
}

void loop_defer(struct loop *loop, void (*function)(void *arg), void *arg)
{
    calls_add(&loop->deferred, function, arg);
}

void loop_before_wait(struct loop *loop, void (*function)(void *arg), void *arg)
{
    loop->before_wait = (struct posted_call){function, arg};
}

void loop_post(struct loop *loop, void (*function)(void *arg), void *arg)
{
    pthread_mutex_lock(&loop->lock);
    bool first = loop->mailbox.count == 0;
    calls_add(&loop->mailbox, function, arg);
    pthread_mutex_unlock(&loop->lock);
    if (first)
        uv_async_send(&loop->wake);
}

void loop_soon(struct loop *loop, void (*function)(void *arg), void *arg)
{
    if (pthread_equal(loop->thread, pthread_self()))
        loop_defer(loop, function, arg);
    else
        loop_post(loop, function, arg);
}

void loop_catch_signals(struct loop *loop, const int *signals, size_t count,
                        void (*function)(void *arg, int signal), void *arg)
{
    loop->signalled = function;
    loop->signalled_arg = arg;
    pending_wake = &loop->wake;
    for (size_t i = 0; i < count; i++) {
        struct sigaction old;
        struct sigaction action = {.sa_handler = handle_signal, .sa_flags = SA_RESTART};
        sigfillset(&action.sa_mask);
        if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

void loop_watch_children(struct loop *loop, void (*function)(void *arg), void *arg)
{
    loop->stirred = (struct posted_call){function, arg};
}

void loop_hear_children(struct loop *loop)
{
    if (loop->stirs_on)
        return;
    loop->stirs_on = true;
    uv_signal_start(&loop->stirs, on_stir, SIGCHLD);
    uv_unref((uv_handle_t *)&loop->stirs);
    loop_defer(loop, reap, loop); /* of those that have ended before this, no signal will tell */
}

const uint64_t *loop_read_number(const struct loop *loop)
{
    return &loop->read_number;
}

size_t loop_orphans(const struct loop *loop)
{
    return loop->orphan_count;
}
