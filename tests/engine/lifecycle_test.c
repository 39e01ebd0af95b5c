/* The lifecycle table, and a walk through it of a million steps. */
#include "../harness/unit.h"
#include "engine/lifecycle.h"

struct cell {
    const char *name;
    enum object_state state;
    enum happening happening;
    struct transition expected;
};

static const struct cell cells[] = {
    {"pending-start", OBJECT_PENDING, HAPPENING_START, {ACTION_START, OBJECT_RUNNING}},
    {"pending-stop", OBJECT_PENDING, HAPPENING_STOP, {ACTION_SKIP, OBJECT_ENDED}},
    {"pending-kill", OBJECT_PENDING, HAPPENING_KILL, {ACTION_SKIP, OBJECT_ENDED}},
    {"pending-gone", OBJECT_PENDING, HAPPENING_GONE, {ACTION_NEVER, OBJECT_PENDING}},
    {"running-start", OBJECT_RUNNING, HAPPENING_START, {ACTION_NEVER, OBJECT_RUNNING}},
    {"running-stop", OBJECT_RUNNING, HAPPENING_STOP, {ACTION_STOP, OBJECT_STOPPING}},
    {"running-kill", OBJECT_RUNNING, HAPPENING_KILL, {ACTION_KILL, OBJECT_KILLING}},
    {"running-gone", OBJECT_RUNNING, HAPPENING_GONE, {ACTION_FINISH, OBJECT_ENDED}},
    {"stopping-start", OBJECT_STOPPING, HAPPENING_START, {ACTION_NEVER, OBJECT_STOPPING}},
    {"stopping-stop", OBJECT_STOPPING, HAPPENING_STOP, {ACTION_IGNORE, OBJECT_STOPPING}},
    {"stopping-kill", OBJECT_STOPPING, HAPPENING_KILL, {ACTION_KILL, OBJECT_KILLING}},
    {"stopping-gone", OBJECT_STOPPING, HAPPENING_GONE, {ACTION_FINISH, OBJECT_ENDED}},
    {"killing-start", OBJECT_KILLING, HAPPENING_START, {ACTION_NEVER, OBJECT_KILLING}},
    {"killing-stop", OBJECT_KILLING, HAPPENING_STOP, {ACTION_IGNORE, OBJECT_KILLING}},
    {"killing-kill", OBJECT_KILLING, HAPPENING_KILL, {ACTION_IGNORE, OBJECT_KILLING}},
    {"killing-gone", OBJECT_KILLING, HAPPENING_GONE, {ACTION_FINISH, OBJECT_ENDED}},
    {"ended-start", OBJECT_ENDED, HAPPENING_START, {ACTION_IGNORE, OBJECT_ENDED}},
    {"ended-stop", OBJECT_ENDED, HAPPENING_STOP, {ACTION_IGNORE, OBJECT_ENDED}},
    {"ended-kill", OBJECT_ENDED, HAPPENING_KILL, {ACTION_IGNORE, OBJECT_ENDED}},
    {"ended-gone", OBJECT_ENDED, HAPPENING_GONE, {ACTION_NEVER, OBJECT_ENDED}},
};

_Static_assert(countof(cells) == OBJECT_STATES * HAPPENINGS, "a cell has no row here");

static void test_cell(void **state)
{
    const struct cell *row = *state;
    struct transition found = lifecycle(row->state, row->happening);
    assert_int_equal(found.action, row->expected.action);
    assert_int_equal(found.next, row->expected.next);
}

/* What must hold of one step, whatever the table says. */
static void assert_step(enum object_state state, enum happening happening)
{
    struct transition found = lifecycle(state, happening);
    assert_in_range(found.next, 0, OBJECT_STATES - 1);
    if (found.action == ACTION_NEVER || found.action == ACTION_IGNORE)
        assert_int_equal(found.next, state);
    else
        assert_true(found.next > state); /* no way back */
    assert_int_equal(found.action == ACTION_START,
                     state == OBJECT_PENDING && found.next == OBJECT_RUNNING);
    if (found.next == OBJECT_ENDED && state != OBJECT_ENDED)
        assert_true(found.action == ACTION_FINISH || found.action == ACTION_SKIP);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* An object that is driven at random, as an engine may drive it: GONE only while something of it
 * is there, and START once. Whatever came before, KILL and GONE end it. */
static void test_walk(void **state)
{
    (void)state;
    uint64_t seed = 1;
    enum object_state at = OBJECT_PENDING;
    bool started = false;
    size_t ended = 0;
    for (int i = 0; i < 1000000; i++) {
        enum happening happening = (enum happening)(next_random(&seed) % HAPPENINGS);
        bool alive = at == OBJECT_RUNNING || at == OBJECT_STOPPING || at == OBJECT_KILLING;
        if ((happening == HAPPENING_GONE && !alive) || (happening == HAPPENING_START && started))
            continue;
        started = started || happening == HAPPENING_START;
        assert_step(at, happening);
        struct transition found = lifecycle(at, happening);
        assert_int_not_equal(found.action, ACTION_NEVER);
        at = found.next;
        if (next_random(&seed) % 8)
            continue;
        at = lifecycle(at, HAPPENING_KILL).next;
        if (at != OBJECT_ENDED) {
            struct transition gone = lifecycle(at, HAPPENING_GONE);
            assert_int_equal(gone.action, ACTION_FINISH);
            at = gone.next;
        }
        assert_int_equal(at, OBJECT_ENDED);
        ended++;
        at = OBJECT_PENDING;
        started = false;
    }
    assert_true(ended > 10000);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_cell, cells);
    TEST(&tests, test_walk);
    return tests_run(&tests, "lifecycle");
}
