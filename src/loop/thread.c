/* Threads over uv_thread_t and uv_queue_work. */
#include "loop/thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "loop/private.h"

/* libuv takes no more than this. */
#define WORK_MOST 1024

/* glibc keeps 40 MiB of stacks for the next threads: of the usual 8 MiB too few, and each new one is
 * mapped, protected and unmapped again. Lua itself needs no more than some 300 KiB. */
#define STACK_SIZE ((size_t)2 << 20)

struct thread {
    uv_thread_t uv;
};

struct work {
    uv_work_t uv;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

/* What is begun until unblock() hears of no signal but of its own faults: those of the program go to the loop's
 * thread, which waits where they are heard. */
static void block_signals(sigset_t *before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t set;
    sigfillset(&set);
    for (size_t i = 0; i < countof(faults); i++)
        sigdelset(&set, faults[i]);
    pthread_sigmask(SIG_SETMASK, &set, before);
}

static void unblock(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

int thread_start(void (*function)(void *arg), void *arg, struct thread **thread,
                 struct error *error)
{
    static const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE,
                                                .stack_size = STACK_SIZE};
    struct thread *made = mem_calloc(1, sizeof(*made));
    sigset_t before;
    block_signals(&before);
    int result = uv_thread_create_ex(&made->uv, &options, function, arg);
    unblock(&before);
    if (result) {
        free(made);
        return error_system(error, -result, "cannot start a thread");
    }
    *thread = made;
    return 0;
}

void thread_join(struct thread *thread)
{
    uv_thread_join(&thread->uv);
    free(thread);
}

void thread_detach(struct thread *thread)
{
    pthread_detach(thread->uv);
    free(thread);
}

/* How many threads libuv makes at the first work_start(); 0: it has made them. */
static size_t work_threads;

void work_size(size_t threads)
{
    char text[16];
    work_threads = threads > WORK_MOST ? WORK_MOST : threads;
    snprintf(text, sizeof(text), "%zu", work_threads);
    setenv("UV_THREADPOOL_SIZE", text, 1);
}

static void wait_for_gate(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
}

/* libuv ends the program where a thread of its pool is refused: so many are made, and ended, before it is
 * asked. 0 or a negative errno. */
static int try_threads(void)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    uv_thread_t *threads = mem_calloc(work_threads, sizeof(*threads));
    size_t count = 0;
    int result = 0;
    pthread_mutex_lock(&gate);
    while (count < work_threads && !(result = uv_thread_create(&threads[count], wait_for_gate, &gate)))
        count++;
    pthread_mutex_unlock(&gate);
    while (count)
        uv_thread_join(&threads[--count]);
    pthread_mutex_destroy(&gate);
    free(threads);
    if (!result)
        work_threads = 0;
    return result;
}

static void on_work(uv_work_t *request)
{
    struct work *work = request->data;
    work->work(work->arg);
}

static void on_done(uv_work_t *request, int status)
{
    (void)status; /* only UV_ECANCELED, and nothing is cancelled */
    struct work *work = request->data;
    work->done(work->arg);
    free(work);
}

int work_start(struct loop *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    bool first = work_threads;
    int result = first ? try_threads() : 0;
    if (result)
        return result;
    struct work *made = mem_calloc(1, sizeof(*made));
    *made = (struct work){.work = work, .done = done, .arg = arg};
    made->uv.data = made;
    sigset_t before;
    if (first)
        block_signals(&before);
    result = uv_queue_work(&loop->uv, &made->uv, on_work, on_done);
    if (first)
        unblock(&before);
    if (result)
        free(made);
    return result;
}
