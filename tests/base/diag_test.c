/* Diagnostics: where the caret stands, the order, and how many are shown. */
#include "../harness/unit.h"
#include "base/diag.h"

static struct source source_of(const char *text)
{
    return (struct source){.name = "a.yaml", .text = text, .length = strlen(text)};
}

static void assert_printed(struct diags *diags, const char *expected)
{
    struct buf out = {0};
    diags_print(diags, &out);
    assert_buf(&out, expected);
    diags_free(diags);
}

struct caret_case {
    const char *name;
    const char *text;
    size_t offset;
    uint32_t length;
    const char *hint;
    const char *printed;
};

static const struct caret_case carets[] = {
    {"first", "abc\n", 0, 1, NULL, "a.yaml:1:1: error: wrong\n    1 | abc\n      | ^\n"},
    {"underlined", "key: value\n", 5, 5, NULL,
     "a.yaml:1:6: error: wrong\n    1 | key: value\n      |      ^~~~~\n"},
    {"hint", "abc\n", 1, 2, "did you mean 'x'?",
     "a.yaml:1:2: error: wrong\n    1 | abc\n      |  ^~ did you mean 'x'?\n"},
    {"length-0", "abc\n", 2, 0, NULL, "a.yaml:1:3: error: wrong\n    1 | abc\n      |   ^\n"},
    {"second-line", "a\nbc\n", 3, 1, NULL, "a.yaml:2:2: error: wrong\n    2 | bc\n      |  ^\n"},
    {"no-final-newline", "a\nbc", 3, 1, NULL, "a.yaml:2:2: error: wrong\n    2 | bc\n      |  ^\n"},
    {"end-of-file", "a\n", 2, 1, NULL, "a.yaml:2:1: error: wrong\n    2 | \n      | ^\n"},
    {"behind-the-end", "ab", 99, 1, NULL, "a.yaml:1:3: error: wrong\n    1 | ab\n      |   ^\n"},
    {"empty", "", 0, 1, NULL, "a.yaml:1:1: error: wrong\n    1 | \n      | ^\n"},
    {"tab", "\tab\n", 2, 1, NULL, "a.yaml:1:3: error: wrong\n    1 | \tab\n      | \t ^\n"},
    {"utf8", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80x\n", 9, 1, NULL,
     "a.yaml:1:4: error: wrong\n    1 | \xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80x\n      |    ^\n"},
    {"carriage-return", "abc\r\n", 1, 1, NULL,
     "a.yaml:1:2: error: wrong\n    1 | abc\n      |  ^\n"},
    {"control", "a\x1B[1mb\n", 5, 1, NULL,
     "a.yaml:1:6: error: wrong\n    1 | a?[1mb\n      |      ^\n"},
    {"c1-control", "\xC2\x9Bx\n", 2, 1, NULL, "a.yaml:1:2: error: wrong\n    1 | ?x\n      |  ^\n"},
    {"invalid", "\xFFx\n", 1, 1, NULL, "a.yaml:1:2: error: wrong\n    1 | ?x\n      |  ^\n"},
    {"stray-continuation", "\x80\x80x\n", 2, 1, NULL,
     "a.yaml:1:3: error: wrong\n    1 | ??x\n      |   ^\n"},
    {"overlong", "\xE0\x80\x80x\n", 3, 1, NULL,
     "a.yaml:1:4: error: wrong\n    1 | ???x\n      |    ^\n"},
};

static void test_caret(void **state)
{
    const struct caret_case *row = *state;
    struct source source = source_of(row->text);
    struct diags *diags = diags_new();
    diag_error(diags, source_mark(&source, row->offset, row->length), row->hint, "wrong");
    assert_printed(diags, row->printed);
}

/* The line that the caret line points into, and the character above the caret. */
static char above_caret(const char *printed, size_t *shown)
{
    const char *line = strchr(printed, '\n') + 1;
    const char *below = strchr(line, '\n') + 1;
    const char *caret = strchr(below, '^');
    assert_non_null(caret);
    *shown = (size_t)(below - line) - 1;
    return line[caret - below];
}

static void test_long_line(void **state)
{
    (void)state;
    static const size_t places[] = {0, 10, 79, 80, 81, 500, 919, 920, 990, 999};
    for (size_t i = 0; i < countof(places); i++) {
        char text[1001];
        memset(text, '.', 1000);
        text[1000] = '\0';
        text[places[i]] = 'X';
        struct source source = source_of(text);
        struct diags *diags = diags_new();
        struct buf out = {0};
        diag_error(diags, source_mark(&source, places[i], 3), NULL, "wrong");
        diags_print(diags, &out);
        size_t shown;
        assert_int_equal(above_caret(out.data, &shown), 'X');
        assert_in_range(shown, 1, 8 + 160);
        buf_release(&out);
        diags_free(diags);
    }
}

static void test_long_line_of_utf8(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < 1000; i++)
        buf_text(&text, "\xE2\x82\xAC");
    struct source source = source_of(text.data);
    struct diags *diags = diags_new();
    struct buf out = {0};
    diag_error(diags, source_mark(&source, 1500, 1), NULL, "wrong");
    diags_print(diags, &out);
    assert_null(strchr(out.data, '?')); /* no character is cut */
    assert_non_null(strstr(out.data, "a.yaml:1:501: "));
    buf_release(&out);
    buf_release(&text);
    diags_free(diags);
}

