/* A pool and the jobserver that it takes part in, or is. */
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "pool/private.h"
#include "pool/job_tokens.h"
#include "child/exec_context.h"
#include "os/jobserver.h"
#include "scenario/spec.h"

#define VARIABLE "MAKEFLAGS"

static void on_token(void *arg)
{
    pool_look(arg);
}

void pool_open_tokens(struct pool *pool)
{
    struct run *run = pool->object.run;
    struct error error = {0};
    pool->jobs.token_waiter = (struct tokens_waiter){.wake = on_token, .arg = pool};
    pool->jobs.tokens = pool->spec->on->command_count ? NULL : run->machine.tokens; /* what runs elsewhere takes nothing of make's here */
    if (pool->jobs.tokens || !pool->spec->jobserver || run->plan.dry)
        return;
    pool->jobs.jobserver = jobserver_open(pool->workers.made, &error);
    if (pool->jobs.jobserver)
        pool->jobs.tokens = tokens_new(run->loop, pool->jobs.jobserver);
    else
        pool_break(pool, error.text);
    error_release(&error);
}

bool pool_take_token(struct pool *pool, struct task *task)
{
    task->token = pool->jobs.tokens && tokens_take(pool->jobs.tokens, &pool->jobs.token_waiter);
    return task->token || !pool->jobs.tokens;
}

void pool_give_token(struct pool *pool, struct task *task)
{
    if (task->token)
        tokens_give(pool->jobs.tokens);
    task->token = false;
}

void pool_leave_tokens(struct pool *pool)
{
    if (pool->jobs.tokens)
        tokens_leave(pool->jobs.tokens, &pool->jobs.token_waiter);
}

void pool_free_tokens(struct pool *pool)
{
    if (!pool->jobs.jobserver)
        return;
    tokens_free(pool->jobs.tokens);
    jobserver_close(pool->jobs.jobserver);
}

static const char *find_flags(const struct exec_context *context)
{
    size_t head = sizeof(VARIABLE);
    for (size_t i = 0; i < context->environment_count; i++)
        if (!strncmp(context->environment[i], VARIABLE "=", head))
            return context->environment[i] + head;
    return NULL;
}

void pool_tell_jobserver(const struct pool *pool, struct exec_context *context)
{
    struct buf flags = {0};
    if (!pool->jobs.jobserver)
        return; /* an outer make's stands in the environment that parrun itself has */
    jobserver_flags(pool->jobs.jobserver, find_flags(context), &flags);
    exec_context_set(context, VARIABLE, buf_string(&flags));
    context->overruled = VARIABLE;
    buf_release(&flags);
}

size_t pool_descriptors(const struct pool *pool, const int streams[3], int **descriptors)
{
    int own[2], numbers[2];
    size_t count = 3;
    bool more = pool->jobs.tokens && jobserver_ends(tokens_jobserver(pool->jobs.tokens), own, numbers);
    for (int i = 0; more && i < 2; i++)
        if ((size_t)numbers[i] >= count)
            count = (size_t)numbers[i] + 1;
    int *list = mem_calloc(count, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = i < 3 ? streams[i] : -1;
    for (int i = 0; more && i < 2; i++)
        if (numbers[i] > 2)
            list[numbers[i]] = own[i];
    *descriptors = list;
    return count;
}
