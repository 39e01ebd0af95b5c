/* Waiting for tokens without ever blocking the loop. */
#include "pool/job_tokens.h"

#include <stdlib.h>

#include "base/mem.h"
#include "loop/watch.h"
#include "os/jobserver.h"

struct tokens {
    struct loop *loop;
    struct jobserver *jobserver;
    struct watch *watch; /* only while somebody waits: a byte that nobody wants must wake nobody */
    struct tokens_waiter *waiting;
};

struct tokens *tokens_new(struct loop *loop, struct jobserver *jobserver)
{
    struct tokens *tokens = mem_calloc(1, sizeof(*tokens));
    tokens->loop = loop;
    tokens->jobserver = jobserver;
    return tokens;
}

void tokens_free(struct tokens *tokens)
{
    if (!tokens)
        return;
    watch_free(tokens->watch);
    free(tokens);
}

struct jobserver *tokens_jobserver(const struct tokens *tokens)
{
    return tokens->jobserver;
}

static void stop_watch(struct tokens *tokens)
{
    watch_free(tokens->watch);
    tokens->watch = NULL;
}

/* All of them ask again: the one that is served first may not want to begin anything any more. */
static void wake_all(void *arg)
{
    struct tokens *tokens = arg;
    struct tokens_waiter *waiter = tokens->waiting;
    stop_watch(tokens);
    tokens->waiting = NULL;
    while (waiter) {
        struct tokens_waiter *next = waiter->next;
        waiter->waits = false;
        waiter->wake(waiter->arg);
        waiter = next;
    }
}

static void wait_for_byte(struct tokens *tokens, struct tokens_waiter *waiter)
{
    struct tokens_waiter **place = &tokens->waiting;
    if (waiter->waits)
        return;
    while (*place)
        place = &(*place)->next;
    waiter->next = NULL;
    waiter->waits = true;
    *place = waiter;
    if (tokens->watch)
        return;
    int fd = jobserver_descriptor(tokens->jobserver);
    if (fd >= 0) /* without one, the end of a task wakes */
        tokens->watch = watch_new(tokens->loop, fd, wake_all, tokens);
}

bool tokens_take(struct tokens *tokens, struct tokens_waiter *waiter)
{
    if (jobserver_take(tokens->jobserver))
        return true;
    wait_for_byte(tokens, waiter);
    return false;
}

void tokens_give(struct tokens *tokens)
{
    jobserver_give(tokens->jobserver);
    if (!tokens->watch || !jobserver_running(tokens->jobserver))
        wake_all(tokens); /* no byte comes back for a job that runs alone */
}

void tokens_leave(struct tokens *tokens, struct tokens_waiter *waiter)
{
    struct tokens_waiter **place = &tokens->waiting;
    while (*place && *place != waiter)
        place = &(*place)->next;
    if (*place)
        *place = waiter->next;
    waiter->waits = false;
    if (!tokens->waiting)
        stop_watch(tokens);
}
