/* Building and reading frames. */
#include "wire/frame.h"

#include <endian.h>
#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "value/value.h"

#define FRAME_HEAD 4

size_t frame_begin(struct buf *out, enum frame_type type)
{
    size_t begin = out->length;
    frame_u32(out, 0);
    frame_u8(out, (uint8_t)type);
    return begin;
}

void frame_end(struct buf *out, size_t begin)
{
    uint32_t length = htole32((uint32_t)(out->length - begin - FRAME_HEAD));
    memcpy(out->data + begin, &length, sizeof(length));
}

void frame_head(struct buf *out, enum frame_type type, size_t length)
{
    frame_u32(out, (uint32_t)(sizeof(uint8_t) + length));
    frame_u8(out, (uint8_t)type);
}

void frame_plain(struct buf *out, enum frame_type type)
{
    frame_end(out, frame_begin(out, type));
}

void frame_u8(struct buf *out, uint8_t number)
{
    buf_char(out, (char)number);
}

void frame_u32(struct buf *out, uint32_t number)
{
    uint32_t little = htole32(number);
    buf_append(out, &little, sizeof(little));
}

void frame_u64(struct buf *out, uint64_t number)
{
    uint64_t little = htole64(number);
    buf_append(out, &little, sizeof(little));
}

void frame_i64(struct buf *out, int64_t number)
{
    frame_u64(out, (uint64_t)number);
}

void frame_bytes(struct buf *out, const char *bytes, size_t length)
{
    frame_u32(out, (uint32_t)length);
    buf_append(out, bytes, length);
}

void frame_text(struct buf *out, const char *text)
{
    frame_bytes(out, text, strlen(text));
}

/* A frame of a type that is not known yet is no longer than this. */
#define UNKNOWN_LONGEST (16u << 20)

/* There are no more requests than this, nor replies, nor frames of agents. */
#define REQUESTS_MOST 16

static bool is_type(unsigned char byte)
{
    return (byte >= FRAME_CONFIG && byte <= FRAME_BROKEN) ||
           (byte >= FRAME_READY && byte <= FRAME_ITEM) ||
           (byte >= FRAME_OF_AGENTS && byte < FRAME_OF_AGENTS + REQUESTS_MOST) ||
           (byte >= FRAME_REQUESTS && byte < FRAME_REQUESTS + REQUESTS_MOST) ||
           (byte >= FRAME_REPLIES && byte < FRAME_REPLIES + REQUESTS_MOST);
}

long frame_take(const char *bytes, size_t length, struct frame *frame)
{
    uint32_t size;
    if (length < FRAME_HEAD)
        return 0;
    memcpy(&size, bytes, sizeof(size));
    size = le32toh(size);
    if (size < 1 || size > FRAME_LONGEST)
        return -1;
    /* Text in place of frames is told by its type, long before what looks like a length has come.
     */
    if (size > UNKNOWN_LONGEST && length > FRAME_HEAD && !is_type((unsigned char)bytes[FRAME_HEAD]))
        return -1;
    if (length - FRAME_HEAD < size)
        return 0;
    *frame = (struct frame){
        .type = (enum frame_type)(unsigned char)bytes[FRAME_HEAD],
        .at = bytes + FRAME_HEAD + 1,
        .left = size - 1,
    };
    return (long)(FRAME_HEAD + size);
}

size_t frames_take(const char *bytes, size_t length, bool (*take)(void *arg, struct frame *frame), void *arg, bool *wrong)
{
    struct frame frame = {0};
    size_t done = 0;
    long taken = 0;
    bool more = true;
    while (more && !frame.bad && (taken = frame_take(bytes + done, length - done, &frame)) != 0) {
        if (taken < 0)
            break;
        done += (size_t)taken;
        more = take(arg, &frame);
    }
    *wrong = frame.bad || taken < 0;
    return done;
}

size_t frame_announces(const char *bytes, size_t length)
{
    uint32_t size = 0;
    if (length >= FRAME_HEAD)
        memcpy(&size, bytes, sizeof(size));
    return le32toh(size);
}

