/* The bus: numbers, dates, order, and who wants what. */
#include "../harness/unit.h"
#include "base/clock.h"
#include "event/bus.h"

struct seen {
    enum event_kind kind;
    int reader;
    uint64_t sequence;
    int64_t wall;
};

struct record {
    struct seen seen[64];
    size_t count;
};

struct test_reader {
    struct record *record;
    int number;
    enum event_kind only; /* EVENT_KINDS: all */
    unsigned flags;       /* that it wants */
    bool dated;
};

static bool reader_wants(void *arg, enum event_kind kind, unsigned flags)
{
    const struct test_reader *reader = arg;
    return (reader->only == EVENT_KINDS || reader->only == kind) &&
           (flags & reader->flags) == reader->flags;
}

static void reader_take(void *arg, const struct event *event)
{
    struct test_reader *reader = arg;
    reader->record->seen[reader->record->count++] =
        (struct seen){event->kind, reader->number, event->sequence, event->wall};
}

static struct bus *bus_with(struct test_reader *readers, size_t count)
{
    struct bus *bus = bus_new();
    for (size_t i = 0; i < count; i++)
        bus_add(bus, &(struct bus_reader){&readers[i], reader_wants, reader_take, readers[i].dated});
    return bus;
}

static void emit(struct bus *bus, enum event_kind kind, unsigned flags)
{
    struct event event = {.kind = kind, .flags = flags};
    bus_emit(bus, &event);
}

static void test_without_readers(void **state)
{
    (void)state;
    struct bus *bus = bus_new();
    assert_false(bus_wants(bus, EVENT_RUN_ENDED, EVENT_WRONG));
    struct event event = {.kind = EVENT_RUN_ENDED};
    bus_emit(bus, &event);
    assert_int_equal(event.sequence, 1);
    bus_free(bus);
    bus_free(NULL);
}

static void test_order_and_numbers(void **state)
{
    (void)state;
    struct record record = {0};
    struct test_reader readers[] = {{&record, 1, EVENT_KINDS, 0, true},
                                    {&record, 2, EVENT_KINDS, 0, true}};
    struct bus *bus = bus_with(readers, 2);
    for (int i = 0; i < 10; i++)
        emit(bus, i % 2 ? EVENT_TASK_ENDED : EVENT_TASK_STARTED, 0);
    assert_int_equal(record.count, 20);
    for (size_t i = 0; i < record.count; i++) {
        assert_int_equal(record.seen[i].sequence, i / 2 + 1);
        assert_int_equal(record.seen[i].reader, i % 2 + 1);
        assert_int_equal(record.seen[i].kind, i / 2 % 2 ? EVENT_TASK_ENDED : EVENT_TASK_STARTED);
        assert_true(record.seen[i].wall > INT64_C(1600000000) * 1000000000);
    }
    bus_free(bus);
}

/* The clock is read for those alone who look at it. */
static void test_dates(void **state)
{
    (void)state;
    struct record record = {0};
    struct test_reader readers[] = {{&record, 1, EVENT_KINDS, 0, false},
                                    {&record, 2, EVENT_TASK_ENDED, 0, true}};
    struct bus *bus = bus_with(readers, 2);
    emit(bus, EVENT_TASK_STARTED, 0);
    emit(bus, EVENT_TASK_ENDED, 0);
    assert_int_equal(record.count, 3);
    assert_int_equal(record.seen[0].wall, 0);
    assert_true(record.seen[2].wall > INT64_C(1600000000) * 1000000000);
    bus_free(bus);
}

/* What came with one read has one date, and what comes apart from a read has its own. */
static void test_one_date_for_what_came_at_once(void **state)
{
    (void)state;
    struct record record = {0};
    struct test_reader reader = {&record, 1, EVENT_KINDS, 0, true};
    struct bus *bus = bus_with(&reader, 1);
    uint64_t read = 0;
    static const uint64_t reads[] = {1, 1, 2, 0, 0, 2};
    static const bool same[] = {true, false, false, false, false};
    bus_date_by(bus, &read);
    for (size_t i = 0; i < countof(reads); i++) {
        read = reads[i];
        emit(bus, EVENT_TASK_STARTED, 0);
        for (int64_t now = clock_wall(); clock_wall() / 1000 == now / 1000;)
            ; /* the clock goes on by the finest step that is told */
    }
    for (size_t i = 0; i < countof(same); i++)
        assert_int_equal(record.seen[i].wall == record.seen[i + 1].wall, same[i]);
    bus_free(bus);
}

static void test_only_what_is_wanted(void **state)
{
    (void)state;
    struct record record = {0};
    struct test_reader readers[] = {{&record, 1, EVENT_TASK_ENDED, 0, true},
                                    {&record, 2, EVENT_KINDS, EVENT_WRONG, true}};
    struct bus *bus = bus_with(readers, 2);
    assert_true(bus_wants(bus, EVENT_TASK_ENDED, 0));
    assert_false(bus_wants(bus, EVENT_TASK_STARTED, 0));
    assert_true(bus_wants(bus, EVENT_TASK_STARTED, EVENT_WRONG | EVENT_NAMED));
    emit(bus, EVENT_TASK_STARTED, 0);
    emit(bus, EVENT_TASK_ENDED, 0);
    emit(bus, EVENT_TASK_STARTED, EVENT_WRONG);
    emit(bus, EVENT_TASK_ENDED, EVENT_WRONG);
    static const struct seen expected[] = {{.reader = 1, .sequence = 2},
                                           {.reader = 2, .sequence = 3},
                                           {.reader = 1, .sequence = 4},
                                           {.reader = 2, .sequence = 4}};
    assert_int_equal(record.count, countof(expected));
    for (size_t i = 0; i < countof(expected); i++) {
        assert_int_equal(record.seen[i].reader, expected[i].reader);
        assert_int_equal(record.seen[i].sequence, expected[i].sequence);
    }
    bus_free(bus);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_without_readers);
    TEST(&tests, test_order_and_numbers);
    TEST(&tests, test_dates);
    TEST(&tests, test_one_date_for_what_came_at_once);
    TEST(&tests, test_only_what_is_wanted);
    return tests_run(&tests, "bus");
}
