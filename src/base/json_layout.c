/* Laying out JSON for people to read. */
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"

/* What is shorter, and holds no array and no object itself, stays on its line. */
#define SHORT_LENGTH 80

/* The length of the string, its quotes included, that begins at TEXT. */
static size_t string_length(const char *text, size_t length)
{
    size_t end = 1;
    while (end < length && text[end] != '"')
        end += text[end] == '\\' ? 2 : 1;
    return end < length ? end + 1 : length;
}

/* The length of the array or object at TEXT where it may stay on one line, else 0. */
static size_t short_length(const char *text, size_t length)
{
    for (size_t i = 1; i < length && i < SHORT_LENGTH; i++) {
        if (text[i] == '"')
            i += string_length(text + i, length - i) - 1;
        else if (text[i] == '{' || text[i] == '[')
            return 0;
        else if (text[i] == '}' || text[i] == ']')
            return i + 1;
    }
    return 0;
}

static void put_line(struct buf *out, size_t depth)
{
    buf_char(out, '\n');
    for (size_t i = 0; i < depth; i++)
        buf_text(out, "  ");
}

/* One of "," and ":" with the blank or the line behind it. */
static void put_joint(struct buf *out, char joint, bool inside_line, size_t depth)
{
    buf_char(out, joint);
    if (joint == ',' && !inside_line)
        put_line(out, depth);
    else
        buf_char(out, ' ');
}

void json_lay_out(struct buf *out, const char *json, size_t length)
{
    size_t depth = 0;
    const char *line_end = json; /* up to here nothing is broken into lines */
    for (const char *at = json; at < json + length; at++) {
        size_t left = length - (size_t)(at - json);
        bool inside_line = at < line_end;
        if (*at == '"') {
            size_t size = string_length(at, left);
            buf_append(out, at, size);
            at += size - 1;
        } else if (*at == ',' || *at == ':') {
            put_joint(out, *at, inside_line, depth);
        } else if ((*at == '{' || *at == '[') && !inside_line) {
            line_end = at + short_length(at, left);
            buf_char(out, *at);
            if (line_end == at)
                put_line(out, ++depth);
        } else if ((*at == '}' || *at == ']') && !inside_line) {
            put_line(out, --depth);
            buf_char(out, *at);
        } else {
            buf_char(out, *at);
        }
    }
}
