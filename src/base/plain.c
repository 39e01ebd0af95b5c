/* Leaving out what a terminal obeys. */
#include "base/plain.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

#define ESCAPE '\033'
#define BELL '\a'
#define DELETE '\177'

static bool is_between(char byte, char least, char most)
{
    return byte >= least && byte <= most;
}

/* Behind "ESC [": parameters, intermediate bytes, and a final one. */
static const char *skip_control(const char *at, const char *end)
{
    while (at < end && is_between(*at, ' ', '?'))
        at++;
    return at < end ? at + 1 : end;
}

/* Behind "ESC ]" and its like: a text up to BEL or "ESC \". */
static const char *skip_text(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == BELL)
            return at + 1;
        if (*at == ESCAPE && end - at > 1 && at[1] == '\\')
            return at + 2;
    }
    return end;
}

/* AT is behind the escape: where the sequence ends. */
static const char *skip_sequence(const char *at, const char *end)
{
    if (at < end && *at == '[')
        return skip_control(at + 1, end);
    if (at < end && *at && strchr("]PX^_", *at))
        return skip_text(at + 1, end);
    while (at < end && is_between(*at, ' ', '/'))
        at++;
    return at < end ? at + 1 : end;
}

static bool is_seen(char byte)
{
    return byte == '\t' || ((unsigned char)byte >= ' ' && byte != DELETE);
}

void plain_text(struct buf *out, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    while (bytes < end) {
        const char *from = bytes;
        while (bytes < end && is_seen(*bytes))
            bytes++;
        buf_append(out, from, (size_t)(bytes - from));
        if (bytes == end)
            return;
        bytes = *bytes == ESCAPE ? skip_sequence(bytes + 1, end) : bytes + 1;
    }
}
