/* Trying again what the system has refused for a moment: a process, a thread. */
#ifndef LOOP_AGAIN_H
#define LOOP_AGAIN_H

#include <stdbool.h>

#include "base/refusal.h"

struct loop;
struct timer;

/* All zeros: nothing was refused. */
struct again {
    struct refusal refusal;
    struct timer *timer;
};

/* CODE, a negative errno, has been refused: true where it may pass, and then FUNCTION(ARG), the same each time, is called
 * after a while. False where it is of no use, or was refused for too long. */
bool again_later(struct again *again, struct loop *loop, int code, void (*function)(void *arg), void *arg);

/* It is not called any more. */
void again_release(struct again *again);

#endif
