/* How the messages of a queue stand in a stream of bytes. */
#include "value/framing.h"

#include <endian.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/message_check.h"
#include "value/value.h"

/* What a length takes in front of its message. */
#define HEAD sizeof(uint32_t)

/* What makes one framing differ from another. */
struct framing_kind {
    bool lengths;    /* a length stands in front; else END stands behind */
    char end;
    const char *word; /* of the key */
    const char *name; /* of such a piece, for messages */
    const char *inside; /* what it cannot hold, for messages */
};

static const struct framing_kind kinds[] = {
    [FRAMING_LINE] = {.end = '\n', .word = "line", .name = "a line", .inside = "a newline"},
    [FRAMING_NUL] = {.end = '\0', .word = "nul", .name = "bytes that end in NUL", .inside = "a NUL byte"},
    [FRAMING_LENGTH] = {.lengths = true, .word = "length", .name = "bytes"},
    [FRAMING_JSON] = {.end = '\n', .word = "json", .name = "JSON"},
};

const char *framing_word(enum framing framing)
{
    return kinds[framing].word;
}

static size_t read_head(const char *bytes)
{
    uint32_t size;
    memcpy(&size, bytes, HEAD);
    return be32toh(size);
}

static int wrong(const struct framing_scan *scan, struct error *error, const char *text)
{
    return error_set(error, ERROR_FAILED, "message %llu %s",
                     (unsigned long long)scan->messages + 1, text);
}

static int scan_lengths(const char *bytes, size_t length, struct framing_scan *scan,
                        struct error *error)
{
    while (length - scan->whole >= HEAD) {
        size_t size = read_head(bytes + scan->whole);
        if (size > MESSAGE_MOST)
            return error_set(error, ERROR_FAILED,
                             "message %llu says that it is %zu bytes long, and none may have more "
                             "than %zu: is it framed with lengths at all?",
                             (unsigned long long)scan->messages + 1, size, MESSAGE_MOST);
        if (length - scan->whole - HEAD < size)
            return 0;
        scan->whole += HEAD + size;
        scan->messages++;
    }
    return 0;
}

/* What follows the last END is searched once, however many pieces a message comes in. */
static int scan_pieces(char end, const char *bytes, size_t length, struct framing_scan *scan,
                       struct error *error)
{
    const char *last = length > scan->seen ? memrchr(bytes + scan->seen, end, length - scan->seen)
                                           : NULL;
    if (last)
        scan->whole = (size_t)(last + 1 - bytes);
    scan->seen = length;
    if (length - scan->whole > MESSAGE_MOST)
        return error_set(error, ERROR_FAILED, "a message of more than %zu bytes", MESSAGE_MOST);
    return 0;
}

/* The value that a line of JSON is, in ARENA. */
static int parse(struct arena *arena, const char *line, size_t length, struct value *value,
                 const struct framing_scan *scan, struct error *error)
{
    int result = value_from_json(arena, line, length, value, error);
    if (result)
        return error_wrap(error, "message %llu", (unsigned long long)scan->messages + 1);
    if (value->type == VALUE_NIL)
        return wrong(scan, error, "is null: a consumer could not tell it from the end");
    return 0;
}

static int scan_json(const char *bytes, size_t length, struct framing_scan *scan,
                     struct error *error)
{
    int result = 0;
    const char *newline;
    while (!result && scan->seen < length &&
           (newline = memchr(bytes + scan->seen, '\n', length - scan->seen))) {
        struct arena *arena = arena_new();
        struct value value;
        size_t end = (size_t)(newline - bytes);
        result = parse(arena, bytes + scan->whole, end - scan->whole, &value, scan, error);
        arena_free(arena);
        if (result)
            break;
        scan->whole = scan->seen = end + 1;
        scan->messages++;
    }
    if (!result)
        scan->seen = length;
    return result;
}