/* Copies SIZE bytes to NUMBER, zeros where there are not so many. */
static void read_raw(struct frame *frame, void *number, size_t size)
{
    if (frame->left < size) {
        frame->bad = true;
        frame->left = 0;
        memset(number, 0, size);
        return;
    }
    memcpy(number, frame->at, size);
    frame->at += size;
    frame->left -= size;
}

uint8_t frame_read_u8(struct frame *frame)
{
    uint8_t number;
    read_raw(frame, &number, sizeof(number));
    return number;
}

uint32_t frame_read_u32(struct frame *frame)
{
    uint32_t number;
    read_raw(frame, &number, sizeof(number));
    return le32toh(number);
}

uint64_t frame_read_u64(struct frame *frame)
{
    uint64_t number;
    read_raw(frame, &number, sizeof(number));
    return le64toh(number);
}

int64_t frame_read_i64(struct frame *frame)
{
    return (int64_t)frame_read_u64(frame);
}

const char *frame_read_bytes(struct frame *frame, size_t *length)
{
    *length = frame_read_u32(frame);
    if (*length > frame->left) {
        frame->bad = true;
        frame->left = 0;
        *length = 0;
        return "";
    }
    const char *bytes = frame->at;
    frame->at += *length;
    frame->left -= *length;
    return bytes;
}

char *frame_read_text(struct frame *frame)
{
    size_t length;
    const char *bytes = frame_read_bytes(frame, &length);
    return mem_copy(bytes, length);
}

void frame_write_task(struct buf *out, uint64_t id, int64_t index, int64_t attempt, int64_t timeout, const struct buf *limits,
                      const struct buf *uses, const char *output_tmp, const struct buf *item)
{
    size_t begin = frame_begin(out, FRAME_TASK);
    frame_u64(out, id);
    frame_i64(out, index);
    frame_i64(out, attempt);
    frame_i64(out, timeout);
    frame_bytes(out, limits->data, limits->length);
    frame_bytes(out, uses->data, uses->length);
    frame_text(out, output_tmp);
    buf_append(out, item->data, item->length);
    frame_end(out, begin);
}

enum outcome outcome_of_call(int code)
{
    switch (code) {
    case 0:
        return OUTCOME_DONE;
    case ERROR_TIMEOUT:
        return OUTCOME_TIMEOUT;
    case ERROR_STOPPED:
        return OUTCOME_CANCELLED;
    default:
        return OUTCOME_FAILED;
    }
}

void frame_write_result(struct buf *out, const struct result *result)
{
    size_t begin = frame_begin(out, FRAME_RESULT);
    frame_u64(out, result->id);
    frame_u8(out, (uint8_t)result->outcome);
    frame_i64(out, result->number);
    frame_i64(out, result->duration);
    frame_i64(out, result->memory);
    frame_u8(out, result->out_of_memory);
    frame_i64(out, result->cpu);
    frame_u32(out, (uint32_t)result->text_length);
    if (result->spent)
        buf_move(out, (char *)result->text, result->text_length);
    else
        buf_append(out, result->text, result->text_length);
    frame_bytes(out, result->command, result->command_length);
    frame_end(out, begin);
}

/* What the outcome promises is there: a signal has a name, a Lua body's result is a whole value. */
static bool result_is_whole(const struct result *result)
{
    switch (result->outcome) {
    case OUTCOME_DONE:
        return !result->text_length ||
               value_size(result->text, result->text_length) == result->text_length;
    case OUTCOME_SIGNALED:
        return result->number > 0 && result->number < NSIG;
    default:
        return result->outcome <= OUTCOME_CANCELLED;
    }
}

void frame_read_result(struct frame *frame, struct result *result)
{
    result->id = frame_read_u64(frame);
    result->outcome = (enum outcome)frame_read_u8(frame);
    result->number = frame_read_i64(frame);
    result->duration = frame_read_i64(frame);
    result->memory = frame_read_i64(frame);
    result->out_of_memory = frame_read_u8(frame);
    result->cpu = frame_read_i64(frame);
    result->text = frame_read_bytes(frame, &result->text_length);
    result->spent = frame->spent;
    result->command = frame_read_bytes(frame, &result->command_length);
    frame->bad = frame->bad || !result_is_whole(result);
}
