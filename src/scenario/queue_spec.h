/* A queue as a scenario has it. All of it lies in the scenario's arena. */
#ifndef SCENARIO_QUEUE_SPEC_H
#define SCENARIO_QUEUE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "value/framing.h"

enum delivery {
    DELIVERY_SHARE,     /* each message to one consumer */
    DELIVERY_BROADCAST, /* each to all */
};

struct queue_spec {
    const char *name;
    const char *help; /* a line about it; NULL: none */
    struct mark mark;
    struct value *items;
    size_t item_count;
    int64_t capacity;       /* messages, at least 1 */
    int64_t capacity_bytes; /* 0: as many as the queue likes */
    bool leftover_drop; /* what nobody takes is no failure */
    bool close_auto;  /* close when every producer has ended; false: stays open */
    bool trace;
    enum framing framing;
    enum delivery delivery;
    struct template *ordered;  /* the key of a message; NULL: messages have none */
    int64_t max_attempts;      /* 0: no limit */
    const size_t *dead_letter; /* index into scenario.queues; NULL: none */
    const char *durable;       /* the file that it lasts in; NULL: it ends with the run */
};

#endif