int framing_scan(enum framing framing, const char *bytes, size_t length, struct framing_scan *scan,
                 struct error *error)
{
    if (framing == FRAMING_LENGTH)
        return scan_lengths(bytes, length, scan, error);
    if (framing == FRAMING_JSON)
        return scan_json(bytes, length, scan, error);
    return scan_pieces(kinds[framing].end, bytes, length, scan, error);
}

static int cut_short(const char *bytes, size_t length, const struct framing_scan *scan,
                     struct error *error)
{
    bool head = length < HEAD;
    return error_set(error, ERROR_FAILED, "message %llu is cut short: %zu of %zu bytes of its %s came",
                     (unsigned long long)scan->messages + 1, head ? length : length - HEAD,
                     head ? HEAD : read_head(bytes), head ? "length" : "content");
}

bool framing_lacks_end(enum framing framing, size_t length, const struct framing_scan *scan)
{
    return length > scan->whole && !kinds[framing].lengths;
}

int framing_scan_end(enum framing framing, struct buf *bytes, struct framing_scan *scan,
                     struct error *error)
{
    if (bytes->length == scan->whole)
        return 0;
    if (kinds[framing].lengths)
        return cut_short(bytes->data + scan->whole, bytes->length - scan->whole, scan, error);
    buf_char(bytes, kinds[framing].end);
    return framing_scan(framing, bytes->data, bytes->length, scan, error);
}

/* The bytes of the first message, its frame included. */
static size_t first_size(const struct framing_kind *kind, const char *bytes, size_t length)
{
    if (kind->lengths)
        return HEAD + read_head(bytes);
    const char *end = memchr(bytes, kind->end, length);
    return (size_t)(end - bytes) + 1;
}

/* How many of the COUNT_BLOCK bytes are END: sixteen at a time, as the compiler makes of it. */
#define COUNT_BLOCK ((size_t)2048)
#define COUNT_WIDTH 16

static size_t count_block(const char *bytes, char end)
{
    unsigned char sums[COUNT_WIDTH] = {0};
    size_t count = 0;
    for (size_t i = 0; i < COUNT_BLOCK; i += COUNT_WIDTH)
        for (size_t j = 0; j < COUNT_WIDTH; j++)
            sums[j] = (unsigned char)(sums[j] + (bytes[i + j] == end));
    for (size_t j = 0; j < COUNT_WIDTH; j++)
        count += sums[j];
    return count;
}

/* Whole blocks are counted as long as they have no more than MOST ends, the rest end by end. */
static size_t measure_pieces(char end, const char *bytes, size_t length, size_t most,
                             size_t *count)
{
    size_t done = 0;
    *count = 0;
    while (length - done >= COUNT_BLOCK) {
        size_t more = count_block(bytes + done, end);
        if (more > most - *count)
            break;
        *count += more;
        done += COUNT_BLOCK;
    }
    if (*count == most) { /* it stands in the middle of one that is too many */
        const char *last = memrchr(bytes, end, done);
        return last ? (size_t)(last + 1 - bytes) : 0;
    }
    while (*count < most && done < length) {
        done = (size_t)((const char *)memchr(bytes + done, end, length - done) + 1 - bytes);
        ++*count;
    }
    return done;
}

size_t framing_measure(enum framing framing, const char *bytes, size_t length, size_t most,
                       size_t *count)
{
    const struct framing_kind *kind = &kinds[framing];
    size_t done = 0;
    if (!kind->lengths)
        return measure_pieces(kind->end, bytes, length, most, count);
    for (*count = 0; *count < most && done < length; ++*count)
        done += first_size(kind, bytes + done, length - done);
    return done;
}

/* The bytes of the whole messages at the front that have no more than MOST of them. */
static size_t whole_within(const struct framing_kind *kind, const char *bytes, size_t length,
                           size_t most)
{
    size_t whole = 0;
    if (!kind->lengths) { /* not every end needs to be looked for */
        const char *last = memrchr(bytes, kind->end, most < length ? most : length);
        return last ? (size_t)(last + 1 - bytes) : 0;
    }
    while (whole < length) {
        size_t next = whole + HEAD + read_head(bytes + whole);
        if (next > most)
            break;
        whole = next;
    }
    return whole;
}

