/* Secrets in texts, whole and in pieces. */
#include "../harness/unit.h"
#include "base/mask.h"

static const struct mask_case {
    const char *name;
    const char *secrets[4];
    const char *text;
    const char *masked;
} cases[] = {
    {"none", {NULL}, "nothing to hide", "nothing to hide"},
    {"one", {"hunter2"}, "hunter2: hunter2, hunter", "***: ***, hunter"},
    {"nothing but", {"hunter2"}, "hunter2", "***"},
    {"prefix of another", {"abcd", "abcdef"}, "abcd abcde abcdef", "*** ***e ***"},
    {"overlap", {"abcdef", "efgh"}, "abcdefgh.efgh", "***.***"},
    {"inside another", {"xabcdx", "abcd"}, "xabcdx abcd", "*** ***"},
    {"with itself", {"abab"}, "abababab-", "***-"},
    {"side by side", {"abcd"}, "abcdabcd", "******"},
    {"lines", {"first\r\nsecond\nno"}, "first\nsecond no\n", "***\n*** no\n"},
    {"too short", {"abc"}, "abc", "abc"},
    {"shell quotes", {"it's me"}, "'it'\\''s me'", "'***'"},
    {"quotes in quotes", {"a'bc"}, "'x a'\\''\\'\\'''\\''bc'", "'x ***'"},
    {"double quotes", {"a$b`c"}, "\"a\\$b\\`c\"", "\"***\""},
    {"JSON", {"a\"b\\c"}, "{\"x\":\"a\\\"b\\\\c\"}", "{\"x\":\"***\"}"},
    {"almost", {"aaab"}, "aaaaaab aaa", "aaa*** aaa"},
};

static struct mask *make(const struct mask_case *one)
{
    struct mask *mask = mask_new();
    for (size_t i = 0; i < countof(one->secrets) && one->secrets[i]; i++)
        mask_add(mask, one->secrets[i], strlen(one->secrets[i]));
    return mask;
}

static void test_whole(void **state)
{
    const struct mask_case *one = *state;
    struct mask *mask = make(one);
    struct buf text = {0};
    buf_text(&text, one->text);
    mask_buf(mask, &text);
    assert_buf(&text, one->masked);
    mask_free(mask);
}

/* "******" and "***" say the same. */
static void squeeze(struct buf *text)
{
    struct buf out = {0};
    for (const char *at = buf_string(text); *at;) {
        bool stars = !strncmp(at, "***", 3);
        if (!stars || out.length < 3 || strncmp(out.data + out.length - 3, "***", 3) != 0)
            buf_append(&out, at, stars ? 3 : 1);
        at += stars ? 3 : 1;
    }
    buf_release(text);
    *text = out;
}

static void put_in_pieces(const struct mask *mask, const char *text, size_t piece, struct buf *out)
{
    struct mask_stream stream = {0};
    size_t length = strlen(text);
    for (size_t at = 0; at < length; at += piece)
        mask_put(mask, &stream, out, text + at, length - at < piece ? length - at : piece);
    mask_end(mask, &stream, out);
    assert_int_equal(stream.held.length, 0);
    mask_stream_release(&stream);
}

static void test_pieces(void **state)
{
    const struct mask_case *one = *state;
    struct mask *mask = make(one);
    for (size_t piece = 1; piece <= strlen(one->text); piece++) {
        struct buf got = {0}, want = {0};
        put_in_pieces(mask, one->text, piece, &got);
        buf_text(&want, one->masked);
        squeeze(&got);
        squeeze(&want);
        assert_string_equal(buf_string(&got), buf_string(&want));
        buf_release(&got);
        buf_release(&want);
    }
    mask_free(mask);
}

/* What is whole is told at once: a line is never held back for the next. */
static void test_lines_are_not_held(void **state)
{
    (void)state;
    struct mask *mask = mask_new();
    struct mask_stream stream = {0};
    struct buf out = {0};
    mask_add(mask, "secret value", 12);
    mask_put(mask, &stream, &out, "a secret\nb", 10);
    assert_string_equal(buf_string(&out), "a secret\nb");
    mask_put(mask, &stream, &out, " sec", 4);
    assert_string_equal(buf_string(&out), "a secret\nb ");
    mask_put(mask, &stream, &out, "ret value", 9);
    assert_string_equal(buf_string(&out), "a secret\nb ***");
    buf_release(&out);
    mask_stream_release(&stream);
    mask_free(mask);
}

/* An endless match keeps no more than a secret is long. */
static void test_held_is_bounded(void **state)
{
    (void)state;
    struct mask *mask = mask_new();
    struct mask_stream stream = {0};
    struct buf out = {0};
    mask_add(mask, "aaaaaaaa", 8);
    for (unsigned i = 0; i < 1000; i++) {
        mask_put(mask, &stream, &out, "aaaaaaaaaaaaaaaa", 16);
        assert_true(stream.held.length < 8);
    }
    mask_end(mask, &stream, &out);
    assert_string_equal(buf_string(&out), "***");
    buf_release(&out);
    mask_stream_release(&stream);
    mask_free(mask);
}

/* Random texts over two messages: what is masked is what stands in a secret, however it is cut. */
static void test_every_place(void **state)
{
    (void)state;
    unsigned long seed = 7;
    struct mask *mask = mask_new();
    static const char *const secrets[] = {"abab", "babba", "aabaab"};
    for (size_t i = 0; i < countof(secrets); i++)
        mask_add(mask, secrets[i], strlen(secrets[i]));
    for (unsigned round = 0; round < 20000; round++) {
        char text[25] = "", kept[25] = "";
        bool hidden[24] = {0};
        struct buf got = {0}, left = {0};
        for (size_t i = 0; i < 24; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text[i] = "ab"[seed >> 40 & 1];
        }
        for (size_t i = 0; i < countof(secrets); i++)
            for (const char *at = text; (at = strstr(at, secrets[i])); at++)
                memset(hidden + (at - text), 1, strlen(secrets[i]));
        for (size_t i = 0, n = 0; i < 24; i++)
            if (!hidden[i])
                kept[n++] = text[i];
        put_in_pieces(mask, text, 1 + round % 9, &got);
        for (size_t i = 0; i < got.length; i++)
            if (got.data[i] != '*')
                buf_char(&left, got.data[i]);
        assert_string_equal(buf_string(&left), kept);
        buf_release(&got);
        buf_release(&left);
    }
    mask_free(mask);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_whole, cases);
    TEST_ROWS(&tests, test_pieces, cases);
    TEST(&tests, test_lines_are_not_held);
    TEST(&tests, test_held_is_bounded);
    TEST(&tests, test_every_place);
    return tests_run(&tests, "mask");
}
