/* Texts for the page. */
#include "report/markup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/str.h"
#include "base/unit.h"

/* One line without its newline. */
static void clean_line(struct buf *out, const char *bytes, size_t length)
{
    size_t from = out->length;
    while (length && bytes[length - 1] == '\r')
        length--;
    const char *over = memrchr(bytes, '\r', length);
    if (over) {
        length -= (size_t)(over + 1 - bytes);
        bytes = over + 1;
    }
    plain_text(out, bytes, length);
    if (utf8_valid(buf_string(out) + from, out->length - from))
        return;
    char *raw = mem_copy(out->data + from, out->length - from);
    size_t left = out->length - from, size;
    buf_truncate(out, from);
    for (const char *at = raw; left; at += size, left -= size) {
        size = utf8_char(at, left);
        if (size)
            buf_append(out, at, size);
        else
            buf_text(out, "\xef\xbf\xbd");
        size = size ? size : 1;
    }
    free(raw);
}

static void clean_lines(struct buf *out, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    while (bytes < end) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        clean_line(out, bytes, (size_t)((newline ? newline : end) - bytes));
        if (newline && newline + 1 < end)
            buf_char(out, '\n');
        bytes = newline ? newline + 1 : end;
    }
}

void markup_clean(struct buf *out, const char *bytes, size_t length, size_t most)
{
    bool cut = length > most;
    if (cut)
        length = most - utf8_tail(bytes, most);
    clean_lines(out, bytes, length);
    if (cut)
        buf_text(out, "...");
}

void markup_clean_end(struct buf *out, const char *bytes, size_t length, size_t most)
{
    if (length > most) {
        bytes += length - most;
        length = most;
        const char *newline = memchr(bytes, '\n', length - 1);
        size_t skipped = newline ? (size_t)(newline + 1 - bytes) : 0;
        bytes += skipped;
        length -= skipped;
        buf_text(out, "...\n");
    }
    clean_lines(out, bytes, length);
}

void markup_escape(struct buf *out, const char *text, size_t length)
{
    for (const char *end = text + length; text < end;) {
        const char *from = text;
        while (text < end && !strchr("&<>\"'", *text))
            text++;
        buf_append(out, from, (size_t)(text - from));
        if (text == end)
            return;
        switch (*text++) {
        case '&':
            buf_text(out, "&amp;");
            break;
        case '<':
            buf_text(out, "&lt;");
            break;
        case '>':
            buf_text(out, "&gt;");
            break;
        case '"':
            buf_text(out, "&quot;");
            break;
        default:
            buf_text(out, "&#39;");
            break;
        }
    }
}

void markup_json(struct buf *out, const char *json, size_t length)
{
    for (const char *end = json + length; json < end; json++) {
        if (*json == '<')
            buf_text(out, "\\u003c");
        else if (end - json > 2 && !memcmp(json, "\xe2\x80\xa8", 3))
            json += 2, buf_text(out, "\\u2028");
        else if (end - json > 2 && !memcmp(json, "\xe2\x80\xa9", 3))
            json += 2, buf_text(out, "\\u2029");
        else
            buf_char(out, *json);
    }
}

/* NUMBER / UNIT with so many decimals, cut and not rounded: 59.999 s is not a minute. */
static void put_decimal(struct buf *out, int64_t number, int64_t unit, int decimals)
{
    buf_number(out, number / unit);
    if (decimals)
        buf_char(out, '.');
    for (number %= unit; decimals--; number %= unit) {
        number *= 10;
        buf_char(out, (char)('0' + number / unit));
    }
}

void markup_duration(struct buf *out, int64_t ns)
{
    static const struct {
        int64_t large;
        int64_t small;
        const char *words[2];
    } pairs[] = {
        {24 * 3600 * NS_PER_S, 3600 * NS_PER_S, {"d", "h"}},
        {3600 * NS_PER_S, 60 * NS_PER_S, {"h", "min"}},
        {60 * NS_PER_S, NS_PER_S, {"min", "s"}},
    };
    for (size_t i = 0; i < countof(pairs); i++) {
        if (ns < pairs[i].large)
            continue;
        buf_printf(out, "%lld %s %lld %s", (long long)(ns / pairs[i].large), pairs[i].words[0],
                   (long long)(ns % pairs[i].large / pairs[i].small), pairs[i].words[1]);
        return;
    }
    bool small = ns < NS_PER_S;
    int64_t unit = small ? NS_PER_MS : NS_PER_S;
    ns = ns > 0 ? ns : 0;
    put_decimal(out, ns, unit, ns < unit * 10 ? 2 : ns < unit * 100 ? 1 : 0);
    buf_text(out, small ? " ms" : " s");
}

void markup_count(struct buf *out, int64_t number)
{
    struct buf digits = {0};
    buf_number(&digits, number);
    for (size_t i = 0; i < digits.length; i++) {
        size_t left = digits.length - i;
        if (i && digits.data[i - 1] != '-' && left % 3 == 0)
            buf_char(out, ',');
        buf_char(out, digits.data[i]);
    }
    buf_release(&digits);
}

void markup_bytes(struct buf *out, int64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    int64_t size = 1;
    for (; unit + 1 < countof(units) && bytes / size >= 1024; unit++)
        size *= 1024;
    put_decimal(out, bytes, size, unit && bytes / size < 100);
    buf_printf(out, " %s", units[unit]);
}
