/* Values out of JSON (RFC 8259). */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/value.h"

struct json_reader {
    struct arena *arena;
    const char *at;
    const char *start;
    const char *end;
    struct value_pair *pairs; /* of the arrays and objects that are open */
    size_t count;
    size_t capacity;
    struct buf scratch;
    struct error *error;
};

static int read_value(struct json_reader *reader, unsigned depth, struct value *value);

static int expected(struct json_reader *reader, const char *what)
{
    if (reader->at >= reader->end)
        return error_set(reader->error, ERROR_FAILED, "no JSON: it ends where %s was expected", what);
    return error_set(reader->error, ERROR_FAILED, "no JSON: expected %s, at byte %zu", what,
                     (size_t)(reader->at - reader->start) + 1);
}

static void skip_blanks(struct json_reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\n\r", *reader->at) && *reader->at)
        reader->at++;
}

static char peek(const struct json_reader *reader)
{
    return reader->at < reader->end ? *reader->at : '\0';
}

/* Passes over C; false where something else stands there. */
static bool take(struct json_reader *reader, char c)
{
    if (peek(reader) != c || !c)
        return false;
    reader->at++;
    return true;
}

static bool take_digits(struct json_reader *reader)
{
    const char *from = reader->at;
    while (peek(reader) >= '0' && peek(reader) <= '9')
        reader->at++;
    return reader->at > from;
}

static bool is_number_end(const struct json_reader *reader)
{
    return reader->at == reader->end || !strchr("0123456789.eE+-", *reader->at);
}

/* Passes over a number; *WHOLE where it has neither fraction nor exponent. */
static bool take_number(struct json_reader *reader, bool *whole)
{
    *whole = true;
    take(reader, '-');
    if (!take(reader, '0') && !take_digits(reader))
        return false;
    if (take(reader, '.')) {
        *whole = false;
        if (!take_digits(reader))
            return false;
    }
    if (take(reader, 'e') || take(reader, 'E')) {
        *whole = false;
        if (!take(reader, '+'))
            take(reader, '-');
        if (!take_digits(reader))
            return false;
    }
    return is_number_end(reader);
}

/* A number that has no room in 64 bits stays the text that it is: no digit of it is lost. */
static int read_number(struct json_reader *reader, struct value *value)
{
    const char *from = reader->at;
    bool whole;
    if (!take_number(reader, &whole))
        return expected(reader, "a number");
    buf_clear(&reader->scratch);
    buf_append(&reader->scratch, from, (size_t)(reader->at - from));
    const char *text = buf_string(&reader->scratch);
    errno = 0;
    if (whole)
        *value = (struct value){.type = VALUE_INTEGER, .integer = strtoll(text, NULL, 10)};
    else
        *value = (struct value){.type = VALUE_NUMBER, .number = strtod(text, NULL)};
    if (errno == ERANGE && (whole || isinf(value->number)))
        *value = value_of_string(arena_strdup(reader->arena, text));
    return 0;
}

