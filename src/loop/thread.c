/* Threads over uv_thread_t and uv_queue_work. */
#include "loop/thread.h"

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

int thread_start(void (*function)(void *arg), void *arg, struct thread **thread,
                 struct error *error)
{
    static const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE,
                                                .stack_size = STACK_SIZE};
    struct thread *made = mem_calloc(1, sizeof(*made));
    int result = uv_thread_create_ex(&made->uv, &options, function, arg);
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

void work_size(size_t threads)
{
    char text[16];
    snprintf(text, sizeof(text), "%zu", threads > WORK_MOST ? WORK_MOST : threads);
    setenv("UV_THREADPOOL_SIZE", text, 1);
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
    struct work *made = mem_calloc(1, sizeof(*made));
    *made = (struct work){.work = work, .done = done, .arg = arg};
    made->uv.data = made;
    int result = uv_queue_work(&loop->uv, &made->uv, on_work, on_done);
    if (result)
        free(made);
    return result;
}
