/* Loading a scenario from a text, for the tests of this room. */
#ifndef TESTS_SCENARIO_FIXTURE_H
#define TESTS_SCENARIO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "scenario/spec.h"

struct loaded {
    struct scenario *scenario; /* NULL: the text was wrong */
    struct scenario_sources *held;
    char *said;         /* the diagnostics, each file as scenario.yaml */
    char directory[64]; /* where the file was */
};

/* The files that the schema's examples name. */
static const struct {
    const char *name;
    const char *text;
} companions[] = {
    {".env", "A=1\n"},
    {"local.env", "B=2\n"},
    {"common.yaml", "vars: {common: 1}\n"},
    {"urls.txt", "a\n"},
    {"access.log", "a\n"},
    {"people.csv", "name,size\n"},
    {"events.jsonl", "{}\n"},
    {"in/a.jpg", ""},
    {"x", ""},
};

static inline void put_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Loads TEXT with COUNT overrides, as the file scenario.yaml in a directory of its own. */
static inline struct loaded load_with(const char *text, const char *const *overrides, size_t count)
{
    struct loaded loaded = {.directory = "/tmp/parrun-scenario-XXXXXX"};
    char before[4096];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_non_null(mkdtemp(loaded.directory));
    assert_int_equal(chdir(loaded.directory), 0);
    put_file("scenario.yaml", text);
    assert_int_equal(mkdir("in", 0700), 0);
    for (size_t i = 0; i < countof(companions); i++)
        put_file(companions[i].name, companions[i].text);
    struct diags *diags = diags_new();
    struct buf said = {0};
    struct scenario_wishes wishes = {.overrides = overrides, .override_count = count};
    loaded.scenario = scenario_load("scenario.yaml", &wishes, diags, &loaded.held);
    diags_print(diags, &said);
    assert_true((loaded.scenario == NULL) == (diags_count(diags) > 0));
    diags_free(diags);
    loaded.said = said.length ? buf_take(&said) : mem_strdup("");
    buf_release(&said);
    unlink("scenario.yaml");
    for (size_t i = 0; i < countof(companions); i++)
        unlink(companions[i].name);
    rmdir("in");
    assert_int_equal(chdir(before), 0);
    rmdir(loaded.directory);
    return loaded;
}

/* Loads a text that is right: what is said of it otherwise is in the failure. */
static inline struct loaded load_right(const char *text)
{
    struct loaded loaded = load_with(text, NULL, 0);
    assert_string_equal(loaded.said, "");
    return loaded;
}

static inline void loaded_release(struct loaded *loaded)
{
    scenario_free(loaded->scenario);
    scenario_free_sources(loaded->held);
    free(loaded->said);
}

#endif
