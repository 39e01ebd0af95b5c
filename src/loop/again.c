/* Trying again. */
#include "loop/again.h"

#include <stddef.h>

#include "loop/timer.h"

bool again_later(struct again *again, struct loop *loop, int code, void (*function)(void *arg), void *arg)
{
    int64_t wait;
    if (!refusal_may_pass(code) || !refusal_waits(&again->refusal, &wait))
        return false;
    if (!again->timer)
        again->timer = timer_new(loop, function, arg);
    timer_start(again->timer, wait);
    return true;
}

void again_release(struct again *again)
{
    timer_free(again->timer);
    again->timer = NULL;
}