static void test_sorted_by_place(void **state)
{
    (void)state;
    struct source source = source_of("aa\nbb\ncc\n");
    struct diags *diags = diags_new();
    diag_error(diags, source_mark(&source, 6, 1), NULL, "fourth");
    diag_error(diags, source_mark(&source, 1, 1), NULL, "second");
    diag_error(diags, source_mark(&source, 3, 1), NULL, "third");
    diag_error(diags, source_mark(&source, 0, 1), NULL, "first");
    diag_error(diags, source_mark(&source, 6, 1), NULL, "fifth");
    struct buf out = {0};
    diags_print(diags, &out);
    static const char *const order[] = {"first", "second", "third", "fourth", "fifth"};
    const char *at = out.data;
    for (size_t i = 0; i < countof(order); i++) {
        at = strstr(at, order[i]);
        assert_non_null(at);
    }
    buf_release(&out);
    diags_free(diags);
}

/* Errors of one source stand together, sorted, however they came in. */
static void test_two_sources(void **state)
{
    (void)state;
    struct source a = source_of("a\na\na\n");
    struct source b = {.name = "b.lua", .text = "b\nb\nb\n", .length = 6};
    struct diags *diags = diags_new();
    diag_error(diags, source_mark(&a, 4, 1), NULL, "one");
    diag_error(diags, source_mark(&b, 4, 1), NULL, "two");
    diag_error(diags, source_mark(&a, 0, 1), NULL, "three");
    diag_error(diags, source_mark(&b, 0, 1), NULL, "four");
    assert_printed(diags, "a.yaml:1:1: error: three\n    1 | a\n      | ^\n"
                          "a.yaml:3:1: error: one\n    3 | a\n      | ^\n"
                          "b.lua:1:1: error: four\n    1 | b\n      | ^\n"
                          "b.lua:3:1: error: two\n    3 | b\n      | ^\n");
}

static void test_at_most_20(void **state)
{
    (void)state;
    struct source source = source_of("x\n");
    struct diags *diags = diags_new();
    for (int i = 0; i < DIAGS_SHOWN + 3; i++)
        diag_error(diags, source_mark(&source, 0, 1), NULL, "number %d.", i);
    assert_int_equal(diags_count(diags), DIAGS_SHOWN + 3);
    struct buf out = {0};
    diags_print(diags, &out);
    assert_non_null(strstr(out.data, "number 19."));
    assert_null(strstr(out.data, "number 20."));
    assert_non_null(strstr(out.data, "parrun: 3 more errors are not shown\n"));
    buf_release(&out);
    diags_free(diags);
}

/* The first of the file are shown, with their notes, whatever came first: what is not shown takes its notes with it. */
static void test_first_of_the_file_are_shown(void **state)
{
    (void)state;
    struct source a = source_of("x"), b = {.name = "b.yaml", .text = "", .length = 0};
    struct diags *diags = diags_new();
    diag_error(diags, (struct mark){&a, 90, 1, 1}, NULL, "the last of a");
    for (uint32_t line = 60; line; line--) {
        diag_warning(diags, (struct mark){&b, line, 1, 1}, "a hint", "in b");
        diag_note(diags, (struct mark){&b, 1, 1, 1}, "of b %u", line);
        diag_error(diags, (struct mark){&a, line, 1, 1}, "a hint", "in a");
        diag_note(diags, (struct mark){&a, 1, 1, 1}, "of a %u", line);
    }
    diags_note_source(diags, &a, (struct mark){0}, "for all of a");
    assert_int_equal(diags_count(diags), 61);
    struct buf out = {0}, expected = {0};
    for (int line = 1; line <= DIAGS_SHOWN; line++)
        buf_printf(&expected, "a.yaml:%d:1: error: in a\n%sa.yaml:1:1: note: of a %d\n    1 | x\n      | ^\n"
                              "parrun: note: for all of a\n", line, line == 1 ? "    1 | x\n      | ^ a hint\n" : "", line);
    buf_text(&expected, "parrun: 101 more errors are not shown\n");
    diags_print(diags, &out);
    assert_buf(&out, expected.data);
    buf_release(&expected);
    diags_free(diags);
}

static void test_notes(void **state)
{
    (void)state;
    struct source source = source_of("a\nb\nc\n");
    struct diags *diags = diags_new();
    diag_note(diags, source_mark(&source, 0, 1), "of no error");
    diag_error(diags, source_mark(&source, 4, 1), "hint", "twice");
    diag_note(diags, source_mark(&source, 0, 1), "first here");
    diag_note(diags, source_mark(&source, 2, 1), "and here");
    assert_int_equal(diags_count(diags), 1);
    assert_printed(diags, "a.yaml:3:1: error: twice\n    3 | c\n      | ^ hint\n"
                          "a.yaml:1:1: note: first here\n    1 | a\n      | ^\n"
                          "a.yaml:2:1: note: and here\n    2 | b\n      | ^\n");
}

static void test_without_a_place(void **state)
{
    (void)state;
    struct diags *diags = diags_new();
    diag_error(diags, (struct mark){0}, "see there", "cannot read '%s'", "x");
    assert_printed(diags, "parrun: error: cannot read 'x'\n      | see there\n");
}

static void test_none(void **state)
{
    (void)state;
    struct diags *diags = diags_new();
    assert_int_equal(diags_count(diags), 0);
    assert_printed(diags, "");
    diags_free(NULL);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_caret, carets);
    TEST(&tests, test_long_line);
    TEST(&tests, test_long_line_of_utf8);
    TEST(&tests, test_sorted_by_place);
    TEST(&tests, test_two_sources);
    TEST(&tests, test_at_most_20);
    TEST(&tests, test_first_of_the_file_are_shown);
    TEST(&tests, test_notes);
    TEST(&tests, test_without_a_place);
    TEST(&tests, test_none);
    return tests_run(&tests, "diag");
}
