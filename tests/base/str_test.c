/* Shell quoting against a real shell, UTF-8 and wildcards. */
#include <unistd.h>

#include "../harness/unit.h"
#include "base/str.h"

/* What /bin/sh prints for the command "printf %s WORD", WORD as it is quoted. */
static void assert_shell_reads_back(const char *bytes, size_t length)
{
    struct buf command = {0}, said = {0};
    buf_text(&command, "printf '%s|' ");
    shell_quote(&command, bytes, length);
    fflush(NULL);
    FILE *shell = popen(command.data, "r");
    assert_non_null(shell);
    size_t size;
    while ((size = fread(buf_reserve(&said, 4096), 1, 4096, shell)) > 0)
        buf_added(&said, size);
    assert_int_equal(pclose(shell), 0);
    assert_int_equal(said.length, length + 1);
    assert_memory_equal(said.data, bytes, length);
    assert_int_equal(said.data[length], '|');
    buf_release(&command);
    buf_release(&said);
}

static void test_quote_every_byte_in_one_word(void **state)
{
    (void)state;
    char bytes[255];
    for (int i = 0; i < 255; i++)
        bytes[i] = (char)(i + 1);
    assert_shell_reads_back(bytes, sizeof(bytes));
}

/* Each byte as a word of its own, and at the front and the end of one: one shell for all. */
static void test_quote_each_byte_alone(void **state)
{
    (void)state;
    struct buf command = {0}, expected = {0}, said = {0};
    buf_text(&command, "printf '%s|'");
    for (int i = 1; i < 256; i++) {
        char words[3][2] = {{(char)i, 0}, {(char)i, 'a'}, {'a', (char)i}};
        for (size_t k = 0; k < 3; k++) {
            size_t length = k ? 2 : 1;
            buf_char(&command, ' ');
            shell_quote(&command, words[k], length);
            buf_append(&expected, words[k], length);
            buf_char(&expected, '|');
        }
    }
    fflush(NULL);
    FILE *shell = popen(command.data, "r");
    assert_non_null(shell);
    size_t size;
    while ((size = fread(buf_reserve(&said, 4096), 1, 4096, shell)) > 0)
        buf_added(&said, size);
    assert_int_equal(pclose(shell), 0);
    assert_int_equal(said.length, expected.length);
    assert_memory_equal(said.data, expected.data, expected.length);
    buf_release(&command);
    buf_release(&expected);
    buf_release(&said);
}

struct quote_case {
    const char *name;
    const char *text;
    const char *quoted;
};

static const struct quote_case quotes[] = {
    {"empty", "", "''"},
    {"plain", "abc", "abc"},
    {"path", "/usr/lib-1.0/x_y", "/usr/lib-1.0/x_y"},
    {"address", "a@b:c,d+e%f", "a@b:c,d+e%f"},
    {"space", "a b", "'a b'"},
    {"single-quote", "it's", "'it'\\''s'"},
    {"only-a-quote", "'", "''\\'''"},
    {"dollar", "$HOME", "'$HOME'"},
    {"tilde", "~", "'~'"},
    {"hash", "#x", "'#x'"},
    {"equals", "a=b", "'a=b'"},
    {"star", "*", "'*'"},
    {"newline", "a\nb", "'a\nb'"},
    {"unicode", "\xC3\xA4", "'\xC3\xA4'"},
};

static void test_quote(void **state)
{
    const struct quote_case *row = *state;
    struct buf out = {0};
    shell_quote(&out, row->text, strlen(row->text));
    assert_buf(&out, row->quoted);
    assert_shell_reads_back(row->text, strlen(row->text));
}

struct utf8_case {
    const char *name;
    const char *bytes;
    size_t length;
    size_t first; /* bytes of the first character; 0: none */
    bool valid;
};

#define UTF8(name, bytes, first, valid)                                                            \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, first, valid                                               \
    }

