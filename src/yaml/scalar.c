/* The core schema of YAML 1.2. */
#include "yaml/scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "yaml/tree.h"

static struct value string_value(const char *text, size_t length)
{
    return (struct value){.type = VALUE_STRING, .string = {text, length}};
}

static const struct {
    const char *text;
    struct value value;
} words[] = {
    {"", {.type = VALUE_NIL}},
    {"~", {.type = VALUE_NIL}},
    {"null", {.type = VALUE_NIL}},
    {"Null", {.type = VALUE_NIL}},
    {"NULL", {.type = VALUE_NIL}},
    {"true", {.type = VALUE_BOOLEAN, .boolean = true}},
    {"false", {.type = VALUE_BOOLEAN, .boolean = false}},
    {".inf", {.type = VALUE_NUMBER, .number = INFINITY}},
    {"+.inf", {.type = VALUE_NUMBER, .number = INFINITY}},
    {"-.inf", {.type = VALUE_NUMBER, .number = -INFINITY}},
    {".nan", {.type = VALUE_NUMBER, .number = NAN}},
};

bool scalar_is_padded(const char *text, size_t length)
{
    size_t i = length && (*text == '-' || *text == '+');
    if (length - i < 2 || text[i] != '0')
        return false;
    while (i < length && isdigit((unsigned char)text[i]))
        i++;
    return i == length;
}

/* Digits of BASE alone; false where there is another character or the number is too large. */
static bool read_digits(const char *text, size_t length, unsigned base, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < length; i++) {
        int c = tolower((unsigned char)text[i]);
        unsigned digit = isdigit(c) ? (unsigned)c - '0' : isalpha(c) ? (unsigned)c - 'a' + 10 : 99;
        if (digit >= base || *number > (UINT64_MAX - digit) / base)
            return false;
        *number = *number * base + digit;
    }
    return length > 0;
}

static bool read_integer(const char *text, size_t length, int64_t *integer)
{
    uint64_t number;
    bool prefixed = length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o');
    if (prefixed) {
        if (!read_digits(text + 2, length - 2, text[1] == 'x' ? 16 : 8, &number) ||
            number > INT64_MAX)
            return false;
        *integer = (int64_t)number;
        return true;
    }
    bool minus = *text == '-';
    size_t sign = minus || *text == '+';
    if (!read_digits(text + sign, length - sign, 10, &number) ||
        number > (uint64_t)INT64_MAX + minus)
        return false;
    *integer = minus ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

/* [-+]? ( .digits | digits [. digits*] ) ( [eE] [-+]? digits )? */
static bool is_number(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = strspn(text, "0123456789");
    text += whole;
    if (*text == '.') {
        size_t fraction = strspn(text + 1, "0123456789");
        if (!whole && !fraction)
            return false;
        text += 1 + fraction;
    } else if (!whole) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        size_t digits = strspn(text, "0123456789");
        if (!digits)
            return false;
        text += digits;
    }
    return !*text;
}

struct value scalar_plain(const char *text, size_t length)
{
    static const char starts[] = "+-.0123456789~nNtf";
    if (length && !strchr(starts, *text))
        return string_value(text, length);
    for (size_t i = 0; length <= 5 && i < countof(words); i++)
        if (strlen(words[i].text) == length && !memcmp(words[i].text, text, length))
            return words[i].value;
    int64_t integer;
    if (scalar_is_padded(text, length))
        return string_value(text, length);
    if (read_integer(text, length, &integer))
        return (struct value){.type = VALUE_INTEGER, .integer = integer};
    if (is_number(text))
        return (struct value){.type = VALUE_NUMBER, .number = strtod(text, NULL)};
    return string_value(text, length);
}

struct value scalar_value(const struct node *node)
{
    bool typed = node->tag != TAG_NONE && node->tag != TAG_STRING;
    if (node->tag == TAG_STRING || (node->style != STYLE_PLAIN && !typed))
        return string_value(node->text, node->size);
    return scalar_plain(node->text, node->size);
}

bool scalar_is_doubtful(const char *text)
{
    static const char *const doubtful[] = {"yes",  "no",    "on",   "off",  "y",   "n",
                                           "true", "false", "null", ".inf", ".nan"};
    for (size_t i = 0; i < countof(doubtful); i++)
        if (!strcasecmp(doubtful[i], text))
            return true;
    return false;
}
