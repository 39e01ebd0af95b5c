/* Spools: in memory, in a file, and empty. */
#include <errno.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "os/spool.h"

struct spool_case {
    const char *name;
    size_t pieces; /* of 1000 bytes */
    bool in_file;
};

static const struct spool_case cases[] = {
    {"empty", 0, false},   {"small", 1, false},        {"at-the-bound", 262, false},
    {"beyond", 263, true}, {"far-beyond", 5000, true},
};

static char byte_at(size_t place)
{
    return (char)('a' + place * 31 % 7919 % 26);
}

static void fill(struct spool *spool, size_t pieces)
{
    struct error error = {0};
    char piece[1000];
    for (size_t i = 0; i < pieces; i++) {
        for (size_t k = 0; k < sizeof(piece); k++)
            piece[k] = byte_at(i * sizeof(piece) + k);
        assert_int_equal(spool_put(spool, piece, sizeof(piece), &error), 0);
    }
}

static void test_comes_back(void **state)
{
    const struct spool_case *row = *state;
    struct spool spool = {0};
    struct error error = {0};
    const char *bytes;
    size_t length, total = 0;
    fill(&spool, row->pieces);
    assert_int_equal(spool.in_file, row->in_file);
    int result;
    while ((result = spool_next(&spool, &bytes, &length, &error)) == 1) {
        assert_true(length > 0);
        for (size_t i = 0; i < length; i++)
            assert_int_equal(bytes[i], byte_at(total + i));
        total += length;
    }
    assert_int_equal(result, 0);
    assert_int_equal(total, row->pieces * 1000);
    assert_int_equal(spool_next(&spool, &bytes, &length, &error), 0);
    spool_release(&spool);
    assert_false(spool.in_file);
}

/* A piece ends between characters, whether it comes from the file or from memory. */
static void test_whole_characters(void **state)
{
    (void)state;
    struct spool spool = {0};
    struct error error = {0};
    const char *bytes;
    size_t length, total = 0;
    for (size_t i = 0; i < 100000; i++) {
        const char *character = "\u20ac"; /* three bytes, which come one by one */
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(spool_put(&spool, character + k, 1, &error), 0);
    }
    assert_true(spool.in_file);
    while (spool_next(&spool, &bytes, &length, &error) == 1) {
        assert_int_equal(length % 3, 0);
        total += length;
    }
    assert_int_equal(total, 300000);
    spool_release(&spool);
}

/* The file has lost what was in it. */
static void test_lost(void **state)
{
    (void)state;
    struct spool spool = {0};
    struct error error = {0};
    const char *bytes;
    size_t length;
    fill(&spool, 263);
    assert_int_equal(ftruncate(spool.fd, 0), 0);
    assert_int_equal(spool_next(&spool, &bytes, &length, &error), -EIO);
    error_release(&error);
    spool_release(&spool);
}

/* Many spools on one shared file: each comes back as it was, and its room is used again. */
static void test_shelf(void **state)
{
    (void)state;
    struct spool spools[3] = {0};
    struct spool_file file = {0};
    struct error error = {0};
    const char *bytes;
    size_t length;
    const size_t pieces[] = {2, 0, 5};
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < countof(spools); i++) {
            fill(&spools[i], pieces[i]);
            assert_int_equal(spool_file_put(&spools[i], &file, &error), 0);
            assert_int_equal(spools[i].memory.length, 0);
        }
        assert_int_equal(file.end, 7000);
        for (size_t i = countof(spools); i--;) {
            size_t total = 0;
            while (spool_next(&spools[i], &bytes, &length, &error) == 1)
                for (size_t k = 0; k < length; k++, total++)
                    assert_int_equal(bytes[k], byte_at(total));
            assert_int_equal(total, pieces[i] * 1000);
            spool_release(&spools[i]);
        }
        spool_file_clear(&file);
        assert_int_equal(file.end, 0);
    }
    spool_file_release(&file);
}

/* Where TMPDIR cannot be used, /tmp is. */
static void test_no_directory(void **state)
{
    (void)state;
    struct spool spool = {0};
    struct error error = {0};
    const char *bytes;
    size_t length;
    char *large = mem_calloc(1, 300000);
    const char *kept = getenv("TMPDIR");
    char *before = kept ? mem_strdup(kept) : NULL;
    setenv("TMPDIR", "/no/such/directory", 1);
    assert_int_equal(spool_put(&spool, large, 300000, &error), 0);
    assert_true(spool.in_file);
    if (before)
        setenv("TMPDIR", before, 1);
    else
        unsetenv("TMPDIR");
    size_t total = 0;
    while (spool_next(&spool, &bytes, &length, &error) == 1)
        total += length;
    assert_int_equal(total, 300000);
    assert_int_equal(spool_next(&spool, &bytes, &length, &error), 0);
    spool_release(&spool);
    free(before);
    free(large);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_comes_back, cases);
    TEST(&tests, test_whole_characters);
    TEST(&tests, test_lost);
    TEST(&tests, test_shelf);
    TEST(&tests, test_no_directory);
    return tests_run(&tests, "spool");
}
