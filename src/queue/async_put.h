/* An outlet: encoded values on their way into a queue, kept as long as that is full. */
#ifndef QUEUE_ASYNC_PUT_H
#define QUEUE_ASYNC_PUT_H

#include <stddef.h>

struct async_put;
struct queue;
struct run;

struct async_put_callbacks {
    /* The queue is full: no more should be made until ROOM. */
    void (*full)(void *arg);
    void (*room)(void *arg);
    /* After async_put_finish(): all was put. */
    void (*finished)(void *arg);
};

struct async_put *async_put_new(struct run *run, struct queue *queue, const char *producer,
                                const struct async_put_callbacks *callbacks, void *arg);
void async_put_put(struct async_put *async, const char *encoded, size_t length);

/* No more will come. */
void async_put_finish(struct async_put *async);

/* What was not put is gone. NULL is accepted. */
void async_put_free(struct async_put *async);

#endif
