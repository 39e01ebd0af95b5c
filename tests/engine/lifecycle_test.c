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
    {"pending-rest", OBJECT_PENDING, HAPPENING_REST, {ACTION_NEVER, OBJECT_PENDING}},
    {"pending-gone", OBJECT_PENDING, HAPPENING_GONE, {ACTION_NEVER, OBJECT_PENDING}},
    {"pending-lower", OBJECT_PENDING, HAPPENING_LOWER, {ACTION_DOWN, OBJECT_STOPPED}},
    {"pending-down", OBJECT_PENDING, HAPPENING_DOWN, {ACTION_NEVER, OBJECT_PENDING}},
    {"pending-raise", OBJECT_PENDING, HAPPENING_RAISE, {ACTION_IGNORE, OBJECT_PENDING}},
    {"running-start", OBJECT_RUNNING, HAPPENING_START, {ACTION_NEVER, OBJECT_RUNNING}},
    {"running-stop", OBJECT_RUNNING, HAPPENING_STOP, {ACTION_STOP, OBJECT_STOPPING}},
    {"running-kill", OBJECT_RUNNING, HAPPENING_KILL, {ACTION_KILL, OBJECT_KILLING}},
    {"running-rest", OBJECT_RUNNING, HAPPENING_REST, {ACTION_REST, OBJECT_RESTING}},
    {"running-gone", OBJECT_RUNNING, HAPPENING_GONE, {ACTION_FINISH, OBJECT_ENDED}},
    {"running-lower", OBJECT_RUNNING, HAPPENING_LOWER, {ACTION_STOP, OBJECT_STOPPING}},
    {"running-down", OBJECT_RUNNING, HAPPENING_DOWN, {ACTION_DOWN, OBJECT_STOPPED}},
    {"running-raise", OBJECT_RUNNING, HAPPENING_RAISE, {ACTION_IGNORE, OBJECT_RUNNING}},
    {"resting-start", OBJECT_RESTING, HAPPENING_START, {ACTION_START, OBJECT_RUNNING}},
    {"resting-stop", OBJECT_RESTING, HAPPENING_STOP, {ACTION_SETTLE, OBJECT_STOPPING}},
    {"resting-kill", OBJECT_RESTING, HAPPENING_KILL, {ACTION_SETTLE, OBJECT_KILLING}},
    {"resting-rest", OBJECT_RESTING, HAPPENING_REST, {ACTION_NEVER, OBJECT_RESTING}},
    {"resting-gone", OBJECT_RESTING, HAPPENING_GONE, {ACTION_NEVER, OBJECT_RESTING}},
    {"resting-lower", OBJECT_RESTING, HAPPENING_LOWER, {ACTION_CANCEL, OBJECT_STOPPED}},
    {"resting-down", OBJECT_RESTING, HAPPENING_DOWN, {ACTION_NEVER, OBJECT_RESTING}},
    {"resting-raise", OBJECT_RESTING, HAPPENING_RAISE, {ACTION_CANCEL, OBJECT_PENDING}},
    {"stopping-start", OBJECT_STOPPING, HAPPENING_START, {ACTION_NEVER, OBJECT_STOPPING}},
    {"stopping-stop", OBJECT_STOPPING, HAPPENING_STOP, {ACTION_IGNORE, OBJECT_STOPPING}},
    {"stopping-kill", OBJECT_STOPPING, HAPPENING_KILL, {ACTION_KILL, OBJECT_KILLING}},
    {"stopping-rest", OBJECT_STOPPING, HAPPENING_REST, {ACTION_NEVER, OBJECT_STOPPING}},
    {"stopping-gone", OBJECT_STOPPING, HAPPENING_GONE, {ACTION_FINISH, OBJECT_ENDED}},
    {"stopping-lower", OBJECT_STOPPING, HAPPENING_LOWER, {ACTION_IGNORE, OBJECT_STOPPING}},
    {"stopping-down", OBJECT_STOPPING, HAPPENING_DOWN, {ACTION_DOWN, OBJECT_STOPPED}},
    {"stopping-raise", OBJECT_STOPPING, HAPPENING_RAISE, {ACTION_IGNORE, OBJECT_STOPPING}},
    {"killing-start", OBJECT_KILLING, HAPPENING_START, {ACTION_NEVER, OBJECT_KILLING}},
    {"killing-stop", OBJECT_KILLING, HAPPENING_STOP, {ACTION_IGNORE, OBJECT_KILLING}},
    {"killing-kill", OBJECT_KILLING, HAPPENING_KILL, {ACTION_IGNORE, OBJECT_KILLING}},
    {"killing-rest", OBJECT_KILLING, HAPPENING_REST, {ACTION_NEVER, OBJECT_KILLING}},
    {"killing-gone", OBJECT_KILLING, HAPPENING_GONE, {ACTION_FINISH, OBJECT_ENDED}},
    {"killing-lower", OBJECT_KILLING, HAPPENING_LOWER, {ACTION_IGNORE, OBJECT_KILLING}},
    {"killing-down", OBJECT_KILLING, HAPPENING_DOWN, {ACTION_DOWN, OBJECT_STOPPED}},
    {"killing-raise", OBJECT_KILLING, HAPPENING_RAISE, {ACTION_IGNORE, OBJECT_KILLING}},
    {"stopped-start", OBJECT_STOPPED, HAPPENING_START, {ACTION_NEVER, OBJECT_STOPPED}},
    {"stopped-stop", OBJECT_STOPPED, HAPPENING_STOP, {ACTION_STOP, OBJECT_STOPPING}},
    {"stopped-kill", OBJECT_STOPPED, HAPPENING_KILL, {ACTION_KILL, OBJECT_KILLING}},
    {"stopped-rest", OBJECT_STOPPED, HAPPENING_REST, {ACTION_NEVER, OBJECT_STOPPED}},
    {"stopped-gone", OBJECT_STOPPED, HAPPENING_GONE, {ACTION_NEVER, OBJECT_STOPPED}},
    {"stopped-lower", OBJECT_STOPPED, HAPPENING_LOWER, {ACTION_IGNORE, OBJECT_STOPPED}},
    {"stopped-down", OBJECT_STOPPED, HAPPENING_DOWN, {ACTION_NEVER, OBJECT_STOPPED}},
    {"stopped-raise", OBJECT_STOPPED, HAPPENING_RAISE, {ACTION_AWAIT, OBJECT_PENDING}},
    {"ended-start", OBJECT_ENDED, HAPPENING_START, {ACTION_IGNORE, OBJECT_ENDED}},
    {"ended-stop", OBJECT_ENDED, HAPPENING_STOP, {ACTION_IGNORE, OBJECT_ENDED}},
    {"ended-kill", OBJECT_ENDED, HAPPENING_KILL, {ACTION_IGNORE, OBJECT_ENDED}},
    {"ended-rest", OBJECT_ENDED, HAPPENING_REST, {ACTION_NEVER, OBJECT_ENDED}},
    {"ended-gone", OBJECT_ENDED, HAPPENING_GONE, {ACTION_NEVER, OBJECT_ENDED}},
    {"ended-lower", OBJECT_ENDED, HAPPENING_LOWER, {ACTION_IGNORE, OBJECT_ENDED}},
    {"ended-down", OBJECT_ENDED, HAPPENING_DOWN, {ACTION_NEVER, OBJECT_ENDED}},
    {"ended-raise", OBJECT_ENDED, HAPPENING_RAISE, {ACTION_AWAIT, OBJECT_PENDING}},
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
    bool restarts = state == OBJECT_RESTING && found.next == OBJECT_RUNNING;
    bool raised = happening == HAPPENING_RAISE && found.next == OBJECT_PENDING;
    bool ends = state == OBJECT_STOPPED && (found.next == OBJECT_STOPPING || found.next == OBJECT_KILLING);
    assert_in_range(found.next, 0, OBJECT_STATES - 1);
    if (found.action == ACTION_NEVER || found.action == ACTION_IGNORE)
        assert_int_equal(found.next, state);
    else
        assert_true(found.next > state || restarts || raised || ends); /* no other way back */
    assert_int_equal(found.action == ACTION_START,
                     found.next == OBJECT_RUNNING && (state == OBJECT_PENDING || restarts));
    if (found.next == OBJECT_ENDED && state != OBJECT_ENDED)
        assert_true(found.action == ACTION_FINISH || found.action == ACTION_SKIP ||
                    found.action == ACTION_SETTLE);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* What an engine may let happen in a state. */