static const struct utf8_case utf8s[] = {
    UTF8("empty", "", 0, true),
    UTF8("ascii", "abc", 1, true),
    UTF8("nul", "\0", 1, true),
    UTF8("first-of-two", "\xC2\x80", 2, true),
    UTF8("last-of-two", "\xDF\xBF", 2, true),
    UTF8("first-of-three", "\xE0\xA0\x80", 3, true),
    UTF8("before-surrogates", "\xED\x9F\xBF", 3, true),
    UTF8("behind-surrogates", "\xEE\x80\x80", 3, true),
    UTF8("last-of-three", "\xEF\xBF\xBF", 3, true),
    UTF8("first-of-four", "\xF0\x90\x80\x80", 4, true),
    UTF8("last", "\xF4\x8F\xBF\xBF", 4, true),
    UTF8("mixed", "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 1, true),
    UTF8("behind-the-last", "\xF4\x90\x80\x80", 0, false),
    UTF8("five-bytes", "\xF8\x88\x80\x80\x80", 0, false),
    UTF8("overlong-two", "\xC0\x80", 0, false),
    UTF8("overlong-slash", "\xC1\xAF", 0, false),
    UTF8("overlong-three", "\xE0\x9F\xBF", 0, false),
    UTF8("overlong-four", "\xF0\x8F\xBF\xBF", 0, false),
    UTF8("surrogate-low", "\xED\xA0\x80", 0, false),
    UTF8("surrogate-high", "\xED\xBF\xBF", 0, false),
    UTF8("continuation-alone", "\x80", 0, false),
    UTF8("cut-two", "\xC3", 0, false),
    UTF8("cut-three", "\xE2\x82", 0, false),
    UTF8("cut-four", "\xF0\x9F\x98", 0, false),
    UTF8("no-continuation", "\xC3(", 0, false),
    UTF8("third-wrong", "\xE2\x82(", 0, false),
    UTF8("fourth-wrong", "\xF0\x9F\x98(", 0, false),
    UTF8("wrong-behind-good", "a\xFF", 1, false),
};

static void test_utf8(void **state)
{
    const struct utf8_case *row = *state;
    char *exact = mem_realloc(NULL, row->length ? row->length : 1, 1); /* a read past it is seen */
    memcpy(exact, row->bytes, row->length);
    assert_int_equal(utf8_char(exact, row->length), row->first);
    assert_int_equal(utf8_valid(exact, row->length), row->valid);
    free(exact);
}

static size_t encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(heads[size] | c);
    return size;
}

static void test_utf8_every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char bytes[4];
        size_t size = encode(c, bytes);
        bool surrogate = c >= 0xD800 && c < 0xE000;
        assert_int_equal(utf8_char(bytes, size), surrogate ? 0 : size);
    }
}

struct wildcard_case {
    const char *name;
    const char *pattern;
    const char *text;
    bool matches;
};

/* Of each character all that may be cut off, and nothing of one that is whole. */
static void test_utf8_tail(void **state)
{
    (void)state;
    static const char *const characters[] = {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    char text[8] = "x";
    for (size_t i = 0; i < countof(characters); i++) {
        size_t size = strlen(characters[i]);
        memcpy(text + 1, characters[i], size);
        for (size_t cut = 1; cut < size; cut++)
            assert_int_equal(utf8_tail(text, 1 + cut), cut);
        assert_int_equal(utf8_tail(text, 1 + size), 0);
    }
    assert_int_equal(utf8_tail("", 0), 0);
    assert_int_equal(utf8_tail("\xC0", 1), 0);
    assert_int_equal(utf8_tail("\xF5", 1), 0);
    assert_int_equal(utf8_tail("x\x80\x80\x80\x80", 5), 0);
}

static const struct wildcard_case wildcards[] = {
    {"same", "task.ended", "task.ended", true},
    {"other", "task.ended", "task.started", false},
    {"shorter", "task", "task.ended", false},
    {"longer", "task.ended.x", "task.ended", false},
    {"all", "*", "anything", true},
    {"all-of-nothing", "*", "", true},
    {"empty", "", "", true},
    {"empty-pattern", "", "a", false},
    {"prefix", "task.*", "task.ended", true},
    {"suffix", "*.ended", "task.ended", true},
    {"middle", "t*d", "task.ended", true},
    {"two", "*k*e*", "task.ended", true},
    {"stars-in-a-row", "t***d", "td", true},
    {"again", "*ab", "aab", true},
    {"back-twice", "*a*b", "xaybzb", true},
    {"last-missing", "*ab", "abc", false},
    {"case", "Task.*", "task.ended", false},
    {"question-mark-is-plain", "t?sk", "task", false},
};

static void test_wildcard(void **state)
{
    const struct wildcard_case *row = *state;
    assert_int_equal(wildcard_match(row->pattern, row->text), row->matches);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_quote, quotes);
    TEST(&tests, test_quote_every_byte_in_one_word);
    TEST(&tests, test_quote_each_byte_alone);
    TEST_ROWS(&tests, test_utf8, utf8s);
    TEST(&tests, test_utf8_every_code_point);
    TEST(&tests, test_utf8_tail);
    TEST_ROWS(&tests, test_wildcard, wildcards);
    return tests_run(&tests, "str");
}
