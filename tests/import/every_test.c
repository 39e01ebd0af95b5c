/*
 * No key is lost in silence: of the files that have every key, each key makes a difference to the scenario or to its comments, and
 * one that nobody knows is named, in whatever mapping it stands, and so is a word where a mapping or a list is expected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "import/import.h"
#include "scenario/sources.h"
#include "scenario/spec.h"
#include "yaml/tree.h"
#include "yaml/yaml.h"

#define UNKNOWN "zzkey"

/* One of the files, and where it is written anew each time. */
struct every {
    struct arena *arena;
    struct node *root;
    const char *name;
    struct buf whole;  /* the scenario of the whole file */
    struct buf faults; /* what was found */
};

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Appends the scenario without the numbers of lines, or the errors. */
static void import_tree(const struct every *every, struct buf *out)
{
    struct buf text = {0};
    struct buf scenario = {0};
    struct diags *diags = diags_new();
    struct scenario_sources *held;
    yaml_print(&text, every->root);
    write_file(every->name, buf_string(&text));
    if (!import_file(every->name, &scenario, diags, &held))
        diags_print(diags, &scenario);
    for (const char *at = buf_string(&scenario), *line; *at; at = line) {
        line = strstr(at, "# line ");
        size_t length = line ? (size_t)(line - at) : strlen(at);
        buf_append(out, at, length);
        line = line ? line + strcspn(line, ":") : at + length;
    }
    diags_free(diags);
    scenario_free_sources(held);
    buf_release(&text);
    buf_release(&scenario);
}

/* The nodes of a pair, or the item, number I of NODE. */
static size_t width(const struct node *node)
{
    return node->kind == NODE_MAP ? 2 : 1;
}

static void fault(struct every *every, const char *path, const char *what)
{
    buf_printf(&every->faults, "%s: %s\n", path, what);
}

/* What is printed without pair or item I of NODE is something else. */
static void check_without(struct every *every, struct node *node, size_t i, const char *path)
{
    struct node *items = (struct node *)node->items;
    size_t count = node->size * width(node);
    struct node *kept = arena_alloc(every->arena, count * sizeof(*kept));
    struct buf out = {0};
    memcpy(kept, items, count * sizeof(*kept));
    memmove(items + i * width(node), items + (i + 1) * width(node), (node->size - i - 1) * width(node) * sizeof(*items));
    node->size--;
    import_tree(every, &out);
    if (!strcmp(buf_string(&out), every->whole.data))
        fault(every, path, "nothing is different without it");
    node->size++;
    memcpy(items, kept, count * sizeof(*kept));
    buf_release(&out);
}

/* A key that nobody knows, in the mapping NODE, is named. */
static void check_with(struct every *every, struct node *node, const char *path)
{
    const struct node before = *node;
    struct node *items = arena_alloc(every->arena, (2 * (size_t)node->size + 2) * sizeof(*items));
    struct buf out = {0};
    memcpy(items, node->items, 2 * (size_t)node->size * sizeof(*items));
    items[2 * node->size] = tree_word(UNKNOWN);
    items[2 * node->size + 1] = tree_word("1");
    node->items = items;
    node->size++;
    import_tree(every, &out);
    if (!strstr(buf_string(&out), UNKNOWN))
        fault(every, path, "an unknown key of it is not named");
    *node = before;
    buf_release(&out);
}

/* A word in place of the mapping or the list NODE is named. */
static void check_shape(struct every *every, struct node *node, const char *path)
{
    const struct node before = *node;
    struct buf out = {0};
    *node = tree_word(UNKNOWN);
    import_tree(every, &out);
    if (!strstr(buf_string(&out), UNKNOWN))
        fault(every, path, "a word in place of it is not named");
    *node = before;
    buf_release(&out);
}

static void check(struct every *every, struct node *node, const char *path)
{
    if (node->kind != NODE_SCALAR && *path)
        check_shape(every, node, path);
    for (size_t i = 0; node->kind != NODE_SCALAR && i < node->size; i++) {
        bool map = node->kind == NODE_MAP;
        struct node *item = (struct node *)(map ? node_value(node, i) : &node->items[i]);
        const char *below = map ? arena_printf(every->arena, "%s.%s", path, node_key(node, i)->text) : path;
        if (map && !strncmp(node_key(node, i)->text, "x-", 2))
            continue; /* an author's own note */
        if (*path)
            check_without(every, node, i, below);
        check(every, item, below);
    }
    if (node->kind == NODE_MAP)
        check_with(every, node, path);
}

/* EXPECTED are the faults that are none: what is printed is the same without these, as they say what is so by itself. */
static void check_file(const char *folder, const char *name, const char *expected)
{
    struct every every = {.arena = arena_new(), .name = name};
    struct error error = {0};
    struct diags *diags = diags_new();
    struct scenario_sources *sources = sources_new();
    char directory[] = "/tmp/parrun-every-XXXXXX";
    char top[4096];
    const char *tests = getenv("TESTS_DIR");
    const char *path = arena_printf(every.arena, "%s/golden/%s/%s", tests ? tests : "tests", folder, name);
    const struct source *source = sources_read(sources, path, path, &error);
    assert_non_null(source);
    every.root = (struct node *)tree_unshared(every.arena, tree_parse(every.arena, source, diags));
    assert_non_null(getcwd(top, sizeof(top)));
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    write_file("a.env", "A=1\n");
    import_tree(&every, &every.whole);
    check(&every, every.root, "");
    assert_int_equal(unlink(name) | unlink("a.env") | chdir(top) | rmdir(directory), 0);
    char *faults = buf_take(&every.faults);
    buf_release(&every.whole);
    diags_free(diags);
    scenario_free_sources(sources);
    arena_free(every.arena);
    assert_string_equal(faults ? faults : "", expected);
    free(faults);
}

static void test_each_key_of_a_compose_file_counts_or_is_told(void **state)
{
    check_file("import-compose-every", "compose.yaml",
               ".services.full.depends_on.base.condition: nothing is different without it\n"
               ".services.full.deploy.restart_policy.condition: nothing is different without it\n");
    (void)state;
}

static void test_each_key_of_a_process_compose_file_counts_or_is_told(void **state)
{
    check_file("import-processes-every", "process-compose.yaml", "");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_key_of_a_compose_file_counts_or_is_told),
        cmocka_unit_test(test_each_key_of_a_process_compose_file_counts_or_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
