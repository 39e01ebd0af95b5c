/* Questions to a terminal, whole and in pieces. */
#include <string.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "os/pty_answer.h"

struct answer_case {
    const char *name;
    const char *written;
    const char *answer;
};

static const struct answer_case cases[] = {
    {"text", "hello\n", ""},
    {"cursor", "\033[6n", "\033[1;1R"},
    {"in-a-text", "a\033[6nb", "\033[1;1R"},
    {"after-colours", "\033[32mup\033[0m\033[6n", "\033[1;1R"},
    {"after-half-of-one", "\033[\033[6n", "\033[1;1R"},
    {"two", "\033[6n\033[c", "\033[1;1R\033[?1;2c"},
    {"attributes", "\033[0c", "\033[?1;2c"},
    {"version", "\033[>c", "\033[>0;0;0c"},
    {"status", "\033[5n", "\033[0n"},
    {"unknown", "\033[7n\033]11;?\a", ""},
};

static void answers(const struct answer_case *row, size_t piece)
{
    struct pty_query query = {0};
    char got[64] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    for (size_t at = 0, left = strlen(row->written); left; at += piece, left -= piece) {
        piece = piece < left ? piece : left;
        pty_answer(&query, ends[1], row->written + at, piece);
    }
    close(ends[1]);
    assert_true(read(ends[0], got, sizeof(got) - 1) >= 0);
    assert_string_equal(got, row->answer);
    close(ends[0]);
}

static void test_answer(void **state)
{
    answers(*state, 64);
    answers(*state, 1);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_answer, cases);
    return tests_run(&tests, "pty_answer");
}
