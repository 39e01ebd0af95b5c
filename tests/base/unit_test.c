/* Durations, sizes and signals, both ways. */
#include <limits.h>
#include <signal.h>

#include "../harness/unit.h"
#include "base/unit.h"

#define S NS_PER_S

struct duration_case {
    const char *name; /* the text */
    int64_t ns;       /* -1: no duration */
    const char *printed;
};

static const struct duration_case durations[] = {
    {"0", 0, "0s"},
    {"0s", 0, "0s"},
    {"30s", 30 * S, "30s"},
    {"90", 90 * S, "1m30s"},
    {"0.5", S / 2, "500ms"},
    {".5", S / 2, "500ms"},
    {"2.", 2 * S, "2s"},
    {"500ms", S / 2, "500ms"},
    {"1500ms", 3 * S / 2, "1s500ms"},
    {"5m", 300 * S, "5m"},
    {"5M", 300 * S, "5m"},
    {"1h30m", 5400 * S, "1h30m"},
    {"2d", 172800 * S, "2d"},
    {"1d2h3m4s5ms6us7ns", 93784 * S + 5006007, "1d2h3m4s5ms6us7ns"},
    {"1.5h", 5400 * S, "1h30m"},
    {"1ns", 1, "1ns"},
    {"10us", 10000, "10us"},
    {"106751d", INT64_C(106751) * 86400 * S, "106751d"},
    {"106751d23h47m16s854ms775us807ns", INT64_MAX, "106751d23h47m16s854ms775us807ns"},
    {"106751d23h47m16s854ms775us808ns", -1, NULL},
    {"106752d", -1, NULL},
    {"99999999999999999999999999999999", -1, NULL},
    {"", -1, NULL},
    {" ", -1, NULL},
    {"s", -1, NULL},
    {".", -1, NULL},
    {".s", -1, NULL},
    {"-1s", -1, NULL},
    {"+1s", -1, NULL},
    {"1 s", -1, NULL},
    {" 1s", -1, NULL},
    {"1s ", -1, NULL},
    {"1x", -1, NULL},
    {"1e3", -1, NULL},
    {"0x10", -1, NULL},
    {"1h30", -1, NULL},
    {"30m1h", -1, NULL},
    {"1s1s", -1, NULL},
    {"1.2.3s", -1, NULL},
    {"inf", -1, NULL},
    {"nan", -1, NULL},
    {"1,5s", -1, NULL},
};

static void test_duration(void **state)
{
    const struct duration_case *row = *state;
    struct error error = {0};
    int64_t ns = -7;
    int result = duration_parse(row->name, &ns, &error);
    if (row->ns < 0) {
        assert_true(result == ERROR_FAILED || result == -ERANGE);
        assert_int_equal(ns, -7);
        assert_error(&error, result, *row->name ? row->name : "empty");
        return;
    }
    assert_int_equal(result, 0);
    assert_true(ns == row->ns);
    struct buf text = {0};
    duration_print(&text, ns);
    assert_buf(&text, row->printed);
}

static void test_duration_round_trip(void **state)
{
    (void)state;
    uint64_t ns = 1;
    for (int i = 0; i < 100000; i++) {
        ns = ns * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t value = (int64_t)(ns >> (1 + i % 63));
        struct buf text = {0};
        struct error error = {0};
        int64_t back = -1;
        duration_print(&text, value);
        assert_int_equal(duration_parse(text.data, &back, &error), 0);
        assert_true(back == value);
        buf_release(&text);
    }
}

struct size_case {
    const char *name;
    uint64_t bytes;
    const char *printed; /* NULL: no size */
};

