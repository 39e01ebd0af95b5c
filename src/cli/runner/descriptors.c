/* Counting descriptors. */
#include "cli/runner/descriptors.h"

#include "base/mem.h"
#include "scenario/spec.h"

/* The loop, the log, the journal, and what starting one more process takes for a moment. */
#define OWN 24

/* A worker's two pipes and its stderr. */
#define WORKER 3

/* A source's file, or its command's two pipes. */
#define SOURCE 2

static size_t of_stream(const struct stream_spec *stream)
{
    if (stream->kind == STREAM_SEVERAL)
        return 1 + 3 * stream->end_count; /* a pipe for each, and a file */
    return stream->kind == STREAM_LOG || stream->kind == STREAM_QUEUE;
}

static size_t of_process(const struct process_spec *process)
{
    size_t count = process->object.body.kind == BODY_LUA ? 2 : 0;
    for (size_t i = 0; i < countof(process->streams); i++)
        count += of_stream(process->streams[i]);
    for (size_t i = 0; i < process->fd_count; i++)
        count += of_stream(&process->fds[i].stream);
    return count * (size_t)process->replicas;
}

static size_t of_pool(const struct pool_spec *pool, int64_t jobs)
{
    int64_t workers = jobs ? jobs : pool->staff.workers;
    bool known = pool->tasks.kind <= SOURCE_MATRIX;
    if (known && pool->tasks.count < workers)
        workers = pool->tasks.count;
    return SOURCE + (pool->kind == POOL_PROCESS ? (size_t)workers * WORKER : 0);
}

size_t need_descriptors(const struct scenario *scenario, int64_t jobs)
{
    size_t count = OWN;
    for (size_t i = 0; i < scenario->process_count; i++)
        if (scenario->processes[i].object.when)
            count += of_process(&scenario->processes[i]);
    for (size_t i = 0; i < scenario->pool_count; i++)
        if (scenario->pools[i].object.when)
            count += of_pool(&scenario->pools[i], jobs);
    return count;
}