static bool may_happen(enum object_state state, enum happening happening)
{
    switch (happening) {
    case HAPPENING_START:
        return state == OBJECT_PENDING || state == OBJECT_RESTING || state == OBJECT_ENDED;
    case HAPPENING_REST:
        return state == OBJECT_RUNNING;
    case HAPPENING_GONE:
        return state == OBJECT_RUNNING || state == OBJECT_STOPPING || state == OBJECT_KILLING;
    case HAPPENING_DOWN:
        return state == OBJECT_RUNNING || state == OBJECT_STOPPING || state == OBJECT_KILLING;
    default:
        return true;
    }
}

/* Whatever came before: LAST, and then that nothing is left, end it. */
static void assert_ends(enum object_state at, enum happening last)
{
    at = lifecycle(at, last).next;
    if (at != OBJECT_ENDED) {
        struct transition gone = lifecycle(at, HAPPENING_GONE);
        assert_int_equal(gone.action, ACTION_FINISH);
        at = gone.next;
    }
    assert_int_equal(at, OBJECT_ENDED);
}

/* An object that is driven at random, as an engine may drive it. */
static void test_walk(void **state)
{
    (void)state;
    uint64_t seed = 1;
    enum object_state at = OBJECT_PENDING;
    size_t visits[OBJECT_STATES] = {0};
    for (int i = 0; i < 1000000; i++) {
        enum happening happening = (enum happening)(next_random(&seed) % HAPPENINGS);
        assert_ends(at, HAPPENING_STOP);
        assert_ends(at, HAPPENING_KILL);
        visits[at]++;
        if (may_happen(at, happening)) {
            assert_step(at, happening);
            assert_int_not_equal(lifecycle(at, happening).action, ACTION_NEVER);
            at = lifecycle(at, happening).next;
        }
        if (at == OBJECT_ENDED && next_random(&seed) % 4 == 0)
            at = OBJECT_PENDING;
    }
    for (size_t i = 0; i < OBJECT_STATES; i++)
        assert_true(visits[i] > 5000);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_cell, cells);
    TEST(&tests, test_walk);
    return tests_run(&tests, "lifecycle");
}
