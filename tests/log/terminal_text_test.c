/* What a child writes on a terminal: its colours and nothing else that is obeyed. */
#include "../harness/unit.h"
#include "base/str.h"
#include "log/terminal_text.h"

#define TEXT(text) text, sizeof(text) - 1

static const struct terminal_case {
    const char *name;
    const char *bytes;
    size_t length;
    const char *shown;
    const char *plain; /* without colours; NULL: the same */
} cases[] = {
    {"text", TEXT("a\tb\n\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
     "a\tb\n\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", NULL},
    {"color", TEXT("\033[31mred\033[0m\033[m"), "\033[31mred\033[0m\033[m", "red"},
    {"color left on", TEXT("\033[38;2;1;2;3mx"), "\033[38;2;1;2;3mx\033[0m", "x"},
    {"color with colons", TEXT("\033[4:3mx\033[00m"), "\033[4:3mx\033[00m", "x"},
    {"cursor", TEXT("\033[2J\033[1;1H\033[A"), "^[[2J^[[1;1H^[[A", NULL},
    {"modes", TEXT("\033[?25l\033[>4;2m\033[ q\033c"), "^[[?25l^[[>4;2m^[[ q^[c", NULL},
    {"title", TEXT("\033]0;x\007\033]52;c;eA==\033\\"), "^[]0;x^G^[]52;c;eA==^[\\", NULL},
    {"strings", TEXT("\033Pq\033\\\033_x\033\\"), "^[Pq^[\\^[_x^[\\", NULL},
    {"controls", TEXT("\a\b\v\f\016\177\r."), "^G^H^K^L^N^?^M.", NULL},
    {"NUL", TEXT("\0"), "^@", NULL},
    {"line ends of DOS", TEXT("a\r\nb\r"), "a\nb", NULL},
    {"C1", TEXT("\xC2\x9B"
                "31m\xC2\x85"),
     "\\u009b31m\\u0085", NULL},
    {"C1 of one byte", TEXT("\x9B"
                            "31m"),
     "\\x9b31m", NULL},
    {"no UTF-8", TEXT("\xE9.\xC3(\xED\xA0\x80\xC0\xAF"), "\\xe9.\\xc3(\\xed\\xa0\\x80\\xc0\\xaf", NULL},
    {"no-break space", TEXT("\xC2\xA0"), "\xC2\xA0", NULL},
    {"cut", TEXT("\033[31"), "^[[31", NULL},
    {"cut character", TEXT("\xE2\x82"), "\\xe2\\x82", NULL},
    {"escape at the end", TEXT("\033"), "^[", NULL},
    {"escape twice", TEXT("\033\033[1m"), "^[\033[1m\033[0m", "^["},
    {"endless numbers", TEXT("\033[1111111111111111111111111111111111111111111111111111m"),
     "^[[1111111111111111111111111111111111111111111111111111m", NULL},
};

/* PIECE bytes at a time. */
static void assert_shown(const struct terminal_case *one, bool color, size_t piece)
{
    struct terminal_text terminal = {.color = color};
    struct buf out = {0};
    const char *expected = color || !one->plain ? one->shown : one->plain;
    for (size_t at = 0; at < one->length; at += piece) {
        size_t left = one->length - at;
        terminal_put(&terminal, &out, one->bytes + at, left < piece ? left : piece);
    }
    terminal_end(&terminal, &out);
    assert_string_equal(buf_string(&out), expected);
    buf_release(&out);
}

/* Whole, and in pieces of every size. */
static void test_shown(void **state)
{
    const struct terminal_case *one = *state;
    for (size_t piece = 1; piece <= one->length; piece++) {
        assert_shown(one, true, piece);
        assert_shown(one, false, piece);
    }
}

/* Where what is not a colour stands in TEXT and would be obeyed; NULL: nowhere. */
static const char *find_obeyed(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t size = utf8_char(text + i, length - i);
        unsigned char c = (unsigned char)text[i];
        if (c == '\033' && text[i + 1] == '[') {
            size_t numbers = strspn(text + i + 2, "0123456789;:");
            if (text[i + 2 + numbers] != 'm')
                return text + i;
            i += numbers + 3;
            continue;
        }
        if (!size || (c < ' ' && c != '\n' && c != '\t') || c == 0x7F ||
            (c == 0xC2 && (unsigned char)text[i + 1] < 0xA0))
            return text + i;
        i += size;
    }
    return NULL;
}

/* Whatever the bytes: sequences of those that mean something to a terminal. */
static void test_nothing_is_obeyed(void **state)
{
    (void)state;
    static const char alphabet[] = "\033\033\033[[]0;31mPX^_\\\x07\x9b\x9d\xc2\x85\xe2\x80\x1b\r\n\x7f?HJ";
    unsigned long seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        struct terminal_text terminal = {.color = true};
        struct buf out = {0};
        for (unsigned part = 0; part < 3; part++) {
            char bytes[16];
            for (size_t i = 0; i < sizeof(bytes); i++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                bytes[i] = alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
            }
            terminal_put(&terminal, &out, bytes, sizeof(bytes));
        }
        terminal_end(&terminal, &out);
        assert_null(find_obeyed(buf_string(&out), out.length));
        buf_release(&out);
    }
}

static void test_colors_of_names(void **state)
{
    (void)state;
    static const char *const names[] = {"web", "db", "cache", "test", "worker", "a", "b", "c"};
    unsigned different = 0;
    for (size_t i = 0; i < countof(names); i++) {
        const char *color = terminal_color_of(names[i]);
        assert_string_equal(color, terminal_color_of(names[i]));
        assert_string_not_equal(color, "31");
        for (size_t j = 0; j < i; j++)
            different += strcmp(color, terminal_color_of(names[j])) != 0;
    }
    assert_true(different > 20); /* of 28 pairs */
    assert_string_equal(terminal_color_of("web"), "95");
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_shown, cases);
    TEST(&tests, test_nothing_is_obeyed);
    TEST(&tests, test_colors_of_names);
    return tests_run(&tests, "terminal");
}
