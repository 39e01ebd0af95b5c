/* Making what a child writes fit for a terminal. */
#include "log/terminal_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"

#define ESC '\033'

const char *terminal_color_of(const char *name)
{
    /* No red, which means failure, and none that is hard to see on black or on white. */
    static const char *const palette[] = {"36", "32", "33", "35", "34", "96", "92", "95", "94"};
    static const struct hash key = {0};
    return palette[hash_bytes(&key, name, strlen(name)).low % countof(palette)];
}

static bool is_plain(char c)
{
    return ((unsigned char)c >= ' ' && (unsigned char)c < 0x7F) || c == '\n' || c == '\t';
}

/* A colour: ESC [ numbers m. Its length, 0 where BYTES end too early to know, -1 for anything else.
 */
static int color_length(const char *bytes, size_t length)
{
    size_t at = 2;
    if (length > 1 && bytes[1] != '[')
        return -1;
    while (at < length && at < TERMINAL_PENDING && strchr("0123456789;:", bytes[at]) && bytes[at])
        at++;
    if (at < length && bytes[at] == 'm')
        return (int)at + 1;
    return at >= length && length < TERMINAL_PENDING ? 0 : -1;
}

static size_t put_escape(struct terminal_text *terminal, struct buf *out, const char *bytes,
                         size_t length)
{
    int color = color_length(bytes, length);
    if (color < 0)
        buf_text(out, "^[");
    if (color <= 0)
        return color ? 1 : 0;
    int zeros = 2;
    while (bytes[zeros] == '0')
        zeros++;
    if (terminal->color) {
        buf_append(out, bytes, (size_t)color);
        terminal->colored = bytes[zeros] != 'm';
    }
    return (size_t)color;
}

/* "^G" for BEL, "^?" for DEL; a carriage return at the end of a line is no more than that. */
static size_t put_control(struct buf *out, const char *bytes, size_t length)
{
    if (*bytes == '\r' && length == 1)
        return 0;
    if (*bytes != '\r' || bytes[1] != '\n')
        buf_printf(out, "^%c", *bytes ^ 0x40);
    return 1;
}

/* True where BYTES may be the beginning of a character of UTF-8. */
static bool is_beginning(const char *bytes, size_t length)
{
    unsigned char lead = (unsigned char)*bytes;
    size_t whole = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || length >= whole)
        return false;
    for (size_t i = 1; i < length; i++)
        if (((unsigned char)bytes[i] & 0xC0) != 0x80)
            return false;
    return true;
}

static size_t put_character(struct buf *out, const char *bytes, size_t length)
{
    size_t size = utf8_char(bytes, length);
    if (!size && is_beginning(bytes, length))
        return 0;
    if (!size)
        buf_printf(out, "\\x%02x", (unsigned char)*bytes);
    else if (size == 2 && (unsigned char)bytes[0] == 0xC2 && (unsigned char)bytes[1] < 0xA0)
        buf_printf(out, "\\u%04x", (unsigned char)bytes[1]);
    else
        buf_append(out, bytes, size);
    return size ? size : 1;
}

/* Puts what is no plain text; returns the bytes taken, 0 where more must come first. */
static size_t put_special(struct terminal_text *terminal, struct buf *out, const char *bytes,
                          size_t length)
{
    if (*bytes == ESC)
        return put_escape(terminal, out, bytes, length);
    if ((unsigned char)*bytes >= 0x80)
        return put_character(out, bytes, length);
    return put_control(out, bytes, length);
}

static void put_all(struct terminal_text *terminal, struct buf *out, const char *bytes,
                    size_t length)
{
    while (length) {
        size_t taken = 0;
        while (taken < length && is_plain(bytes[taken]))
            taken++;
        buf_append(out, bytes, taken);
        if (taken < length) {
            size_t special = put_special(terminal, out, bytes + taken, length - taken);
            if (!special) {
                terminal->pending_length = length - taken;
                memcpy(terminal->pending, bytes + taken, length - taken);
                return;
            }
            taken += special;
        }
        bytes += taken;
        length -= taken;
    }
}

void terminal_put(struct terminal_text *terminal, struct buf *out, const char *bytes, size_t length)
{
    if (!terminal->pending_length) {
        put_all(terminal, out, bytes, length);
        return;
    }
    struct buf joined = {0};
    buf_append(&joined, terminal->pending, terminal->pending_length);
    buf_append(&joined, bytes, length);
    terminal->pending_length = 0;
    put_all(terminal, out, joined.data, joined.length);
    buf_release(&joined);
}

void terminal_reset(struct terminal_text *terminal, struct buf *out)
{
    if (terminal->colored)
        buf_text(out, "\033[0m");
    terminal->colored = false;
}

void terminal_end(struct terminal_text *terminal, struct buf *out)
{
    for (size_t i = 0; i < terminal->pending_length; i++) {
        char c = terminal->pending[i];
        if (c == ESC)
            buf_text(out, "^[");
        else if ((unsigned char)c >= 0x80)
            buf_printf(out, "\\x%02x", (unsigned char)c);
        else if (c != '\r')
            buf_char(out, c);
    }
    terminal->pending_length = 0;
    terminal_reset(terminal, out);
}

bool terminal_is_able(void)
{
    const char *kind = getenv("TERM");
    return kind && *kind && strcmp(kind, "dumb") != 0;
}
