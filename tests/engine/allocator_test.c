/* The allocator: which units, in which order, never more than there is; against a model, and against a list schedule. */
#include <string.h>

#include "../harness/unit.h"
#include "engine/allocator.h"

#define TASKS 1000
#define WHOLE(count) ((count) * UNIT_PARTS)

/* Units 0 to 3, and an amount of 100. */
static const struct allocator_resource both[] = {{4, true}, {100, false}};

static struct applicant ready = {.room = SIZE_MAX, .patience = PATIENCE_USUAL};

static void ask(struct allocator *allocator, struct claim *claim, int64_t units, int64_t amount)
{
    allocator_ask(allocator, claim, &ready, (int64_t[]){units, amount});
}

static void assert_units(const struct allocator *allocator, const struct claim *claim, const char *expected)
{
    char text[64] = "";
    size_t count;
    const uint32_t *units = claim_units(allocator, claim, 0, &count);
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u", i ? "," : "", units[i]);
    assert_string_equal(text, expected);
}

static void test_units_are_the_lowest(void **state)
{
    struct allocator *allocator = allocator_new(both, 2);
    struct claim claims[4] = {0};
    (void)state;
    ask(allocator, &claims[0], WHOLE(1), 10);
    ask(allocator, &claims[1], WHOLE(2), 20);
    ask(allocator, &claims[2], WHOLE(2), 0);
    assert_ptr_equal(allocator_next(allocator), &claims[0]);
    assert_ptr_equal(allocator_next(allocator), &claims[1]);
    assert_null(allocator_next(allocator));
    assert_units(allocator, &claims[0], "0");
    assert_units(allocator, &claims[1], "1,2");
    assert_int_equal(allocator_free_amount(allocator, 1), 70);
    allocator_leave(allocator, &claims[0]);
    assert_ptr_equal(allocator_next(allocator), &claims[2]);
    assert_units(allocator, &claims[2], "0,3");
    ask(allocator, &claims[3], 0, 80);
    assert_ptr_equal(allocator_next(allocator), &claims[3]);
    assert_units(allocator, &claims[3], "");
    for (size_t i = 0; i < 4; i++)
        allocator_leave(allocator, &claims[i]);
    assert_int_equal(allocator_free_amount(allocator, 0), WHOLE(4));
    assert_int_equal(allocator_free_amount(allocator, 1), 100);
    allocator_free(allocator);
}

/* Ten tenths are one unit, six tenths of two units are not one of twelve tenths, and a whole unit is broken into last. */
static void test_parts_share_a_unit(void **state)
{
    struct allocator *allocator = allocator_new(both, 2);
    struct claim tenths[20] = {0}, more = {0}, whole = {0};
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        ask(allocator, &tenths[i], UNIT_PARTS / 10, 0);
        assert_ptr_equal(allocator_next(allocator), &tenths[i]);
        assert_units(allocator, &tenths[i], i < 10 ? "0" : "1");
    }
    ask(allocator, &more, UNIT_PARTS * 6 / 10, 0);
    assert_ptr_equal(allocator_next(allocator), &more);
    assert_units(allocator, &more, "2");
    ask(allocator, &whole, WHOLE(2), 0);
    assert_null(allocator_next(allocator));
    allocator_leave(allocator, &more);
    assert_ptr_equal(allocator_next(allocator), &whole);
    assert_units(allocator, &whole, "2,3");
    allocator_leave(allocator, &whole);
    for (size_t i = 0; i < 20; i++)
        allocator_leave(allocator, &tenths[i]);
    assert_int_equal(allocator_free_amount(allocator, 0), WHOLE(4));
    allocator_free(allocator);
}

/* What could not be begun, and what is tried again, waits where it was. */
static void test_place_is_kept(void **state)
{
    struct allocator *allocator = allocator_new(both, 2);
    struct claim claims[3] = {0};
    (void)state;
    for (size_t i = 0; i < 3; i++)
        ask(allocator, &claims[i], WHOLE(4), 0);
    assert_ptr_equal(allocator_next(allocator), &claims[0]);
    allocator_again(allocator, &claims[0]);
    assert_ptr_equal(allocator_next(allocator), &claims[0]);
    allocator_leave(allocator, &claims[0]);
    ask(allocator, &claims[0], WHOLE(3), 0);
    assert_ptr_equal(allocator_next(allocator), &claims[0]);
    assert_null(allocator_next(allocator));
    allocator_leave(allocator, &claims[1]);
    allocator_leave(allocator, &claims[0]);
    assert_ptr_equal(allocator_next(allocator), &claims[2]);
    allocator_leave(allocator, &claims[2]);
    allocator_free(allocator);
}

