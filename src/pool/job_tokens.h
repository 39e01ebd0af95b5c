/*
 * The tokens of a jobserver, and the pools that wait for one: a pool asks before each task that it
 * begins, and where there is no token, is told when to ask again.
 */
#ifndef POOL_JOB_TOKENS_H
#define POOL_JOB_TOKENS_H

#include <stdbool.h>

struct jobserver;
struct loop;
struct tokens;

/* Who waits; WAKE(ARG) is called once, when it is worth asking again. */
struct tokens_waiter {
    struct tokens_waiter *next;
    void (*wake)(void *arg);
    void *arg;
    bool waits;
};

/* JOBSERVER stays the caller's. */
struct tokens *tokens_new(struct loop *loop, struct jobserver *jobserver);

/* Wakes nobody any more. NULL is accepted. */
void tokens_free(struct tokens *tokens);

/* The jobserver that they are from. */
struct jobserver *tokens_jobserver(const struct tokens *tokens);

/* True where a task may begin; else WAITER waits. */
bool tokens_take(struct tokens *tokens, struct tokens_waiter *waiter);

/* The task has ended. */
void tokens_give(struct tokens *tokens);

/* It does not wait any more. */
void tokens_leave(struct tokens *tokens, struct tokens_waiter *waiter);

#endif
