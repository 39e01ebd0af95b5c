/* Frames, whole and hostile. */
#include <endian.h>
#include <signal.h>

#include "../harness/unit.h"
#include "wire/frame.h"

static void test_fields_come_back(void **state)
{
    (void)state;
    struct buf out = {0};
    struct frame frame;
    size_t length;
    size_t begin = frame_begin(&out, FRAME_RESULT);
    frame_u8(&out, 255);
    frame_u32(&out, UINT32_MAX);
    frame_u64(&out, UINT64_MAX);
    frame_i64(&out, INT64_MIN);
    frame_bytes(&out, "a\0b", 3);
    frame_text(&out, "text");
    frame_bytes(&out, NULL, 0);
    frame_end(&out, begin);
    assert_int_equal(frame_take(out.data, out.length, &frame), out.length);
    assert_int_equal(frame.type, FRAME_RESULT);
    assert_int_equal(frame_read_u8(&frame), 255);
    assert_int_equal(frame_read_u32(&frame), UINT32_MAX);
    assert_true(frame_read_u64(&frame) == UINT64_MAX);
    assert_true(frame_read_i64(&frame) == INT64_MIN);
    assert_memory_equal(frame_read_bytes(&frame, &length), "a\0b", 3);
    assert_int_equal(length, 3);
    char *text = frame_read_text(&frame);
    assert_string_equal(text, "text");
    free(text);
    frame_read_bytes(&frame, &length);
    assert_int_equal(length + frame.left, 0);
    assert_false(frame.bad);
    buf_release(&out);
}

static void test_layout(void **state)
{
    (void)state;
    struct buf out = {0};
    size_t begin = frame_begin(&out, FRAME_CANCEL);
    frame_u64(&out, 0x0102);
    frame_end(&out, begin);
    static const char expected[] = {9, 0, 0, 0, FRAME_CANCEL, 2, 1, 0, 0, 0, 0, 0, 0};
    assert_int_equal(out.length, sizeof(expected));
    assert_memory_equal(out.data, expected, sizeof(expected));
    buf_release(&out);
}

static void test_one_after_the_other(void **state)
{
    (void)state;
    struct buf out = {0};
    struct frame frame;
    frame_plain(&out, FRAME_READY);
    frame_plain(&out, FRAME_LOG);
    long taken = frame_take(out.data, out.length, &frame);
    assert_int_equal(taken, 5);
    assert_int_equal(frame.type, FRAME_READY);
    assert_int_equal(frame_take(out.data + taken, out.length - (size_t)taken, &frame), 5);
    assert_int_equal(frame.type, FRAME_LOG);
    assert_int_equal(frame.left, 0);
    assert_int_equal(frame_take(out.data + out.length, 0, &frame), 0);
    buf_release(&out);
}

static void test_reads_behind_the_end(void **state)
{
    (void)state;
    struct frame frame = {.at = "abc", .left = 3};
    assert_int_equal(frame_read_u32(&frame), 0);
    assert_true(frame.bad);
    assert_int_equal(frame_read_u8(&frame), 0); /* what is behind a bad field is none */
    assert_int_equal(frame_read_u64(&frame), 0);
    char *text = frame_read_text(&frame);
    assert_string_equal(text, "");
    free(text);
}

struct length_case {
    const char *name;
    uint32_t length;
    char type;
    long taken;
};

static const struct length_case lengths[] = {
    {"zero", 0, 0, -1},
    {"one", 1, 0, 5},
    {"unknown", 1 << 20, 'x', 0},
    {"unknown-long", 1 << 30, 'x', -1},
    {"longest", FRAME_LONGEST, FRAME_PUT, 0},
    {"beyond", FRAME_LONGEST + 1, FRAME_PUT, -1},
    {"most", UINT32_MAX, FRAME_PUT, -1},
};

static void test_length(void **state)
{
    const struct length_case *row = *state;
    char bytes[5] = {0};
    uint32_t little = htole32(row->length);
    struct frame frame;
    memcpy(bytes, &little, 4);
    bytes[4] = row->type;
    assert_int_equal(frame_take(bytes, sizeof(bytes), &frame), row->taken);
}

/* A frame with every kind of field. */
static void write_rich(struct buf *out)
{
    size_t begin = frame_begin(out, FRAME_RESULT);
    frame_u64(out, 7);
    frame_u8(out, OUTCOME_FAILED);
    frame_i64(out, -1);
    frame_bytes(out, "bytes", 5);
    frame_text(out, "text");
    frame_end(out, begin);
}

