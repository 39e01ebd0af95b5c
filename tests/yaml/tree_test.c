/* YAML text -> nodes with their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/mem.h"
#include "yaml/scalar_mark.h"
#include "yaml/tree.h"

/* Writes a tree as one line: scalars in their quotes, [lists], {mappings}. */
static void print_node(struct buf *out, const struct node *node)
{
    if (node->kind == NODE_SCALAR) {
        buf_append(out, node->text, node->size);
        return;
    }
    bool list = node->kind == NODE_LIST;
    buf_char(out, list ? '[' : '{');
    for (size_t i = 0; i < node->size; i++) {
        buf_text(out, i ? " " : "");
        if (list) {
            print_node(out, &node->items[i]);
        } else {
            print_node(out, node_key(node, i));
            buf_char(out, '=');
            print_node(out, node_value(node, i));
        }
    }
    buf_char(out, list ? ']' : '}');
}

struct shape_case {
    const char *name;
    const char *text;
    const char *shape;
};

static const struct shape_case shapes[] = {
    {"mapping", "a: 1\nb: [x, y]\n", "{a=1 b=[x y]}"},
    {"nested", "a:\n  b:\n    - c: d\n    - e\n", "{a={b=[{c=d} e]}}"},
    {"carriage returns", "a: 1\r\nb: 2\r\n", "{a=1 b=2}"},
    {"scalar alias", "a: &x 1\nb: *x\n", "{a=1 b=1}"},
    {"list alias", "a: &x [1, 2]\nb: *x\n", "{a=[1 2] b=[1 2]}"},
    {"alias as key", "a: &x k\nb: {*x : 1}\n", "{a=k b={k=1}}"},
    {"anchor taken over", "- &x 1\n- *x\n- &x 2\n- *x\n", "[1 1 2 2]"},
    {"alias in alias", "- &x [1]\n- &y [*x, *x]\n- *y\n", "[[1] [[1] [1]] [[1] [1]]]"},
    {"merge", "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n", "{a={p=1 q=2} b={q=3 p=1}}"},
    {"merge written out", "b: {<<: {p: 1}, q: 3}\n", "{b={q=3 p=1}}"},
    {"merge list, first wins", "b: {<<: [{p: 1}, {p: 2, r: 4}], q: 3}\n", "{b={q=3 p=1 r=4}}"},
    {"merge of a merge", "a: &x {p: 1}\nb: &y {<<: *x, q: 2}\nc: {<<: *y}\n",
     "{a={p=1} b={q=2 p=1} c={q=2 p=1}}"},
    {"quoted merge key is a key", "b: {'<<': 1}\n", "{b={<<=1}}"},
    {"merge into many",
     "x: &x {a: 0, j: 1}\ny: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, "
     "i: 1, <<: *x}\n",
     "{x={a=0 j=1} y={a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1}}"},
    {"document markers", "---\na: 1\n...\n", "{a=1}"},
};

static void test_shape(void **state)
{
    const struct shape_case *row = *state;
    struct source source = {.name = "t", .text = row->text, .length = strlen(row->text)};
    struct arena *arena = arena_new();
    struct diags *diags = diags_new();
    struct buf out = {0};
    const struct node *root = tree_parse(arena, &source, diags);
    assert_int_equal(diags_count(diags), 0);
    assert_non_null(root);
    print_node(&out, root);
    assert_string_equal(buf_string(&out), row->shape);
    buf_release(&out);
    diags_free(diags);
    arena_free(arena);
}

struct place_case {
    const char *name;
    const char *text; /* a mapping; the value of its first key is looked at */
    const char *at;   /* a text in the value */
    uint32_t line;
    uint32_t column;
};

static const struct place_case places[] = {
    {"plain", "a: one two\n", "two", 1, 8},
    {"plain on the next line", "a:\n  one two\n", "two", 2, 7},
    {"behind other characters", "ä: ö two\n", "two", 1, 6},
    {"single quotes", "a: 'one two'\n", "two", 1, 9},
    {"single quotes with a quote", "a: 'o''e two'\n", "two", 1, 4},
    {"double quotes", "a: \"one two\"\n", "two", 1, 9},
    {"double quotes with an escape", "a: \"\\t two\"\n", "two", 1, 4},
    {"anchor before it", "a: &x 'one two'\n", "two", 1, 12},
    {"tag before it", "a: !!str one two\n", "two", 1, 14},
    {"folded over lines", "a: one\n  two\n", "two", 1, 4},
    {"literal", "a: |\n  one\n  two\n", "two", 3, 3},
    {"literal, deeper line", "a: |\n  one\n     two\n", "two", 3, 6},
    {"literal, blank lines first", "a: |\n\n\n    one\n    x two\n", "two", 5, 7},
    {"literal with indicator", "a: |2\n    one\n  two\n", "two", 3, 3},
    {"literal without final newline", "a: |-\n  one\n  two", "two", 3, 3},
    {"literal with anchor and comment", "a: &x |  # why\n  one\n  two\n", "two", 3, 3},
    {"literal with carriage returns", "a: |\r\n  one\r\n  two\r\n", "two", 3, 3},
    {"folded block", "a: >\n  one\n  two\n", "two", 1, 4},
};