static const struct size_case sizes[] = {
    {"0", 0, "0"},
    {"1", 1, "1"},
    {"1023", 1023, "1023"},
    {"1024", 1024, "1K"},
    {"64K", 65536, "64K"},
    {"64k", 65536, "64K"},
    {"64KB", 65536, "64K"},
    {"64KiB", 65536, "64K"},
    {"10M", 10 << 20, "10M"},
    {"1.5K", 1536, "1536"},
    {"1G", UINT64_C(1) << 30, "1G"},
    {"2T", UINT64_C(2) << 40, "2T"},
    {"1025G", UINT64_C(1025) << 30, "1025G"},
    {"7B", 7, "7"},
    {"18446744073709551615", UINT64_MAX, "18446744073709551615"},
    {"18446744073709551616", 0, NULL},
    {"16777216T", 0, NULL},
    {"", 0, NULL},
    {"K", 0, NULL},
    {"-1", 0, NULL},
    {"1 K", 0, NULL},
    {"1X", 0, NULL},
    {"1KK", 0, NULL},
    {"1K1", 0, NULL},
    {"1BB", 0, NULL},
    {"1e3", 0, NULL},
};

static void test_size(void **state)
{
    const struct size_case *row = *state;
    struct error error = {0};
    uint64_t bytes = 77;
    int result = size_parse(row->name, &bytes, &error);
    if (!row->printed) {
        assert_int_equal(result, ERROR_FAILED);
        assert_true(bytes == 77);
        assert_error(&error, ERROR_FAILED, row->name);
        return;
    }
    assert_int_equal(result, 0);
    assert_true(bytes == row->bytes);
    struct buf text = {0};
    size_print(&text, bytes);
    assert_buf(&text, row->printed);
}

static void test_size_round_trip(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 100000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t value = seed >> (i % 64);
        struct buf text = {0};
        struct error error = {0};
        uint64_t back = 0;
        size_print(&text, value);
        assert_int_equal(size_parse(text.data, &back, &error), 0);
        assert_true(back == value);
        buf_release(&text);
    }
}

struct signal_case {
    const char *name;
    int number; /* 0: no signal */
};

static const struct signal_case signals[] = {
    {"TERM", SIGTERM},
    {"SIGTERM", SIGTERM},
    {"term", SIGTERM},
    {"sigint", SIGINT},
    {"15", SIGTERM},
    {"9", SIGKILL},
    {"USR1", SIGUSR1},
    {"HUP", SIGHUP},
    {"SIGRTMIN", 34},
    {"RTMIN+3", 37},
    {"rtmin+30", 64},
    {"RTMAX-14", 50},
    {"RTMAX-30", 34},
    {"RTMIN+31", 0},
    {"RTMIN+", 0},
    {"RTMAX-1x", 0},
    {"", 0},
    {"SIG", 0},
    {"0", 0},
    {"-15", 0},
    {"+15", 0},
    {" 15", 0},
    {"15 ", 0},
    {"65", 0},
    {"1000", 0},
    {"4294967311", 0}, /* 2 to the 32nd and 15 */
    {"99999999999999999999", 0},
    {"TERMINATE", 0},
    {"SIGSIGTERM", 0},
    {"TER", 0},
};

static void test_signal(void **state)
{
    const struct signal_case *row = *state;
    struct error error = {0};
    int number = -7;
    int result = signal_parse(row->name, &number, &error);
    if (row->number) {
        assert_int_equal(result, 0);
        assert_int_equal(number, row->number);
        return;
    }
    assert_int_equal(result, ERROR_FAILED);
    assert_int_equal(number, -7);
    assert_error(&error, ERROR_FAILED, "not a signal");
}

static void test_signal_names(void **state)
{
    (void)state;
    assert_string_equal(signal_name(SIGTERM), "TERM");
    assert_null(signal_name(0));
    assert_null(signal_name(-1));
    assert_null(signal_name(65));
    assert_null(signal_name(INT_MAX));
    assert_string_equal(signal_name(37), "RTMIN+3");
    for (int i = 1; i < NSIG; i++) {
        struct error error = {0};
        int number = 0;
        assert_non_null(signal_name(i));
        assert_int_equal(signal_parse(signal_name(i), &number, &error), 0);
        assert_int_equal(number, i);
    }
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_duration, durations);
    TEST(&tests, test_duration_round_trip);
    TEST_ROWS(&tests, test_size, sizes);
    TEST(&tests, test_size_round_trip);
    TEST_ROWS(&tests, test_signal, signals);
    TEST(&tests, test_signal_names);
    return tests_run(&tests, "unit");
}
