/* A growable run of bytes. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void buf_free(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

void buf_truncate(struct buf *buf, size_t length)
{
    buf->length = length;
    if (buf->data)
        buf->data[length] = '\0';
}

void buf_clear(struct buf *buf)
{
    buf_truncate(buf, 0);
}

void buf_grow(struct buf *buf, size_t size)
{
    buf->data = mem_grow(buf->data, &buf->capacity, buf->length + size + 1, 1);
    buf->data[buf->length] = '\0'; /* it may be that nothing is added after all */
}

void buf_append(struct buf *buf, const void *bytes, size_t size)
{
    char *room = buf_reserve(buf, size);
    if (size)
        memcpy(room, bytes, size);
    buf_added(buf, size);
}

void buf_move(struct buf *buf, void *bytes, size_t size)
{
    char *room = buf_reserve(buf, size);
    mem_move(room, bytes, size);
    buf_added(buf, size);
}

/* Less stays, for what comes next. */
#define BUF_TRIMMED ((size_t)1 << 20)

void buf_trim(struct buf *buf)
{
    if (buf->capacity <= BUF_TRIMMED || buf->length >= buf->capacity / 4)
        return;
    buf->capacity = buf->length + 1;
    buf->data = mem_realloc(buf->data, buf->capacity, 1);
}

void buf_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_vprintf(struct buf *buf, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *room = buf_reserve(buf, (size_t)length);
    vsnprintf(room, (size_t)length + 1, format, again);
    va_end(again);
    buf_added(buf, (size_t)length);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(buf, format, arguments);
    va_end(arguments);
}

/* The two digits of each number below 100. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
                            "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
                            "9899";

/* NUMBER's last COUNT digits, before END; what is left of NUMBER is returned. */
static uint64_t put_digits(char *end, uint64_t number, size_t count)
{
    for (; count >= 2; count -= 2, number /= 100)
        memcpy(end -= 2, &pairs[number % 100 * 2], 2);
    if (count) {
        end[-1] = (char)('0' + number % 10);
        number /= 10;
    }
    return number;
}

void buf_number(struct buf *buf, int64_t number)
{
    char digits[24];
    char *end = digits + sizeof(digits);
    char *at = end;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    for (; rest >= 10; at -= 2)
        rest = put_digits(at, rest, 2);
    if (rest || at == end) {
        put_digits(at, rest, 1);
        at--;
    }
    if (number < 0)
        *--at = '-';
    buf_append(buf, at, (size_t)(end - at));
}

void buf_digits(struct buf *buf, uint64_t number, size_t count)
{
    put_digits(buf_reserve(buf, count) + count, number, count);
    buf_added(buf, count);
}

void buf_consume(struct buf *buf, size_t size)
{
    if (!size)
        return;
    memmove(buf->data, buf->data + size, buf->length - size + 1);
    buf->length -= size;
}

char *buf_take(struct buf *buf)
{
    char *data = buf->data ? buf->data : mem_copy("", 0);
    *buf = (struct buf){0};
    return data;
}

const char *buf_string(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}
