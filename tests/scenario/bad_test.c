/*
 * Every file below tests/bad is wrong in some way; what is said of NAME.yaml stands in NAME.txt.
 * With UPDATE=1 in the environment the texts are written anew: read the difference.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "scenario/spec.h"

static void read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return;
    size_t got;
    while ((got = fread(buf_reserve(out, 4096), 1, 4096, file)) > 0)
        buf_added(out, got);
    fclose(file);
}

static void write_file(const char *path, const struct buf *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(buf_string(text), 1, text->length, file), text->length);
    assert_int_equal(fclose(file), 0);
}

/* What is said of the file; it is loaded by its bare name, so that no directory is in the text. */
static void diagnose(const char *name, struct buf *said)
{
    struct diags *diags = diags_new();
    struct scenario_sources *held;
    struct scenario *scenario = scenario_load(name, NULL, diags, &held);
    assert_null(scenario);
    assert_true(diags_count(diags) > 0);
    diags_print(diags, said);
    scenario_free_sources(held);
    diags_free(diags);
}

static void test_bad(void **state)
{
    const char *name = *state;
    struct buf said = {0}, expected = {0}, path = {0};
    diagnose(name, &said);
    buf_printf(&path, "%.*s.txt", (int)(strlen(name) - strlen(".yaml")), name);
    if (getenv("UPDATE"))
        write_file(buf_string(&path), &said);
    read_file(buf_string(&path), &expected);
    assert_string_equal(buf_string(&said), buf_string(&expected));
    buf_release(&said);
    buf_release(&expected);
    buf_release(&path);
}

static int is_scenario(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && !strcmp(dot, ".yaml");
}

int main(void)
{
    const char *tests_directory = getenv("TESTS_DIR");
    if (chdir(tests_directory ? tests_directory : "tests") || chdir("bad")) {
        perror("tests/bad");
        return 1;
    }
    struct dirent **entries;
    int count = scandir(".", &entries, is_scenario, alphasort);
    if (count <= 0)
        return 1;
    struct CMUnitTest *tests = mem_calloc((size_t)count, sizeof(*tests));
    for (int i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){
            .name = entries[i]->d_name,
            .test_func = test_bad,
            .initial_state = entries[i]->d_name,
        };
    int failed = _cmocka_run_group_tests("bad", tests, (size_t)count, NULL, NULL);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    free(tests);
    return failed;
}
