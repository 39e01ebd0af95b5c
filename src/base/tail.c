/* The last lines, in a ring. */
#include "base/tail.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define TAIL_LINES 5
#define TAIL_BYTES 200

struct tail_line {
    size_t length; /* of the line, which may be longer than what is kept of it */
    char bytes[TAIL_BYTES];
};

struct tail {
    struct tail_line lines[TAIL_LINES];
    size_t count; /* of all that were added */
};

void tail_add(struct tail **tail, const char *bytes, size_t length)
{
    if (!*tail)
        *tail = mem_calloc(1, sizeof(**tail));
    struct tail_line *line = &(*tail)->lines[(*tail)->count++ % TAIL_LINES];
    line->length = length;
    if (length)
        memcpy(line->bytes, bytes, length < TAIL_BYTES ? length : TAIL_BYTES);
}

static void print_line(const struct tail_line *line, struct buf *out)
{
    size_t kept = line->length < TAIL_BYTES ? line->length : TAIL_BYTES;
    for (size_t i = 0; i < kept; i++) {
        unsigned char byte = (unsigned char)line->bytes[i];
        buf_char(out, (byte < ' ' && byte != '\t') || byte == 0x7F ? '?' : line->bytes[i]);
    }
    buf_text(out, line->length > kept ? "...\n" : "\n");
}

void tail_print(const struct tail *tail, const char *prefix, struct buf *out)
{
    size_t count = tail ? tail->count : 0;
    for (size_t i = count > TAIL_LINES ? count - TAIL_LINES : 0; i < count; i++) {
        buf_text(out, prefix);
        print_line(&tail->lines[i % TAIL_LINES], out);
    }
}

void tail_free(struct tail *tail)
{
    free(tail);
}
