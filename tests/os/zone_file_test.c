/* Time zones: files, rules, and what is neither. */
#include "os/zone_file.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "base/calendar.h"
#include "base/zone.h"

static const struct rule_case {
    const char *name; /* as TZ has it */
    const char *january;
    const char *july;
} rules[] = {
    {"UTC0", "2026-01-15 12:00:00+00:00", "2026-07-15 12:00:00+00:00"},
    {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-01-15 13:00:00+01:00", "2026-07-15 14:00:00+02:00"},
    {"EST5EDT", "2026-01-15 07:00:00-05:00", "2026-07-15 08:00:00-04:00"},
    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-01-15 10:00:00-02:00", "2026-07-15 11:00:00-01:00"},
    {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-15 12:00:00+00:00", "2026-07-15 13:00:00+01:00"},
    {"NPT-5:45", "2026-01-15 17:45:00+05:45", "2026-07-15 17:45:00+05:45"},
    {"AAA-1BBB,J60/0,J300/0", "2026-01-15 13:00:00+01:00", "2026-07-15 14:00:00+02:00"},
    {"AAA-1BBB,59/0,299/0", "2026-01-15 13:00:00+01:00", "2026-07-15 14:00:00+02:00"},
    {"EST5EDT,0/0,J365/25", "2026-01-15 08:00:00-04:00", "2026-07-15 08:00:00-04:00"},
    {"CE-1", NULL, NULL},
    {"CET", NULL, NULL},
    {"CET-25", NULL, NULL},
    {"CET-1CEST,", NULL, NULL},
    {"CET-1CEST,M3.5.0", NULL, NULL},
    {"CET-1CEST,M13.5.0,M10.5.0", NULL, NULL},
    {"CET-1CEST,M3.6.0,M10.5.0", NULL, NULL},
    {"CET-1CEST,M3.5.7,M10.5.0", NULL, NULL},
    {"CET-1CEST,J0,J365", NULL, NULL},
    {"CET-1CEST,M3.5.0/168,M10.5.0", NULL, NULL},
    {"CET-1CEST,M3.5.0,M10.5.0x", NULL, NULL},
    {"<+01-1", NULL, NULL},
    {"", NULL, NULL},
};

static void assert_shows(const struct zone *zone, int month, const char *text)
{
    struct buf out = {0};
    zone_print(zone, calendar_day(2026, month, 15) * DAY_SECONDS + 12 * 3600, 0, &out);
    assert_buf(&out, text);
}

static void test_rule(void **state)
{
    const struct rule_case *row = *state;
    struct error error = {0};
    struct zone *zone = zone_read_rule(row->name, &error);
    if (!row->january) {
        assert_null(zone);
        assert_error(&error, ERROR_FAILED, "is no time zone");
        return;
    }
    assert_non_null(zone);
    assert_shows(zone, 1, row->january);
    assert_shows(zone, 7, row->july);
    zone_free(zone);
}

static const char *const names[] = {
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",  "America/Nuuk",
    "Europe/Dublin", "Antarctica/Troll", "Asia/Kathmandu",      "Etc/GMT-3",         "Asia/Pyongyang", "UTC",
};

/* What the C library says of the same file, at 20,000 instants from 1900 to 2200. */
static void test_library(void **state)
{
    (void)state;
    struct error error = {0};
    uint64_t seed = 1;
    for (size_t i = 0; i < countof(names); i++) {
        struct zone_file file;
        assert_int_equal(zone_file_open(&file, names[i], &error), 0);
        setenv("TZ", names[i], 1);
        tzset();
        for (int j = 0; j < 20000; j++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            time_t at = (time_t)((int64_t)(seed >> 20) % INT64_C(9467280000) - INT64_C(2208988800));
            struct tm parts;
            struct zone_span span = zone_span(file.zone, at);
            assert_non_null(localtime_r(&at, &parts));
            assert_true(span.from <= at && at < span.to);
            assert_int_equal(span.offset, parts.tm_gmtoff);
            if (span.to != INT64_MAX)
                assert_int_equal(zone_span(file.zone, span.to).before, span.offset);
        }
        zone_file_release(&file);
    }
    unsetenv("TZ");
    tzset();
}

static void test_names(void **state)
{
    (void)state;
    static const char *const wrong[] = {"Europe/Berln", "", "/etc/localtime", "../../etc/passwd", "Europe", "Europe//Berlin"};
    for (size_t i = 0; i < countof(wrong); i++) {
        struct error error = {0};
        struct zone_file file;
        assert_int_equal(zone_file_open(&file, wrong[i], &error), ERROR_FAILED);
        assert_error(&error, ERROR_FAILED, wrong[i]);
        assert_null(file.zone);
    }
    char *nearest = zone_file_nearest("Europe/Berln");
    assert_string_equal(nearest, "Europe/Berlin");
    free(nearest);
    nearest = zone_file_nearest("kathmandu");
    assert_string_equal(nearest, "Asia/Kathmandu");
    free(nearest);
    assert_null(zone_file_nearest("Qqqqqqqqqqqq/Qqqqqqqqqqqqqq"));
}

/* TZ is a name, a path, a rule or nothing; what it is not is told. */
static void test_machine(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        const char *july; /* NULL: it is wrong */
    } rows[] = {
        {"Asia/Tokyo", "2026-07-15 21:00:00+09:00"},
        {":Asia/Tokyo", "2026-07-15 21:00:00+09:00"},
        {"/usr/share/zoneinfo/Asia/Tokyo", "2026-07-15 21:00:00+09:00"},
        {"JST-9", "2026-07-15 21:00:00+09:00"},
        {"", "2026-07-15 12:00:00+00:00"},
        {"Asia/Tokio", NULL},
        {"/nowhere", NULL},
    };
    for (size_t i = 0; i < countof(rows); i++) {
        struct error error = {0};
        struct zone_file file;
        setenv("TZ", rows[i].said, 1);
        int result = zone_file_open(&file, NULL, &error);
        assert_int_equal(result == 0, rows[i].july != NULL);
        if (rows[i].july)
            assert_shows(file.zone, 7, rows[i].july);
        zone_file_release(&file);
        error_release(&error);
    }
    unsetenv("TZ");
}

/* A zone's file that is replaced is read anew; one that cannot be read is not. */
static void test_refresh(void **state)
{
    (void)state;
    char directory[] = "/tmp/parrun-zone-XXXXXX";
    struct error error = {0};
    struct zone_file file;
    assert_non_null(mkdtemp(directory));
    setenv("TZDIR", directory, 1);
    char *path = NULL, *other = NULL;
    assert_true(asprintf(&path, "%s/Zone", directory) > 0 && asprintf(&other, "%s/.new", directory) > 0);
    assert_int_equal(symlink("/usr/share/zoneinfo/Asia/Tokyo", path), 0);
    assert_int_equal(zone_file_open(&file, "Zone", &error), 0);
    assert_shows(file.zone, 7, "2026-07-15 21:00:00+09:00");
    assert_false(zone_file_refresh(&file));
    assert_int_equal(symlink("/usr/share/zoneinfo/Asia/Kathmandu", other), 0);
    assert_int_equal(rename(other, path), 0);
    assert_true(zone_file_refresh(&file));
    assert_shows(file.zone, 7, "2026-07-15 17:45:00+05:45");
    assert_int_equal(unlink(path), 0);
    assert_false(zone_file_refresh(&file));
    assert_shows(file.zone, 7, "2026-07-15 17:45:00+05:45");
    assert_int_equal(rmdir(directory), 0);
    unsetenv("TZDIR");
    zone_file_release(&file);
    free(path);
    free(other);
}

/* Whatever the bytes of a file are: cut anywhere, or with any byte changed. */
static void test_damage(void **state)
{
    (void)state;
    struct error error = {0};
    char bytes[8192];
    int fd = open("/usr/share/zoneinfo/Europe/Berlin", O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, bytes, sizeof(bytes));
    assert_int_equal(close(fd), 0);
    assert_true(length > 0);
    for (ssize_t i = 0; i < length; i++) {
        char *cut = mem_copy(bytes, (size_t)i);
        assert_null(zone_read(cut, (size_t)i, &error));
        error_release(&error);
        free(cut);
        char kept = bytes[i];
        bytes[i] = (char)(kept ^ 0xff);
        struct zone *zone = zone_read(bytes, (size_t)length, &error);
        bytes[i] = kept;
        if (zone)
            zone_span(zone, 1800000000);
        zone_free(zone);
        error_release(&error);
    }
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_rule, rules);
    TEST(&tests, test_library);
    TEST(&tests, test_names);
    TEST(&tests, test_machine);
    TEST(&tests, test_refresh);
    TEST(&tests, test_damage);
    return tests_run(&tests, "zone_file");
}
