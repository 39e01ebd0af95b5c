/*
 * A growable run of bytes. A zeroed struct buf is an empty one; buf_release() frees it.
 *
 * DATA is always followed by a NUL that LENGTH does not count, unless nothing was ever put in.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data;
    size_t length;
    size_t capacity;
};

/* As buf_release(), where there is something to free. */
void buf_free(struct buf *buf);

/* Frees the bytes and makes the buffer empty; it can be used again. Most buffers that are released never held anything. */
static inline void buf_release(struct buf *buf)
{
    if (buf->data)
        buf_free(buf);
}

/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *buf);

/* Keeps the first LENGTH bytes, forgets the rest. */
void buf_truncate(struct buf *buf, size_t length);

/* Makes room for SIZE more bytes, of which there is not enough: for buf_reserve() alone. */
void buf_grow(struct buf *buf, size_t size);

/* Makes room for SIZE more bytes and returns where they go; set by buf_added(). */
static inline char *buf_reserve(struct buf *buf, size_t size)
{
    if (size >= buf->capacity - buf->length)
        buf_grow(buf, size);
    return buf->data + buf->length;
}

/* SIZE bytes were written where buf_reserve() said. */
static inline void buf_added(struct buf *buf, size_t size)
{
    buf->length += size;
    buf->data[buf->length] = '\0';
}

static inline void buf_char(struct buf *buf, char c)
{
    *buf_reserve(buf, 1) = c;
    buf_added(buf, 1);
}

void buf_append(struct buf *buf, const void *bytes, size_t size);
void buf_text(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Decimal digits of NUMBER, quicker than buf_printf(). */
void buf_number(struct buf *buf, int64_t number);

/* The last COUNT decimal digits of NUMBER, with zeros before it. */
void buf_digits(struct buf *buf, uint64_t number, size_t count);

/* Appends SIZE bytes that are not needed any more where they are: see mem_move(). */
void buf_move(struct buf *buf, void *bytes, size_t size);

/* Drops SIZE bytes from the front. */
void buf_consume(struct buf *buf, size_t size);

/* Gives back what a large content took that is gone; what is left stays. */
void buf_trim(struct buf *buf);

/* Hands the bytes to the caller as a C string to free(); the buffer is empty afterwards. */
char *buf_take(struct buf *buf);

/* The content as a C string, "" when empty; valid until the buffer changes. */
const char *buf_string(const struct buf *buf);

#endif
