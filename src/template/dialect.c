/* From other languages' expressions to Lua's. */
#include "template/dialect.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "script/pure.h"
#include "template/token.h"

/* A longer sign stands above one that it begins with. */
static const struct {
    const char *theirs;
    const char *ours;
} signs[] = {
    {"=", "=="},
    {"===", "=="},          {"!==", "~="},         {"!=", "~="},
    {"||", "or"},           {"&&", "and"},         {"??", "or"},
    {"!", "not"},           {"$", "env."},         {"`", "'"},
    {"\xE2\x80\x9C", "\""}, /* typographic quotes */
    {"\xE2\x80\x9D", "\""}, {"\xE2\x80\x98", "'"}, {"\xE2\x80\x99", "'"},
};

static const struct {
    const char *theirs;
    const char *ours;
} names[] = {
    {"null", "nil"},       {"None", "nil"},    {"undefined", "nil"}, {"True", "true"},
    {"False", "false"},    {"len", "#item"},   {"str", "tostring"},  {"int", "tonumber"},
    {"float", "tonumber"}, {"matrix", "item"}, {"it", "item"},       {"line", "item"},
    {"file", "item"},      {"task", "item"},   {"arg", "item"},      {"row", "item"},
    {"i", "index"},        {"inputs", "vars"}, {"params", "vars"},   {"github", "env.GITHUB_..."},
    {"secrets", "env"},    {"process", "env"}, {"toUpper", "upper"}, {"toLower", "lower"},
    {"strip", "trim"},
};

const char *dialect_name(const char *name)
{
    for (size_t i = 0; i < countof(names); i++)
        if (!strcmp(names[i].theirs, name))
            return names[i].ours;
    return NULL;
}

static bool is_function(const struct token *token)
{
    for (size_t i = 0; pure_name(i); i++)
        if (token_is(token, pure_name(i)))
            return true;
    return false;
}

static void put_word(struct buf *out, const char *word, char next)
{
    char last = out->length ? out->data[out->length - 1] : ' ';
    buf_text(out, last == ' ' || last == '(' ? "" : " ");
    buf_text(out, word);
    buf_text(out, next == ' ' ? "" : " ");
}

/* The signs and the words for nil, true and false; true where there was one. */
static bool replace_signs(struct buf *out, const char *text, size_t length)
{
    bool found = false;
    const char *at = text, *end = text + length, *copied = text;
    for (;;) {
        struct token token = token_next(&at, end);
        const char *ours = NULL;
        size_t size = token.length;
        if (token.type == TOKEN_END)
            break;
        for (size_t i = 0; token.type == TOKEN_SIGN && !ours && i < countof(signs); i++) {
            size = strlen(signs[i].theirs);
            if (size >= token.length && (size_t)(end - token.text) >= size && !memcmp(token.text, signs[i].theirs, size))
                ours = signs[i].ours;
        }
        if (!ours)
            continue;
        buf_append(out, copied, (size_t)(token.text - copied));
        copied = at = token.text + size;
        if (isalpha((unsigned char)*ours) && ours[strlen(ours) - 1] != '.')
            put_word(out, ours, at < end ? *at : ' ');
        else
            buf_text(out, ours);
        found = true;
    }
    buf_append(out, copied, (size_t)(end - copied));
    return found;
}

/* The next token that is SIGN and stands in no brackets; NULL: none. *AT is then behind it. */
static const char *find_sign(const char **at, const char *end, const char *sign)
{
    size_t depth = 0;
    for (;;) {
        struct token token = token_next(at, end);
        if (token.type == TOKEN_END)
            return NULL;
        if (token.type != TOKEN_SIGN)
            continue;
        if (!depth && token_is(&token, sign))
            return token.text;
        depth += strchr("([{", *token.text) != NULL;
        depth -= depth && strchr(")]}", *token.text);
    }
}

/* TEXT up to END without the blanks round it. */
static char *trimmed(struct arena *arena, const char *text, const char *end)
{
    while (text < end && isspace((unsigned char)*text))
        text++;
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    return arena_copy(arena, text, (size_t)(end - text));
}

/* "c ? a : b"; NULL where TEXT is none. */
static char *from_choice(struct arena *arena, const char *text)
{
    const char *at = text, *end = text + strlen(text);
    const char *question = find_sign(&at, end, "?");
    const char *colon = question ? find_sign(&at, end, ":") : NULL;
    if (!colon)
        return NULL;
    return arena_printf(arena, "%s and %s or %s", trimmed(arena, text, question),
                        trimmed(arena, question + 1, colon), trimmed(arena, colon + 1, end));
}

/* The filter at AT, applied to VALUE; NULL where it is none. */
static char *apply_filter(struct arena *arena, char *value, const char *at, const char *end)
{
    struct token name = token_next(&at, end);
    const char *behind = at;
    struct token open = token_next(&behind, end);
    char *rest = trimmed(arena, at, end);
    size_t length = strlen(rest);
    bool arguments = length > 2 && *rest == '(' && rest[length - 1] == ')';
    if (token_is(&name, "default") && arguments)
        return arena_printf(arena, "%s or %.*s", value, (int)length - 2, rest + 1);
    if (!is_function(&name) || (open.type != TOKEN_END && !arguments))
        return NULL;
    return arguments ? arena_printf(arena, "%.*s(%s, %.*s)", (int)name.length, name.text, value,
                                    (int)length - 2, rest + 1)
                     : arena_printf(arena, "%.*s(%s)", (int)name.length, name.text, value);
}

/* "value | filter | filter"; NULL where TEXT is none. */
static char *from_filters(struct arena *arena, const char *text)
{
    const char *at = text, *end = text + strlen(text);
    const char *bar = find_sign(&at, end, "|");
    char *value = bar ? trimmed(arena, text, bar) : NULL;
    while (bar && value) {
        const char *filter = at;
        bar = find_sign(&at, end, "|");
        value = apply_filter(arena, value, filter, bar ? bar : end);
    }
    return value;
}

bool dialect_has_filter(const char *text, size_t length)
{
    const char *at = text, *end = text + length;
    while (find_sign(&at, end, "|")) {
        const char *behind = at;
        struct token name = token_next(&behind, end);
        struct token next = token_next(&behind, end);
        bool alone = next.type == TOKEN_END || token_is(&next, "|");
        if (alone ? is_function(&name) : token_is(&name, "default"))
            return true;
    }
    return false;
}

/* "basename item"; NULL where TEXT is no function with its argument beside it. */
static char *from_call(struct arena *arena, const char *text)
{
    const char *at = text, *end = text + strlen(text);
    struct token name = token_next(&at, end);
    const char *behind = at;
    struct token next = token_next(&behind, end);
    if (!is_function(&name) || (next.type != TOKEN_NAME && next.type != TOKEN_LITERAL))
        return NULL;
    return arena_printf(arena, "%.*s(%s)", (int)name.length, name.text, trimmed(arena, at, end));
}

char *dialect_lua(struct arena *arena, const char *text, size_t length)
{
    static char *(*const readers[])(struct arena *, const char *) = {from_choice, from_filters,
                                                                     from_call};
    struct buf replaced = {0};
    bool foreign = replace_signs(&replaced, text, length);
    char *lua = arena_copy(arena, buf_string(&replaced), replaced.length);
    buf_release(&replaced);
    for (size_t i = 0; i < countof(readers); i++) {
        char *read = readers[i](arena, lua);
        foreign = foreign || read;
        lua = read ? read : lua;
    }
    return foreign ? lua : NULL;
}