size_t framing_fit(enum framing framing, const char *bytes, size_t length, size_t most,
                   size_t *count)
{
    size_t fit = whole_within(&kinds[framing], bytes, length, most);
    return framing_measure(framing, bytes, fit ? fit : length, fit ? (size_t)-1 : 1, count);
}

size_t framing_floor(enum framing framing, const char *bytes, size_t length, size_t offset)
{
    return offset == length ? length : whole_within(&kinds[framing], bytes, length, offset);
}

size_t framing_whole(enum framing framing, const char *bytes, size_t length)
{
    const struct framing_kind *kind = &kinds[framing];
    if (!kind->lengths && !memchr(bytes, kind->end, length))
        return 0;
    if (kind->lengths && (length < HEAD || read_head(bytes) > length - HEAD))
        return 0;
    return first_size(kind, bytes, length);
}

size_t framing_first(enum framing framing, const char *bytes, size_t length, const char **message,
                     size_t *size)
{
    const struct framing_kind *kind = &kinds[framing];
    size_t whole = first_size(kind, bytes, length);
    *message = kind->lengths ? bytes + HEAD : bytes;
    *size = kind->lengths ? whole - HEAD : whole - 1;
    return whole;
}

/* What is no JSON was refused when it came. */
static void decode_json(const char *message, size_t size, struct buf *out)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    struct error error = {0};
    if (!value_from_json(arena, message, size, &value, &error))
        value_encode(out, &value);
    error_release(&error);
    arena_free(arena);
}

void framing_decode(enum framing framing, const char *message, size_t size, struct buf *out)
{
    if (framing == FRAMING_JSON)
        decode_json(message, size, out);
    else
        value_encode_string(out, message, size);
}

static int encode_json(const char *encoded, size_t length, struct buf *out, struct error *error)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    int result = value_decode(arena, &encoded, &length, &value, error);
    const char *fault = result ? NULL : message_json_fault(&value);
    if (fault)
        result = error_set(error, ERROR_FAILED, "%s cannot be passed on as JSON", fault);
    if (!result) {
        value_json(out, &value);
        buf_char(out, '\n');
    }
    arena_free(arena);
    return result;
}

/* The text that a value is, behind START of OUT. */
static int encode_text(const struct framing_kind *kind, const char *encoded, size_t length,
                       struct buf *out, struct error *error)
{
    struct value value = {0};
    if (length && (unsigned char)*encoded == VALUE_TABLE)
        return error_set(error, ERROR_FAILED, "a table cannot be passed on as %s", kind->name);
    int result = value_decode(NULL, &encoded, &length, &value, error);
    if (!result)
        value_text(out, &value);
    return result;
}

int framing_encode(enum framing framing, const char *encoded, size_t length, struct buf *out,
                   struct error *error)
{
    const struct framing_kind *kind = &kinds[framing];
    size_t start = out->length;
    if (framing == FRAMING_JSON)
        return encode_json(encoded, length, out, error);
    if (kind->lengths)
        buf_append(out, "\0\0\0\0", HEAD);
    int result = encode_text(kind, encoded, length, out, error);
    size_t size = out->length - start;
    if (!result && kind->lengths) {
        uint32_t head = htobe32((uint32_t)(size - HEAD));
        memcpy(out->data + start, &head, HEAD);
        return 0;
    }
    if (!result && size && memchr(out->data + start, kind->end, size))
        result = error_set(error, ERROR_FAILED, "a text with %s in it cannot be passed on as %s",
                           kind->inside, kind->name);
    if (result)
        buf_truncate(out, start);
    else
        buf_char(out, kind->end);
    return result;
}