static void test_place(void **state)
{
    const struct place_case *row = *state;
    struct source source = {.name = "t", .text = row->text, .length = strlen(row->text)};
    struct arena *arena = arena_new();
    struct diags *diags = diags_new();
    const struct node *root = tree_parse(arena, &source, diags);
    assert_non_null(root);
    const struct node *value = node_value(root, 0);
    const char *at = strstr(value->text, row->at);
    assert_non_null(at);
    struct mark mark = place_in_scalar(&source, value, (size_t)(at - value->text), strlen(row->at));
    assert_int_equal(mark.line, row->line);
    assert_int_equal(mark.column, row->column);
    diags_free(diags);
    arena_free(arena);
}

/* Text that is expensive to read for a loader that is not careful; each is an error. */
static void make_levels(struct buf *out)
{
    for (size_t i = 0; i < 100000; i++)
        buf_char(out, '[');
}

static void make_block_levels(struct buf *out)
{
    for (size_t i = 0; i < 2000; i++) {
        for (size_t j = 0; j < i; j++)
            buf_char(out, ' ');
        buf_text(out, "a:\n");
    }
}

static void make_laughs(struct buf *out)
{
    buf_text(out, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
        buf_printf(out, "a%d: &a%d [", i, i);
        for (int j = 0; j < 9; j++)
            buf_printf(out, "*a%d, ", i - 1);
        buf_text(out, "]\n");
    }
}

static void make_merges(struct buf *out)
{
    buf_text(out, "a: &a {");
    for (int i = 0; i < 3000; i++)
        buf_printf(out, "k%d: 1, ", i);
    buf_text(out, "}\nb:\n");
    for (int i = 0; i < 3000; i++)
        buf_text(out, "  - {<<: *a}\n");
}

static void make_long_scalar(struct buf *out)
{
    buf_text(out, "a: ");
    for (size_t i = 0; i < TREE_SCALAR_LIMIT + 1; i++)
        buf_char(out, 'x');
}

static void make_many_anchors(struct buf *out)
{
    for (int i = 0; i < 20000; i++)
        buf_printf(out, "- &a%d x\n- *a%d\n", i, i);
}

static const struct {
    const char *name;
    void (*make)(struct buf *out);
} heavy[] = {
    {"100,000 flow levels", make_levels}, {"2,000 block levels", make_block_levels},
    {"billion laughs", make_laughs},      {"merges of merges", make_merges},
    {"long scalar", make_long_scalar},    {"many aliases", make_many_anchors},
};

static void test_heavy(void **state)
{
    struct buf text = {0};
    heavy[*(const size_t *)*state].make(&text);
    struct source source = {.name = "t", .text = buf_string(&text), .length = text.length};
    struct arena *arena = arena_new();
    struct diags *diags = diags_new();
    int64_t start = clock_monotonic();
    tree_parse(arena, &source, diags);
    assert_int_equal(diags_count(diags), 1);
    assert_true(clock_monotonic() - start < INT64_C(2000000000));
    buf_release(&text);
    diags_free(diags);
    arena_free(arena);
}

int main(void)
{
    struct CMUnitTest tests[countof(shapes) + countof(places) + countof(heavy)];
    static size_t numbers[countof(heavy)];
    size_t n = 0;
    for (size_t i = 0; i < countof(shapes); i++)
        tests[n++] = (struct CMUnitTest){.name = shapes[i].name,
                                         .test_func = test_shape,
                                         .initial_state = (void *)(uintptr_t)&shapes[i]};
    for (size_t i = 0; i < countof(places); i++)
        tests[n++] = (struct CMUnitTest){.name = places[i].name,
                                         .test_func = test_place,
                                         .initial_state = (void *)(uintptr_t)&places[i]};
    for (size_t i = 0; i < countof(heavy); i++) {
        numbers[i] = i;
        tests[n++] = (struct CMUnitTest){
            .name = heavy[i].name, .test_func = test_heavy, .initial_state = &numbers[i]};
    }
    return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