/* Who has no room does not hold others up, and is not passed. */
static void test_room_counts(void **state)
{
    struct allocator *allocator = allocator_new(both, 2);
    struct applicant busy = {.room = 0, .patience = 0};
    struct claim large = {0}, small[2] = {0};
    (void)state;
    ask(allocator, &small[0], WHOLE(1), 0);
    assert_ptr_equal(allocator_next(allocator), &small[0]);
    allocator_ask(allocator, &large, &busy, (int64_t[]){WHOLE(4), 0});
    ask(allocator, &small[1], WHOLE(1), 0);
    assert_ptr_equal(allocator_next(allocator), &small[1]);
    allocator_leave(allocator, &small[1]);
    busy.room = 1;
    ask(allocator, &small[1], WHOLE(1), 0);
    assert_null(allocator_next(allocator));
    allocator_leave(allocator, &small[0]);
    assert_ptr_equal(allocator_next(allocator), &large);
    assert_int_equal(busy.room, 0);
    allocator_leave(allocator, &large);
    assert_ptr_equal(allocator_next(allocator), &small[1]);
    allocator_leave(allocator, &small[1]);
    allocator_free(allocator);
}

/*
 * One claim for all 4 units in a stream of those for one, which end one by one and are followed by others: without
 * patience the 4 are never free at one moment. Those that use something else go on.
 */
static void test_large_one_does_not_starve(void **state)
{
    struct allocator *allocator = allocator_new(both, 2);
    struct claim large = {0}, other[TASKS] = {0}, small[TASKS] = {0};
    size_t begun = 0, ended = 0, before = 0;
    (void)state;
    for (size_t i = 0; i < 4; i++)
        ask(allocator, &small[i], WHOLE(1), 0);
    ask(allocator, &large, WHOLE(4), 0);
    for (size_t i = 4; i < TASKS; i++)
        ask(allocator, &small[i], WHOLE(1), 0);
    while (large.state == CLAIM_WAITING) {
        struct claim *claim;
        assert_true(ended < TASKS);
        while ((claim = allocator_next(allocator)))
            begun += claim != &large;
        before = begun;
        ask(allocator, &other[ended], 0, 100);
        assert_ptr_equal(allocator_next(allocator), &other[ended]);
        allocator_leave(allocator, &other[ended]);
        if (large.state == CLAIM_WAITING)
            allocator_leave(allocator, &small[ended++]);
    }
    assert_int_equal(before, 4 + PATIENCE_USUAL);
    allocator_leave(allocator, &large);
    for (struct claim *claim = small; claim < small + TASKS; claim++)
        allocator_leave(allocator, claim);
    allocator_free(allocator);
}

static uint64_t seed = 20;

static int64_t random_below(int64_t most)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((seed >> 33) % (uint64_t)most);
}

/* Of each unit all parts, and of the amount all, that are granted now. */
static void assert_never_too_much(const struct allocator *allocator, const int64_t amounts[][2], const struct claim *all)
{
    int64_t parts[4] = {0}, sum = 0, whole = 0;
    for (const struct claim *at = allocator_granted(allocator); at; at = allocator_granted_next(at)) {
        const int64_t *wants = amounts[at - all];
        size_t count;
        const uint32_t *units = claim_units(allocator, at, 0, &count);
        assert_int_equal(count, wants[0] < UNIT_PARTS ? wants[0] > 0 : wants[0] / UNIT_PARTS);
        for (size_t i = 0; i < count; i++)
            parts[units[i]] += wants[0] < UNIT_PARTS ? wants[0] : UNIT_PARTS;
        sum += wants[1];
    }
    for (size_t i = 0; i < 4; i++) {
        assert_true(parts[i] <= UNIT_PARTS);
        whole += parts[i] ? 0 : UNIT_PARTS;
    }
    assert_true(sum <= 100);
    assert_int_equal(allocator_free_amount(allocator, 0), whole);
    assert_int_equal(allocator_free_amount(allocator, 1), 100 - sum);
}

/* A walk of asking, granting, giving back, asking again and leaving: never more than there is, and in the end all of it free
 * and each claim granted. */
