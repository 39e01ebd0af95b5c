/* Writing JSON strings. */
#include "base/json.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"

static void put_escape(struct buf *out, char c)
{
    static const char short_form[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *at = short_form; *at; at += 2) {
        if (*at == c) {
            buf_char(out, '\\');
            buf_char(out, at[1]);
            return;
        }
    }
    buf_printf(out, "\\u%04x", (unsigned char)c);
}

static int needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\' || c == 0x7F;
}

/* A control character of two bytes, U+0080 to U+009F, which a terminal might obey. */
static int is_c1(const char *bytes, size_t size)
{
    return size == 2 && (unsigned char)bytes[0] == 0xC2 && (unsigned char)bytes[1] < 0xA0;
}

/* In place of a byte that is no UTF-8. */
static bool put_replacement(struct buf *out)
{
    buf_text(out, "\\ufffd");
    return false;
}

/* Bytes of the character at BYTES, which stands for itself; 0 where it does not. */
static size_t plain_char(const char *bytes, size_t length)
{
    if ((unsigned char)*bytes < 0x80)
        return !needs_escape(*bytes);
    size_t size = utf8_char(bytes, length);
    return is_c1(bytes, size) ? 0 : size;
}

bool json_quote(struct buf *out, const char *bytes, size_t length)
{
    bool whole = true;
    buf_char(out, '"');
    for (size_t i = 0; i < length;) {
        size_t plain = i;
        while (plain < length && bytes[plain] >= ' ' && !needs_escape(bytes[plain]))
            plain++; /* ASCII, as nearly always */
        for (size_t size; plain < length && (size = plain_char(bytes + plain, length - plain));)
            plain += size;
        buf_append(out, bytes + i, plain - i);
        i = plain;
        if (i == length)
            break;
        if (is_c1(bytes + i, utf8_char(bytes + i, length - i)))
            put_escape(out, bytes[++i]);
        else if (needs_escape(bytes[i]))
            put_escape(out, bytes[i]);
        else
            whole = put_replacement(out);
        i++;
    }
    buf_char(out, '"');
    return whole;
}

void json_base64(struct buf *out, const char *bytes, size_t length)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = (const unsigned char *)bytes;
    buf_char(out, '"');
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        unsigned group = (unsigned)at[i] << 16;
        if (left > 1)
            group |= (unsigned)at[i + 1] << 8;
        if (left > 2)
            group |= at[i + 2];
        buf_char(out, digits[group >> 18]);
        buf_char(out, digits[(group >> 12) & 63]);
        buf_char(out, left > 1 ? digits[(group >> 6) & 63] : '=');
        buf_char(out, left > 2 ? digits[group & 63] : '=');
    }
    buf_char(out, '"');
}
