/* Texts as YAML, and what is read back of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "yaml/text.h"
#include "yaml/tree.h"

static void test_the_plainest_form_that_means_the_text(void **state)
{
    static const struct {
        const char *text;
        const char *written;
    } cases[] = {
        {"word", "word"},
        {"two words", "two words"},
        {"--option=1", "--option=1"},
        {"1h30m", "1h30m"},
        {"a;b | c", "a;b | c"},
        {"", "\"\""},
        {"yes", "\"yes\""},
        {"012", "\"012\""},
        {"1.5", "\"1.5\""},
        {"0s", "0s"},
        {"1/udp", "1/udp"},
        {"1_000", "\"1_000\""},
        {"2001-12-14", "\"2001-12-14\""},
        {"8080:80", "\"8080:80\""},
        {"a: b", "\"a: b\""},
        {"a:", "\"a:\""},
        {"a, b", "\"a, b\""},
        {"x ", "\"x \""},
        {"- x", "\"- x\""},
        {"{a}", "\"{a}\""},
        {"it's", "\"it's\""},
        {"'a' \"b\"", "'''a'' \"b\"'"},
        {"[\\d]", "'[\\d]'"},
        {"\"a\n", "\"\\\"a\\n\""},
        {"\x1B[1m", "\"\\u001b[1m\""},
        {"\xC2\x85", "\"\\u0085\""},
        {"\xE2\x80\xA8", "\"\\u2028\""},
        {"\xEF\xBB\xBF", "\"\\ufeff\""},
        {"\xEF\xBF\xBE", "\"\\ufffe\""},
        {"\xEF\xBF\xBF", "\"\\uffff\""},
        {"\xEF\xBF\xBD", "\"\xEF\xBF\xBD\""},
        {"\xC3\xA9", "\"\xC3\xA9\""},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < countof(cases); i++)
        assert_string_equal(yaml_quoted(arena, cases[i].text), cases[i].written);
    arena_free(arena);
    (void)state;
}

/* The scalar in TEXT, a list of it and of another; NULL where it is none. */
static const struct node *read_back(struct arena *arena, struct source *source, const char *text)
{
    struct diags *diags = diags_new();
    *source = (struct source){.name = "text.yaml", .text = (char *)text, .length = strlen(text)};
    const struct node *root = tree_parse(arena, source, diags);
    bool fine = !diags_count(diags) && root && root->kind == NODE_LIST && root->size == 2 && root->items[0].kind == NODE_SCALAR;
    diags_free(diags);
    return fine ? &root->items[0] : NULL;
}

static const char *const texts[] = {
    "a",    "a b",     "...",         "'",       "\"",  "a\"b'c", "#",          " #a",      "a #b",   "-",        "--",         "---",   "?",   "? a",
    "&a",   "*a",      "!a",      "%a",  "@a",     "`",          "a:b",      "a:",     "a: b",     ":a",         ",",     "a,b", "[",
    "]",    "{",       "}",       "|",   ">",      "=",          "<<",       "~",      "null",     "1",          "-1",    "+1",  "0x1",
    "1e3",  ".5",      ".inf",    "NaN", "1_0",    "1:30",       "12h",      "\n",     "a\nb",     "a\nb\n",     "a\n\n", "\na", " a\nb",
    "\ta",  "a\tb",    "a\n b\n", "a\r", "\x7F",   "\xC2\x9F",   "\xC2\xA0", "\xE2\x80\xA9-", "\xEF\xBB\xBF-", "a\n\n\nb", "a \nb ",
    "a\\b", "\\\n'\"", "$(x)",    "+",   "(a)",    "\xF0\x9F\x98\x80",
};

static void test_a_text_is_read_back_from_a_list(void **state)
{
    for (size_t i = 0; i < countof(texts); i++) {
        struct arena *arena = arena_new();
        struct source source;
        const struct node *node = read_back(arena, &source, arena_printf(arena, "[%s, b]", yaml_quoted(arena, texts[i])));
        assert_non_null(node);
        assert_string_equal(node->text, texts[i]);
        arena_free(arena);
    }
    (void)state;
}

static void test_a_block_holds_the_text_or_there_is_none(void **state)
{
    size_t blocks = 0;
    for (size_t i = 0; i < countof(texts); i++) {
        struct arena *arena = arena_new();
        struct source source;
        struct buf out = {0};
        buf_text(&out, "- ");
        bool block = yaml_block(&out, texts[i], 4);
        buf_text(&out, "- b\n");
        const struct node *node = block ? read_back(arena, &source, out.data) : NULL;
        assert_true(!block == !node);
        if (block)
            assert_string_equal(node->text, texts[i]);
        else
            assert_string_equal(out.data, "- - b\n");
        blocks += block;
        buf_release(&out);
        arena_free(arena);
    }
    assert_true(blocks > countof(texts) / 2);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_plainest_form_that_means_the_text),
        cmocka_unit_test(test_a_text_is_read_back_from_a_list),
        cmocka_unit_test(test_a_block_holds_the_text_or_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