static void test_random_walk(void **state)
{
    struct allocator *allocator = allocator_new(both, 2);
    struct applicant some[3] = {{5, 0}, {5, 3}, {SIZE_MAX, 50}};
    struct claim all[TASKS] = {0};
    int64_t amounts[TASKS][2];
    size_t asked = 0, done = 0;
    (void)state;
    while (done < TASKS) {
        struct claim *claim = NULL;
        int64_t choice = random_below(10);
        if (choice < 4 && asked < TASKS) {
            amounts[asked][0] = random_below(2) ? WHOLE(random_below(5)) : random_below(UNIT_PARTS);
            amounts[asked][1] = random_below(101);
            allocator_ask(allocator, &all[asked], &some[random_below(3)], amounts[asked]);
            asked++;
        } else if (choice < 8) {
            claim = allocator_next(allocator);
            if (claim && choice == 7)
                allocator_again(allocator, claim);
        } else if ((claim = (struct claim *)allocator_granted(allocator))) {
            for (int64_t skip = random_below(4); skip && claim->next; skip--)
                claim = claim->next;
            allocator_leave(allocator, claim);
            done++;
        }
        for (size_t i = 0; i < 2; i++)
            some[i].room = (size_t)random_below(6);
        assert_never_too_much(allocator, (const int64_t(*)[2])amounts, all);
    }
    assert_int_equal(allocator_free_amount(allocator, 0), WHOLE(4));
    assert_int_equal(allocator_free_amount(allocator, 1), 100);
    allocator_free(allocator);
}

struct work {
    int64_t wants[3]; /* the last one in whole units */
    int64_t length;
    int64_t end; /* 0: not begun */
};

/* The next moment at which something that runs ends, and ends it: gives back by GIVE. */
static int64_t next_end(const struct work *work, int64_t now)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < TASKS; i++)
        if (work[i].end > now && work[i].end < next)
            next = work[i].end;
    return next;
}

/* A list schedule: whenever something ends, all that fits begins, in the order of the list. */
static int64_t list_schedule(struct work *work, const int64_t totals[3])
{
    int64_t left[3] = {totals[0], totals[1], totals[2]};
    int64_t now = 0;
    for (size_t begun = 0;;) {
        for (size_t i = 0; i < TASKS; i++) {
            bool fits = !work[i].end;
            for (size_t j = 0; j < 3; j++)
                fits = fits && work[i].wants[j] <= left[j];
            for (size_t j = 0; fits && j < 3; j++)
                left[j] -= work[i].wants[j];
            work[i].end = fits ? now + work[i].length : work[i].end;
            begun += fits;
        }
        int64_t next = next_end(work, now);
        if (begun == TASKS && next == INT64_MAX)
            return now;
        now = next;
        for (size_t i = 0; i < TASKS; i++)
            for (size_t j = 0; work[i].end == now && j < 3; j++)
                left[j] += work[i].wants[j];
    }
}

static int64_t allocated_schedule(struct work *work, const int64_t totals[3])
{
    struct allocator *allocator =
        allocator_new((struct allocator_resource[]){{totals[0], false}, {totals[1], false}, {totals[2], true}}, 3);
    struct claim claims[TASKS] = {0};
    int64_t now = 0;
    for (size_t i = 0; i < TASKS; i++)
        allocator_ask(allocator, &claims[i], &ready,
                      (int64_t[]){work[i].wants[0], work[i].wants[1], WHOLE(work[i].wants[2])});
    for (;;) {
        struct claim *claim;
        while ((claim = allocator_next(allocator)))
            work[claim - claims].end = now + work[claim - claims].length;
        int64_t next = next_end(work, now);
        if (next == INT64_MAX)
            break;
        now = next;
        for (size_t i = 0; i < TASKS; i++)
            if (work[i].end == now)
                allocator_leave(allocator, &claims[i]);
    }
    for (size_t i = 0; i < TASKS; i++)
        assert_int_equal(claims[i].state, CLAIM_IDLE);
    allocator_free(allocator);
    return now;
}

/* To keep the place of those that wait must not cost more than a tenth of the time. */
static void test_packs_as_a_list_schedule(void **state)
{
    static const int64_t totals[3] = {32, 64000, 4};
    static struct work work[TASKS], copy[TASKS];
    (void)state;
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < TASKS; i++)
            work[i] = (struct work){{1 + random_below(round % 2 ? 8 : 32), random_below(round % 3 ? 16000 : 64000),
                                     random_below(4) ? 0 : 1 + random_below(4)},
                                    1 + random_below(1000), 0};
        memcpy(copy, work, sizeof(work));
        int64_t list = list_schedule(copy, totals);
        int64_t ours = allocated_schedule(work, totals);
        if (ours * 10 > list * 11)
            fail_msg("round %d: %lld, a list schedule takes %lld", round, (long long)ours, (long long)list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units_are_the_lowest), cmocka_unit_test(test_parts_share_a_unit),
        cmocka_unit_test(test_place_is_kept),        cmocka_unit_test(test_room_counts),
        cmocka_unit_test(test_large_one_does_not_starve), cmocka_unit_test(test_random_walk),
        cmocka_unit_test(test_packs_as_a_list_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
