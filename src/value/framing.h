/*
 * How the messages of a queue stand in a stream of bytes.
 *
 *     line     text that ends in a newline
 *     nul      bytes that end in NUL
 *     length   u32, big endian, and that many bytes
 *     json     a JSON value (RFC 8259) on a line of its own, null alone excepted
 */
#ifndef VALUE_FRAMING_H
#define VALUE_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/value.h"

struct buf;
struct error;

enum framing {
    FRAMING_LINE,   /* text that ends in a newline */
    FRAMING_NUL,    /* bytes that end in NUL */
    FRAMING_LENGTH, /* a length (4 bytes, big endian) and the bytes */
    FRAMING_JSON,   /* a JSON value on a line */
};

/* A message has no more bytes than this: a longer one is most likely framed in another way. */
#define MESSAGE_MOST VALUE_MOST

/* How far the bytes of a producer were looked at; zeroed at first. */
struct framing_scan {
    size_t whole;      /* bytes at the front that are whole messages */
    size_t seen;       /* bytes in which no further end of a message stands; at least WHOLE */
    uint64_t messages; /* of framings that are checked: how many were found so far */
};

/* As the key `framing` has it. */
const char *framing_word(enum framing framing);

/*
 * Looks at what BYTES has beyond SCAN. 0, or ERROR_FAILED: then what is wrong begins at SCAN->whole,
 * and the text tells which message it is.
 */
int framing_scan(enum framing framing, const char *bytes, size_t length, struct framing_scan *scan,
                 struct error *error);

/* The same at the end of the stream: a last message needs no end of its own and is given one. */
int framing_scan_end(enum framing framing, struct buf *bytes, struct framing_scan *scan,
                     struct error *error);

/* True where LENGTH bytes end in a message whose end has not come, of a framing whose messages end in a byte. */
bool framing_lacks_end(enum framing framing, size_t length, const struct framing_scan *scan);

/* The bytes of the first MOST messages, and how many those are; BYTES are whole messages. */
size_t framing_measure(enum framing framing, const char *bytes, size_t length, size_t most,
                       size_t *count);

/* The bytes of the first messages that have no more than MOST, at least of one; and their count. */
size_t framing_fit(enum framing framing, const char *bytes, size_t length, size_t most,
                   size_t *count);

/* Where the message begins in which byte OFFSET stands; BYTES are whole messages. */
size_t framing_floor(enum framing framing, const char *bytes, size_t length, size_t offset);

/* The bytes of the first message; 0 where it is not whole. */
size_t framing_whole(enum framing framing, const char *bytes, size_t length);

/* The first message without its frame; returns the bytes of both. */
size_t framing_first(enum framing framing, const char *bytes, size_t length, const char **message,
                     size_t *size);

/* Appends the message as an encoded value: a table or the like of json, else a string. */
void framing_decode(enum framing framing, const char *message, size_t size, struct buf *out);

/* Appends an encoded value with its frame; ERROR_FAILED where it cannot stand in such a stream. */
int framing_encode(enum framing framing, const char *encoded, size_t length, struct buf *out,
                   struct error *error);

#endif