/* The four digits at the reader; -1 where they are none. */
static long take_hex(struct json_reader *reader)
{
    long number = 0;
    for (int i = 0; i < 4; i++, reader->at++) {
        char c = peek(reader);
        if (!isxdigit((unsigned char)c))
            return -1;
        number = number * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return number;
}

static void put_utf8(struct buf *out, unsigned long c)
{
    if (c < 0x80) {
        buf_char(out, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char heads[] = {0, 0xc0, 0xe0, 0xf0};
    buf_char(out, (char)(heads[more] | c >> 6 * more));
    while (more--)
        buf_char(out, (char)(0x80 | (c >> 6 * more & 0x3f)));
}

/* \uXXXX, or two of them for one character, the reader being behind the first \u. */
static int take_unicode(struct json_reader *reader)
{
    long c = take_hex(reader);
    if (c < 0)
        return expected(reader, "four hexadecimal digits");
    if (c >= 0xd800 && c < 0xdc00 && take(reader, '\\') && take(reader, 'u')) {
        long low = take_hex(reader);
        if (low >= 0xdc00 && low < 0xe000)
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    if (c >= 0xd800 && c < 0xe000)
        return expected(reader, "the other half of a surrogate pair");
    put_utf8(&reader->scratch, (unsigned long)c);
    return 0;
}

static int take_escape(struct json_reader *reader)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    if (take(reader, 'u'))
        return take_unicode(reader);
    const char *found = peek(reader) ? strchr(from, peek(reader)) : NULL;
    if (!found)
        return expected(reader, "one of \" \\ / b f n r t u behind a \\");
    buf_char(&reader->scratch, to[found - from]);
    reader->at++;
    return 0;
}

/* Passes over what stands for itself in a string, which is UTF-8; its bytes begin at *FROM. */
static int take_plain(struct json_reader *reader, const char **from)
{
    *from = reader->at;
    while (reader->at < reader->end && *reader->at != '"' && *reader->at != '\\' &&
           (unsigned char)*reader->at >= 0x20)
        reader->at++;
    if (utf8_valid(*from, (size_t)(reader->at - *from)))
        return 0;
    const char *behind = reader->at;
    for (reader->at = *from; reader->at < behind;) {
        size_t size = utf8_char(reader->at, (size_t)(behind - reader->at));
        if (!size)
            break;
        reader->at += size;
    }
    return expected(reader, "UTF-8");
}

/* The reader is at the quote that opens it. */
static int read_string(struct json_reader *reader, struct value *value)
{
    const char *from;
    buf_clear(&reader->scratch);
    reader->at++;
    *value = (struct value){.type = VALUE_STRING};
    for (;;) {
        int code = take_plain(reader, &from);
        if (code)
            return code;
        size_t length = (size_t)(reader->at - from);
        if (take(reader, '\\')) {
            buf_append(&reader->scratch, from, length);
            code = take_escape(reader);
            if (code)
                return code;
            continue;
        }
        if (!take(reader, '"'))
            return expected(reader, "'\"', or a character that is no control character");
        if (reader->scratch.length) {
            buf_append(&reader->scratch, from, length);
            from = buf_string(&reader->scratch);
            length = reader->scratch.length;
        }
        value->string.bytes = arena_copy(reader->arena, from, length);
        value->string.length = length;
        return 0;
    }
}

static int compare_keys(const void *a, const void *b)
{
    const struct value_pair *x = *(const struct value_pair *const *)a;
    const struct value_pair *y = *(const struct value_pair *const *)b;
    size_t p = x->key.string.length, q = y->key.string.length;
    int order = memcmp(x->key.string.bytes, y->key.string.bytes, p < q ? p : q);
    if (!order)
        order = (p > q) - (p < q);
    return order ? order : (x > y) - (x < y);
}

static bool same_key(const struct value_pair *x, const struct value_pair *y)
{
    return x->key.string.length == y->key.string.length &&
           !memcmp(x->key.string.bytes, y->key.string.bytes, x->key.string.length);
}

/* Of a key that stands more than once the last one counts. Returns how many pairs are left. */
static size_t drop_repeated(struct value_pair *pairs, size_t count)
{
    struct value_pair **order = mem_calloc(count + 1, sizeof(struct value_pair *));
    size_t left = 0;
    for (size_t i = 0; i < count; i++)
        order[i] = &pairs[i];
    qsort(order, count, sizeof(struct value_pair *), compare_keys);
    for (size_t i = 1; i < count; i++)
        if (same_key(order[i - 1], order[i]))
            order[i - 1]->key.type = VALUE_NIL;
    for (size_t i = 0; i < count; i++)
        if (pairs[i].key.type != VALUE_NIL)
            pairs[left++] = pairs[i];
    free(order);
    return left;
}

/* The pairs from BASE on become the table that VALUE is. */
static void close_table(struct json_reader *reader, size_t base, bool object, struct value *value)
{
    struct value_pair *pairs = reader->count > base ? &reader->pairs[base] : NULL;
    size_t count = reader->count - base;
    if (object && count > 1)
        count = drop_repeated(pairs, count);
    *value = (struct value){.type = VALUE_TABLE};
    value->table.pairs = arena_alloc(reader->arena, count * sizeof(*pairs));
    value->table.count = count;
    value->table.object = object;
    if (count)
        memcpy(value->table.pairs, pairs, count * sizeof(*pairs));
    reader->count = base;
}

static int read_key(struct json_reader *reader, struct value *key)
{
    if (peek(reader) != '"')
        return expected(reader, "a key in quotes");
    int code = read_string(reader, key);
    skip_blanks(reader);
    return code || take(reader, ':') ? code : expected(reader, "':'");
}

static int read_element(struct json_reader *reader, unsigned depth, bool object, size_t number)
{
    struct value_pair pair = {.key = {.type = VALUE_INTEGER, .integer = (int64_t)number}};
    skip_blanks(reader);
    int code = object ? read_key(reader, &pair.key) : 0;
    if (!code)
        code = read_value(reader, depth, &pair.value);
    reader->pairs = mem_grow(reader->pairs, &reader->capacity, reader->count + 1, sizeof(pair));
    reader->pairs[reader->count++] = pair;
    return code;
}

/* The reader is behind the bracket. */
static int read_table(struct json_reader *reader, unsigned depth, bool object, struct value *value)
{
    size_t base = reader->count;
    char close = object ? '}' : ']';
    skip_blanks(reader);
    if (!depth)
        return error_set(reader->error, ERROR_FAILED, "nested more than %d deep", VALUE_DEPTH);
    while (!take(reader, close)) {
        if (reader->count > base && !take(reader, ','))
            return expected(reader, object ? "',' or '}'" : "',' or ']'");
        int code = read_element(reader, depth - 1, object, reader->count - base + 1);
        if (code)
            return code;
        skip_blanks(reader);
    }
    close_table(reader, base, object, value);
    return 0;
}

static int read_word(struct json_reader *reader, struct value *value)
{
    static const struct {
        const char *word;
        struct value value;
    } words[] = {
        {"null", {.type = VALUE_NIL}},
        {"true", {.type = VALUE_BOOLEAN, .boolean = true}},
        {"false", {.type = VALUE_BOOLEAN, .boolean = false}},
    };
    for (size_t i = 0; i < countof(words); i++) {
        size_t length = strlen(words[i].word);
        if ((size_t)(reader->end - reader->at) >= length && !memcmp(reader->at, words[i].word, length)) {
            reader->at += length;
            *value = words[i].value;
            return 0;
        }
    }
    return expected(reader, "a value");
}

static int read_value(struct json_reader *reader, unsigned depth, struct value *value)
{
    skip_blanks(reader);
    char c = peek(reader);
    if (c == '"')
        return read_string(reader, value);
    if (c == '{' || c == '[') {
        reader->at++;
        return read_table(reader, depth, c == '{', value);
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return read_number(reader, value);
    return read_word(reader, value);
}

int value_from_json(struct arena *arena, const char *bytes, size_t length, struct value *value,
                    struct error *error)
{
    struct json_reader reader = {
        .arena = arena, .at = bytes, .start = bytes, .end = bytes + length, .error = error};
    int code = read_value(&reader, VALUE_DEPTH, value);
    skip_blanks(&reader);
    if (!code && reader.at < reader.end)
        code = expected(&reader, "nothing behind the value");
    buf_release(&reader.scratch);
    free(reader.pairs);
    return code;
}

int value_encode_json(struct buf *out, const char *bytes, size_t length, struct error *error)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    int result = value_from_json(arena, bytes, length, &value, error);
    if (!result && value.type == VALUE_NIL)
        result = error_set(error, ERROR_FAILED, "null cannot be put into a queue");
    if (!result)
        value_encode(out, &value);
    arena_free(arena);
    return result;
}
