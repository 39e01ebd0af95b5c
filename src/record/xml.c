/* Texts in XML 1.0. */
#include "record/xml.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#define ATTRIBUTE_MOST 1000

/* Bytes of the colour, "ESC [ 1 ; 31 m", that begins at BYTES; 0: none does. */
static size_t color_at(const char *bytes, size_t length)
{
    size_t at = 2;
    if (length < 3 || bytes[0] != '\033' || bytes[1] != '[')
        return 0;
    while (at < length && (bytes[at] == ';' || (bytes[at] >= '0' && bytes[at] <= '9')))
        at++;
    return at < length && bytes[at] == 'm' ? at + 1 : 0;
}

/* U+FFFE and U+FFFF are well-formed UTF-8, and no characters of XML. */
static bool is_no_character(const char *bytes, size_t size)
{
    return size == 3 && !memcmp(bytes, "\xEF\xBF", 2) && (unsigned char)bytes[2] >= 0xBE;
}

/* One character; returns its bytes. */
static size_t put_character(struct buf *out, const char *bytes, size_t length)
{
    static const struct {
        char c;
        const char *text;
    } marks[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}};
    size_t size = utf8_char(bytes, length);
    unsigned char first = (unsigned char)*bytes;
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (*bytes == marks[i].c) {
            buf_text(out, marks[i].text);
            return 1;
        }
    if (!size || (first < ' ' && first != '\n' && first != '\t') || is_no_character(bytes, size)) {
        buf_printf(out, "\\x%02x", first);
        return 1;
    }
    buf_append(out, bytes, size);
    return size;
}

void xml_text(struct buf *out, const char *bytes, size_t length)
{
    while (length) {
        size_t size = color_at(bytes, length);
        if (!size)
            size = put_character(out, bytes, length);
        bytes += size;
        length -= size;
    }
}

void xml_attribute(struct buf *out, const char *name, const char *text)
{
    size_t length = strlen(text);
    bool cut = length > ATTRIBUTE_MOST;
    struct buf line = {0};
    if (cut)
        length = ATTRIBUTE_MOST - utf8_tail(text, ATTRIBUTE_MOST);
    buf_append(&line, text, length);
    for (size_t i = 0; i < line.length; i++)
        if (line.data[i] == '\n' || line.data[i] == '\t' || line.data[i] == '\r')
            line.data[i] = ' ';
    buf_printf(out, " %s=\"", name);
    xml_text(out, buf_string(&line), line.length);
    buf_text(out, cut ? "...\"" : "\"");
    buf_release(&line);
}
