/* An outlet: encoded values on their way into a queue, kept as long as that is full. */
#ifndef QUEUE_ASYNC_PUT_H
#define QUEUE_ASYNC_PUT_H

#include <stddef.h>

struct outlet;
struct queue;
struct run;

struct outlet_callbacks {
    /* The queue is full: no more should be made until ROOM. */
    void (*full)(void *arg);
    void (*room)(void *arg);
    /* After outlet_finish(): all was put. */
    void (*finished)(void *arg);
};

struct outlet *outlet_new(struct run *run, struct queue *queue, const char *producer,
                          const struct outlet_callbacks *callbacks, void *arg);
void outlet_put(struct outlet *outlet, const char *encoded, size_t length);

/* No more will come. */
void outlet_finish(struct outlet *outlet);

/* What was not put is gone. NULL is accepted. */
void outlet_free(struct outlet *outlet);

#endif
