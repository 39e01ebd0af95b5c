/* Text without what a terminal obeys. */
#include <string.h>

#include "../harness/unit.h"
#include "base/buf.h"
#include "base/plain.h"

struct plain_case {
    const char *name;
    const char *text;
    const char *seen;
};

static const struct plain_case cases[] = {
    {"nothing", "", ""},
    {"text", "listening on 8080", "listening on 8080"},
    {"tab", "a\tb", "a\tb"},
    {"utf-8", "caf\xc3\xa9", "caf\xc3\xa9"},
    {"return", "up\r", "up"},
    {"colours", "\033[32mlistening\033[39m on port \033[1m8080\033[22m", "listening on port 8080"},
    {"colours-of-24-bits", "\033[38;2;1;2;3mup\033[0m", "up"},
    {"cursor", "\033[2K\033[1Gup", "up"},
    {"private-mode", "\033[?25lup\033[?25h", "up"},
    {"title-bell", "\033]0;title\aup", "up"},
    {"title-st", "\033]0;title\033\\up", "up"},
    {"link", "\033]8;;http://a/\033\\up\033]8;;\033\\", "up"},
    {"charset", "\033(Bup", "up"},
    {"two-bytes", "\0337up\0338", "up"},
    {"controls", "\001u\bp\177", "up"},
    {"no-end", "up\033[32", "up"},
    {"no-end-of-text", "up\033]0;title", "up"},
    {"escape-at-the-end", "up\033", "up"},
};

static void test_seen(void **state)
{
    const struct plain_case *row = *state;
    struct buf out = {0};
    plain_text(&out, row->text, strlen(row->text));
    assert_string_equal(buf_string(&out), row->seen);
    buf_release(&out);
}

/* A NUL is a control character as others are, and an escape before it begins no text. */
static void test_nul(void **state)
{
    static const char text[] = "a\0b\033\0c";
    struct buf out = {0};
    (void)state;
    plain_text(&out, text, sizeof(text) - 1);
    assert_buf(&out, "abc");
    buf_release(&out);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_seen, cases);
    TEST(&tests, test_nul);
    return tests_run(&tests, "plain");
}
