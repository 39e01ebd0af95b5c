/* Masking secrets in texts. */
#include "base/mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#define SHOWN "***"

struct secret {
    char *bytes;
    size_t length;
};

struct mask {
    struct secret *secrets;
    size_t count;
    size_t capacity;
    size_t longest;
};

/* Bytes FROM to TO of a text. */
struct masked_range {
    size_t from;
    size_t to;
};

struct mask *mask_new(void)
{
    return mem_calloc(1, sizeof(struct mask));
}

void mask_free(struct mask *mask)
{
    if (!mask)
        return;
    for (size_t i = 0; i < mask->count; i++)
        free(mask->secrets[i].bytes);
    free(mask->secrets);
    free(mask);
}

bool mask_is_empty(const struct mask *mask)
{
    return !mask->count;
}

static void add_form(struct mask *mask, const char *bytes, size_t length)
{
    for (size_t i = 0; i < mask->count; i++)
        if (mask->secrets[i].length == length && !memcmp(mask->secrets[i].bytes, bytes, length))
            return;
    mask->secrets =
        mem_grow(mask->secrets, &mask->capacity, mask->count + 1, sizeof(*mask->secrets));
    mask->secrets[mask->count++] = (struct secret){mem_copy(bytes, length), length};
    mask->longest = length > mask->longest ? length : mask->longest;
}

/* As it stands in double quotes of a shell. */
static void put_double_quoted(struct buf *out, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr("\"\\$`", bytes[i]) && bytes[i])
            buf_char(out, '\\');
        buf_char(out, bytes[i]);
    }
}

/* The form that BYTES have between the single quotes of a shell. */
static void add_quoted(struct mask *mask, const char *bytes, size_t length)
{
    struct buf quoted = {0};
    shell_quote(&quoted, bytes, length);
    if (quoted.length > length + 2)
        add_form(mask, quoted.data + 1, quoted.length - 2);
    buf_release(&quoted);
}

/* In a command, in quotes or not, which may itself be shown in the quotes of "sh -c". */
static void add_line(struct mask *mask, const char *bytes, size_t length)
{
    struct buf form = {0};
    if (length < MASK_LEAST)
        return;
    add_form(mask, bytes, length);
    json_quote(&form, bytes, length);
    add_form(mask, form.data + 1, form.length - 2);
    buf_clear(&form);
    put_double_quoted(&form, bytes, length);
    add_form(mask, form.data, form.length);
    add_quoted(mask, form.data, form.length);
    buf_clear(&form);
    shell_quote(&form, bytes, length);
    if (form.length > length + 2) {
        add_form(mask, form.data + 1, form.length - 2);
        add_quoted(mask, form.data + 1, form.length - 2);
    }
    buf_release(&form);
}

void mask_add(struct mask *mask, const char *bytes, size_t length)
{
    while (length) {
        const char *newline = memchr(bytes, '\n', length);
        size_t line = newline ? (size_t)(newline - bytes) : length;
        size_t taken = line + (newline != NULL);
        if (line && bytes[line - 1] == '\r')
            line--;
        add_line(mask, bytes, line);
        bytes += taken;
        length -= taken;
    }
}

/* The longest secret that stands at AT; 0: none. */
static size_t match_at(const struct mask *mask, const char *text, size_t length, size_t at)
{
    size_t longest = 0;
    for (size_t i = 0; i < mask->count; i++) {
        const struct secret *secret = &mask->secrets[i];
        if (secret->length > longest && secret->length <= length - at &&
            !memcmp(text + at, secret->bytes, secret->length))
            longest = secret->length;
    }
    return longest;
}

/* Makes REGION, which is masked, as long as secrets that overlap it reach. */
static void extend(const struct mask *mask, const char *text, size_t length,
                   struct masked_range *region)
{
    for (size_t at = region->from; at < region->to; at++) {
        size_t match = match_at(mask, text, length, at);
        if (at + match > region->to)
            region->to = at + match;
    }
}

/* The first region from FROM on that is to be masked. */
static bool find_region(const struct mask *mask, const char *text, size_t length, size_t from,
                        struct masked_range *region)
{
    region->from = length;
    for (size_t i = 0; i < mask->count; i++) {
        const struct secret *secret = &mask->secrets[i];
        size_t end = region->from + secret->length - 1;
        end = end < length ? end : length;
        const char *found =
            end > from ? memmem(text + from, end - from, secret->bytes, secret->length) : NULL;
        if (found)
            region->from = (size_t)(found - text);
    }
    if (region->from == length)
        return false;
    region->to = region->from + 1;
    extend(mask, text, length, region);
    return true;
}

/* Where the last bytes of TEXT begin that may be the beginning of a secret. */
static size_t find_beginning(const struct mask *mask, const char *text, size_t length)
{
    size_t most = mask->longest - 1 < length ? mask->longest - 1 : length;
    const char *newline = memrchr(text + length - most, '\n', most);
    size_t at = newline ? (size_t)(newline + 1 - text) : length - most;
    for (; at < length; at++)
        for (size_t i = 0; i < mask->count; i++)
            if (mask->secrets[i].length > length - at &&
                !memcmp(text + at, mask->secrets[i].bytes, length - at))
                return at;
    return length;
}

/*
 * Appends TEXT up to HOLD, of which the first COVERED bytes are masked already. Returns how many
 * bytes behind HOLD are masked.
 */
static size_t put_masked(const struct mask *mask, struct buf *out, const char *text, size_t length,
                         size_t covered, size_t hold)
{
    struct masked_range region = {0, covered};
    extend(mask, text, length, &region);
    size_t at = region.to;
    while (at < hold && find_region(mask, text, length, at, &region) && region.from < hold) {
        buf_append(out, text + at, region.from - at);
        buf_text(out, SHOWN);
        at = region.to;
    }
    if (at > hold)
        return at - hold;
    buf_append(out, text + at, hold - at);
    return 0;
}

void mask_text(const struct mask *mask, struct buf *out, const char *bytes, size_t length)
{
    if (mask && mask->count)
        put_masked(mask, out, bytes, length, 0, length);
    else
        buf_append(out, bytes, length);
}

void mask_buf(const struct mask *mask, struct buf *text)
{
    struct buf masked = {0};
    if (!mask || !text->length)
        return;
    mask_text(mask, &masked, text->data, text->length);
    buf_release(text);
    *text = masked;
}

static void put_piece(const struct mask *mask, struct mask_stream *stream, struct buf *out,
                      const char *bytes, size_t length, bool last)
{
    struct buf joined = {0};
    if (stream->held.length) {
        joined = stream->held;
        stream->held = (struct buf){0};
        buf_append(&joined, bytes, length);
        bytes = joined.data;
        length = joined.length;
    }
    size_t hold = last || !length ? length : find_beginning(mask, bytes, length);
    if (length)
        stream->covered = put_masked(mask, out, bytes, length, stream->covered, hold);
    buf_append(&stream->held, bytes + hold, length - hold);
    buf_release(&joined);
}

void mask_put(const struct mask *mask, struct mask_stream *stream, struct buf *out,
              const char *bytes, size_t length)
{
    if (mask && mask->count)
        put_piece(mask, stream, out, bytes, length, false);
    else
        buf_append(out, bytes, length);
}

void mask_end(const struct mask *mask, struct mask_stream *stream, struct buf *out)
{
    if (mask && mask->count)
        put_piece(mask, stream, out, "", 0, true);
    stream->covered = 0;
}

void mask_stream_release(struct mask_stream *stream)
{
    buf_release(&stream->held);
    *stream = (struct mask_stream){0};
}
