/* What the unit tests of everything that has a loop share. */
#ifndef TESTS_HARNESS_LOOP_H
#define TESTS_HARNESS_LOOP_H

#include "loop/loop.h"
#include "unit.h"

static inline struct loop *test_loop(void)
{
    struct error error = {0};
    struct loop *loop = loop_new(&error);
    assert_non_null(loop);
    return loop;
}

/* The first loop of a process opens what libuv keeps to the end: no test shall be blamed for it. */
static inline void loop_warm_up(void)
{
    loop_free(test_loop());
}

/* As a deferred call. */
static inline void stop_loop(void *loop)
{
    loop_stop(loop);
}

#endif