static bool read_rich(struct frame *frame)
{
    size_t length;
    frame_read_u64(frame);
    frame_read_u8(frame);
    frame_read_i64(frame);
    const char *bytes = frame_read_bytes(frame, &length);
    for (size_t i = 0; i < length; i++)
        assert_in_range((unsigned char)bytes[i], 0, 255); /* reads each: a sanitizer watches */
    free(frame_read_text(frame));
    return !frame->bad;
}

/* BYTES in memory of exactly that size, so that a read behind them is seen. */
static char *exact_copy(const char *bytes, size_t length)
{
    char *copy = mem_realloc(NULL, length ? length : 1, 1);
    memcpy(copy, bytes, length);
    return copy;
}

static void test_every_truncation(void **state)
{
    (void)state;
    struct buf out = {0};
    write_rich(&out);
    for (size_t length = 0; length < out.length; length++) {
        struct frame frame;
        char *cut = exact_copy(out.data, length);
        assert_int_equal(frame_take(cut, length, &frame), 0);
        free(cut);
        if (length <= 4)
            continue;
        cut = exact_copy(out.data, length); /* the same with a length that says so */
        uint32_t little = htole32((uint32_t)length - 4);
        memcpy(cut, &little, 4);
        assert_int_equal(frame_take(cut, length, &frame), length);
        assert_false(read_rich(&frame));
        assert_true(frame.bad);
        free(cut);
    }
    buf_release(&out);
}

/* What a worker says of a task is believed where the outcome and what belongs to it are what they can be. */
static const struct result_case {
    const char *name;
    unsigned outcome;
    int64_t number;
    const char *text;
    size_t length;
    bool whole;
} results[] = {
    {"done", OUTCOME_DONE, 0, "", 0, true},
    {"value", OUTCOME_DONE, 0, "\1\1", 2, true},
    {"bytes-behind-the-value", OUTCOME_DONE, 0, "\1\1\0", 3, false},
    {"no-value", OUTCOME_DONE, 0, "\1", 1, false},
    {"signal", OUTCOME_SIGNALED, SIGKILL, "", 0, true},
    {"signal-0", OUTCOME_SIGNALED, 0, "", 0, false},
    {"signal-last", OUTCOME_SIGNALED, NSIG - 1, "", 0, true},
    {"signal-behind-the-last", OUTCOME_SIGNALED, NSIG, "", 0, false},
    {"failed", OUTCOME_FAILED, 0, "any text", 8, true},
    {"last", OUTCOME_CANCELLED, 0, "", 0, true},
    {"behind-the-last", OUTCOME_CANCELLED + 1, 0, "", 0, false},
};

static void test_result(void **state)
{
    const struct result_case *row = *state;
    const struct result written = {.id = 7, .outcome = row->outcome, .number = row->number, .text = row->text, .text_length = row->length};
    struct result read = {0};
    struct buf out = {0};
    struct frame frame;
    frame_write_result(&out, &written);
    assert_int_equal(frame_take(out.data, out.length, &frame), out.length);
    frame_read_result(&frame, &read);
    assert_int_equal(!frame.bad, row->whole);
    assert_int_equal(read.outcome, row->outcome);
    assert_int_equal(read.number, row->number);
    assert_int_equal(read.text_length, row->length);
    buf_release(&out);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static void test_random_bytes(void **state)
{
    (void)state;
    uint64_t seed = 42;
    size_t whole = 0;
    for (int round = 0; round < 200000; round++) {
        char bytes[64];
        size_t length = next_random(&seed) % (sizeof(bytes) + 1);
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)next_random(&seed);
        if (length > 4 && round % 2)
            memcpy(bytes, (char[4]){(char)(length - 4), 0, 0, 0}, 4);
        struct frame frame;
        char *copy = exact_copy(bytes, length);
        long taken = frame_take(copy, length, &frame);
        assert_true(taken >= -1 && taken <= (long)length);
        if (taken > 0) {
            read_rich(&frame);
            whole++;
        }
        free(copy);
    }
    assert_true(whole > 10000);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_fields_come_back);
    TEST(&tests, test_layout);
    TEST(&tests, test_one_after_the_other);
    TEST(&tests, test_reads_behind_the_end);
    TEST_ROWS(&tests, test_length, lengths);
    TEST(&tests, test_every_truncation);
    TEST_ROWS(&tests, test_result, results);
    TEST(&tests, test_random_bytes);
    return tests_run(&tests, "frame");
}
