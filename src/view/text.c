/* Text for a screen. */
#include "view/text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/str.h"
#include "log/terminal_text.h"

#define TAB 8
#define ESC '\033'
#define REPLACEMENT 0xFFFD

/* Wider lines have no tabs behind that. */
#define COLUMN_MOST 4096

int text_cell_width(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0) ? -1 : wcwidth((wchar_t)character);
}

void text_put_character(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_char(out, (char)c);
    } else if (c < 0x800) {
        buf_char(out, (char)(0xC0 | c >> 6));
        buf_char(out, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        buf_char(out, (char)(0xE0 | c >> 12));
        buf_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_char(out, (char)(0x80 | (c & 0x3F)));
    } else {
        buf_char(out, (char)(0xF0 | c >> 18));
        buf_char(out, (char)(0x80 | (c >> 12 & 0x3F)));
        buf_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_char(out, (char)(0x80 | (c & 0x3F)));
    }
}

/* The well-formed character of SIZE bytes. */
static uint32_t decode(const char *bytes, size_t size)
{
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t character = (unsigned char)bytes[0] & masks[size];
    for (size_t i = 1; i < size; i++)
        character = character << 6 | ((unsigned char)bytes[i] & 0x3F);
    return character;
}

/* Length of the colour that safe text begins with; 0: it begins with none. */
static size_t color_length(const char *at, const char *end)
{
    const char *stop = *at == ESC ? memchr(at, 'm', (size_t)(end - at)) : NULL;
    return stop ? (size_t)(stop - at) + 1 : 0;
}

static void expand_tabs(struct buf *out, const char *text, size_t length, int *column)
{
    const char *end = text + length;
    for (const char *at = text; at < end;) {
        size_t color = color_length(at, end);
        size_t size = color ? color : utf8_char(at, (size_t)(end - at));
        size = size ? size : 1;
        if (*at == '\t') {
            int count = *column < COLUMN_MOST ? TAB - *column % TAB : 1;
            *column += count;
            for (; count; count--)
                buf_char(out, ' ');
        } else {
            int width = color ? 0 : *at == '\n' ? -*column : text_cell_width(decode(at, size));
            *column += width;
            buf_append(out, at, size);
        }
        at += size;
    }
}

void text_make_safe(struct buf *out, const char *bytes, size_t length, bool colors, int *column)
{
    struct terminal_text terminal = {.color = colors};
    struct buf safe = {0};
    terminal_put(&terminal, &safe, bytes, length);
    terminal.colored = false;
    terminal_end(&terminal, &safe);
    expand_tabs(out, buf_string(&safe), safe.length, column);
    buf_release(&safe);
}

struct text_walk text_walk(const char *text, size_t length, struct style style)
{
    return (struct text_walk){.at = text, .end = text + length, .style = style, .outset = style};
}

/* Numbers with semicolons or colons between them; the next, -1: there is none. */
static int next_number(const char **at)
{
    if (**at == 'm')
        return -1;
    int number = (int)strtoul(*at, (char **)at, 10);
    *at += **at == ';' || **at == ':';
    return number & 0xFFFF;
}

/* The nearest of the colours 16 to 231 of 256. */
int16_t text_color(int red, int green, int blue)
{
    return (int16_t)(16 + 36 * ((red & 0xFF) * 5 / 255) + 6 * ((green & 0xFF) * 5 / 255) + (blue & 0xFF) * 5 / 255);
}

/* What stands behind 38 or 48. */
static int16_t extended_color(const char **at)
{
    int kind = next_number(at);
    if (kind == 5)
        return (int16_t)(next_number(at) & 0xFF);
    int red = next_number(at), green = next_number(at), blue = next_number(at);
    return kind == 2 ? text_color(red, green, blue) : COLOR_OWN;
}

static void set_flag(struct style *style, int number)
{
    static const unsigned flags[] = {[1] = STYLE_BOLD, [2] = STYLE_DIM, [4] = STYLE_UNDERLINE, [7] = STYLE_REVERSE, [9] = 0};
    if (number >= 1 && number <= 9)
        style->flags |= flags[number];
    if (number == 22)
        style->flags &= ~(unsigned)(STYLE_BOLD | STYLE_DIM);
    if (number == 24)
        style->flags &= ~(unsigned)STYLE_UNDERLINE;
    if (number == 27)
        style->flags &= ~(unsigned)STYLE_REVERSE;
}

static void set_color(struct style *style, int number, const char **at)
{
    bool back = number / 10 == 4 || number / 10 == 10;
    int16_t *color = back ? &style->background : &style->foreground;
    if (number == 38 || number == 48)
        *color = extended_color(at);
    else if (number == 39 || number == 49)
        *color = COLOR_OWN;
    else if (number >= 90)
        *color = (int16_t)(number % 10 + 8);
    else
        *color = (int16_t)(number % 10);
}

/* Obeys a colour: ESC [ numbers m. */
static void take_color(struct text_walk *walk, const char *at)
{
    at += 2;
    do {
        int number = next_number(&at);
        if (number <= 0)
            walk->style = walk->outset;
        else if ((number >= 30 && number <= 49) || (number >= 90 && number <= 97) || (number >= 100 && number <= 107))
            set_color(&walk->style, number, &at);
        else
            set_flag(&walk->style, number);
    } while (*at != 'm');
}

/* The next character; 0 at the end. */
static uint32_t peek(struct text_walk *walk, size_t *size)
{
    for (size_t color; walk->at < walk->end && (color = color_length(walk->at, walk->end)); walk->at += color)
        take_color(walk, walk->at);
    if (walk->at >= walk->end || *walk->at == '\n')
        return 0;
    *size = utf8_char(walk->at, (size_t)(walk->end - walk->at));
    if (*size)
        return decode(walk->at, *size);
    *size = 1;
    return REPLACEMENT;
}

bool text_next(struct text_walk *walk, struct cell *cell)
{
    size_t size = 0, count = 1;
    uint32_t character = peek(walk, &size);
    *cell = (struct cell){.style = walk->style, .width = text_cell_width(character)};
    if (!character)
        return false;
    if (cell->width > 0) {
        cell->characters[0] = character;
        walk->at += size;
    } else {
        cell->characters[0] = cell->width ? REPLACEMENT : ' ';
        walk->at += cell->width ? size : 0;
        cell->width = 1;
    }
    while ((character = peek(walk, &size)) && !text_cell_width(character)) {
        if (count < CELL_CHARACTERS)
            cell->characters[count++] = character;
        walk->at += size;
    }
    return true;
}

bool text_is_over(const struct text_walk *walk)
{
    struct text_walk rest = *walk;
    size_t size;
    return !peek(&rest, &size);
}

int text_width(const char *text)
{
    struct text_walk walk = text_walk(text, strlen(text), STYLE_PLAIN);
    struct cell cell;
    int width = 0;
    while (text_next(&walk, &cell))
        width += cell.width;
    return width;
}
