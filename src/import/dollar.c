/*
 * '$' in other runners' files, as templates.
 *
 *     $$                         $
 *     ${NAME}, in compose $NAME  ${{ env.NAME }}
 *     ${NAME OPERATOR WORD}      see operators_compose[] and operators_braces[]
 *     ${{                        ${{ "${{" }}, where it is no variable: so that it stays text
 */
#include <ctype.h>
#include <stdlib.h>

#include "base/str.h"
#include "import/private.h"
#include "yaml/quote.h"
#include "yaml/scalar_mark.h"

#define OPEN "${{"

/*
 * What an operator behind the name of a variable does with its value. FORM is Lua, in which stands %n for the value, which may be
 * nil, %v for the value or "", and of WORD, what is behind the operator: %t for the text, %o for offset and length; within quotes %p
 * for the pattern up to a '/', %w for what is behind that, and, where '*' and '?' count, %g and %l for the pattern that takes as much
 * or as little as it can.
 */
struct dollar_operator {
    const char *sign;
    const char *form;
};

#define NAME_ALONE "%n"
#define OR_WORD "%v ~= \"\" and %n or %t"

/* Those of docker compose: ':' looks at whether it is empty too, '?' tells that it must be set. */
static const struct dollar_operator operators_compose[] = {
    {"", NAME_ALONE},
    {":-", OR_WORD},
    {"-", "%n or %t"},
    {":+", "%v ~= \"\" and %t or \"\""},
    {"+", "%n and %t or \"\""},
    {":?", NAME_ALONE},
    {"?", NAME_ALONE},
    {0},
};

/* Those of process-compose, for which five are the same. */
static const struct dollar_operator operators_braces[] = {
    {"", NAME_ALONE},
    {":-", OR_WORD},
    {":=", OR_WORD},
    {":?", OR_WORD},
    {":+", OR_WORD},
    {"=", OR_WORD},
    {":", "%v:sub(%o)"},
    {"^^", "%v:upper()"},
    {"^", "(%v:gsub(\"^%%l\", string.upper))"},
    {",,", "%v:lower()"},
    {",", "(%v:gsub(\"^%%u\", string.lower))"},
    {"##", "(%v:gsub(\"^%g\", \"\"))"},
    {"#", "(%v:gsub(\"^%l\", \"\"))"},
    {"%%", "(%v:gsub(\"^(.-)%g$\", \"%%1\"))"},
    {"%", "(%v:gsub(\"^(.*)%g$\", \"%%1\"))"},
    {"//", "(%v:gsub(\"%p\", \"%w\"))"},
    {"/#", "(%v:gsub(\"^%p\", \"%w\"))"},
    {"/%", "(%v:gsub(\"%p$\", \"%w\"))"},
    {"/", "(%v:gsub(\"%p\", \"%w\", 1))"},
    {0},
};

/* ${#NAME} */
static const struct dollar_operator operator_length = {"", "#%v"};

/* ---- reading ---- */

/* A variable in a text. */
struct dollar_reference {
    const char *name; /* NULL: there is none */
    size_t name_length;
    const struct dollar_operator *operation;
    const char *word; /* behind the operation */
    size_t word_length;
};

size_t import_atom(const struct import *import, const char *text)
{
    if (text[0] != '$' || (text[1] != '$' && text[1] != '{'))
        return 1;
    if (text[1] == '$')
        return 2;
    size_t depth = 0;
    for (size_t i = 1; text[i]; i++) {
        depth += text[i] == '{' && (text[i - 1] == '$' || import->dollar == DOLLAR_COMPOSE);
        if (text[i] == '}' && !--depth)
            return i + 1;
    }
    return 1;
}

static size_t name_length(const char *text, const char *end)
{
    size_t length = 0;
    while (text + length < end && (isalpha((unsigned char)text[length]) || text[length] == '_' ||
                                   (length && isdigit((unsigned char)text[length]))))
        length++;
    return length;
}

/* The operator and the word between AT and CLOSE; false where there are none such. */
static bool read_operator(const struct import *import, struct dollar_reference *reference, const char *at, const char *close)
{
    const struct dollar_operator *operation = import->dollar == DOLLAR_BRACES ? operators_braces : operators_compose;
    size_t size = 0;
    for (; operation->sign; operation++) {
        size = strlen(operation->sign);
        if (size ? size <= (size_t)(close - at) && !memcmp(at, operation->sign, size) : at == close)
            break;
    }
    reference->operation = operation;
    reference->word = at + size;
    reference->word_length = (size_t)(close - reference->word);
    if (!operation->sign || (!strcmp(operation->sign, ":") && !isdigit((unsigned char)at[1])))
        return false;
    return strstr(operation->form, "%t") || import->dollar == DOLLAR_COMPOSE || !memchr(reference->word, '$', reference->word_length);
}

/* Reads the variable at TEXT, a '$'. Returns its bytes, 0 where there is none. */
static size_t read_reference(const struct import *import, const char *text, const char *end, struct dollar_reference *reference)
{
    bool braces = import->dollar == DOLLAR_BRACES;
    size_t bare = text + 1 < end && !braces ? name_length(text + 1, end) : 0;
    if (bare) {
        *reference = (struct dollar_reference){.name = text + 1, .name_length = bare, .operation = operators_compose};
        return 1 + bare;
    }
    size_t size = text + 1 < end ? import_atom(import, text) : 0;
    const char *close = text + size - 1;
    if (size < 4 || close >= end)
        return 0;
    bool length = braces && text[2] == '#';
    const char *name = text + 2 + length;
    *reference = (struct dollar_reference){.name = name, .name_length = name_length(name, close)};
    const char *behind = name + reference->name_length;
    if (!reference->name_length || (length && behind != close) || !read_operator(import, reference, behind, close))
        return 0;
    if (length)
        reference->operation = &operator_length;
    return size;
}

/* The bytes at TEXT that are a variable, REFERENCE, or stand for the first of them, as "$$" does. */
static size_t next_piece(const struct import *import, const char *text, const char *end, struct dollar_reference *reference)
{
    bool dollar = *text == '$' && import->dollar != DOLLAR_PLAIN;
    size_t size = dollar ? read_reference(import, text, end, reference) : 0;
    if (size)
        return size;
    *reference = (struct dollar_reference){0};
    return dollar && text + 1 < end && text[1] == '$' ? 2 : 1;
}

bool import_has_variable(const struct import *import, const char *text)
{
    for (; (text = strchr(text, '$')); text += text[1] == '$' ? 2 : 1)
        if (text[1] == '{' || (import->dollar == DOLLAR_COMPOSE && (isalpha((unsigned char)text[1]) || text[1] == '_')))
            return true;
    return false;
}

/* ---- writing Lua ---- */

/* Appends what stands for TEXT within the quotes of a Lua string, and empties it. */
static void lua_escape(struct buf *out, struct buf *text)
{
    for (size_t i = 0; i < text->length; i++) {
        unsigned char c = (unsigned char)text->data[i];
        buf_printf(out, c == '"' || c == '\\' ? "\\%c" : c < 0x20 || c == 0x7F ? "\\%03u" : "%c", c);
    }
    buf_clear(text);
}

/* The variable, or it or "". */
static void lua_name(struct buf *out, const struct dollar_reference *reference, bool or_nothing)
{
    bool plain = true; /* not in small letters: such a name could be a word of Lua's */
    for (size_t i = 0; i < reference->name_length; i++)
        plain &= !islower((unsigned char)reference->name[i]);
    buf_text(out, or_nothing ? "(" : "");
    buf_printf(out, plain ? "env.%.*s" : "env[\"%.*s\"]", (int)reference->name_length, reference->name);
    buf_text(out, or_nothing ? " or \"\")" : "");
}

/* LENGTH bytes of a pattern of a shell as one of Lua's; ANY is '*' in it, NULL where that and '?' stand for themselves. */
static void lua_pattern(struct buf *out, const char *text, size_t length, const char *any)
{
    for (size_t i = 0; i < length; i++) {
        i += text[i] == '\\' && i + 1 < length;
        if (any && text[i] == '*')
            buf_text(out, any);
        else if (any && text[i] == '?')
            buf_char(out, '.');
        else
            buf_printf(out, "%s%c", ispunct((unsigned char)text[i]) ? "%" : "", text[i]);
    }
}

/* The bytes of a pattern that ends at a '/', unless a backslash stands before it. */
static size_t pattern_length(const struct dollar_reference *reference)
{
    size_t at = 0;
    while (at < reference->word_length && reference->word[at] != '/')
        at += reference->word[at] == '\\' && at + 1 < reference->word_length ? 2 : 1;
    return at;
}

/* No value is longer than what a place beyond this is left out of. */
#define PLACE_MOST 1000000000L

static long read_place(const char *text)
{
    long place = strtol(text, NULL, 10);
    return place < -PLACE_MOST ? -PLACE_MOST : place > PLACE_MOST ? PLACE_MOST : place;
}

/* OFFSET or OFFSET:LENGTH as the arguments of sub(). */
static void lua_range(struct buf *out, const struct dollar_reference *reference)
{
    const char *colon = memchr(reference->word, ':', reference->word_length);
    long from = read_place(reference->word);
    buf_printf(out, "%ld", from + 1);
    if (colon)
        buf_printf(out, ", %ld", from + read_place(colon + 1));
}

static void lua_text(struct import *import, struct buf *out, const char *text, size_t length);

/* What stands for %PIECE in a form. */
static void lua_piece(struct import *import, struct buf *out, char piece, const struct dollar_reference *reference)
{
    const char *word = reference->word;
    struct buf text = {0};
    if (piece == 't')
        lua_text(import, out, word, reference->word_length);
    else if (piece == 'o')
        lua_range(out, reference);
    else if (piece == 'n' || piece == 'v')
        lua_name(out, reference, piece == 'v');
    else if (piece == 'g' || piece == 'l')
        lua_pattern(&text, word, reference->word_length, piece == 'g' ? ".*" : ".-");
    else if (piece == 'p')
        lua_pattern(&text, word, pattern_length(reference), NULL);
    else if (piece == 'w')
        for (size_t i = pattern_length(reference) + 1; i < reference->word_length; i++)
            buf_printf(&text, "%s%c", word[i] == '%' ? "%" : "", word[i]);
    else
        buf_char(out, piece);
    lua_escape(out, &text);
    buf_release(&text);
}

/* The value of a variable as a Lua expression. */
static void lua_reference(struct import *import, struct buf *out, const struct dollar_reference *reference)
{
    import->variables = true;
    import->demanded |= import->dollar == DOLLAR_COMPOSE && strchr(reference->operation->sign, '?');
    for (const char *at = reference->operation->form; *at; at++) {
        if (*at == '%')
            lua_piece(import, out, *++at, reference);
        else
            buf_char(out, *at);
    }
}

/* A text with variables in it as a Lua expression that can stand between operators. */
static void lua_text(struct import *import, struct buf *out, const char *text, size_t length)
{
    const char *end = text + length;
    struct buf whole = {0};
    struct buf literal = {0};
    size_t count = 0;
    while (text < end) {
        struct dollar_reference reference = {0};
        for (size_t size; text < end && (size = next_piece(import, text, end, &reference)) && !reference.name; text += size)
            buf_char(&literal, *text);
        if (literal.length) {
            buf_text(&whole, count++ ? " .. \"" : "\"");
            lua_escape(&whole, &literal);
            buf_char(&whole, '"');
        }
        if (text == end)
            break;
        buf_text(&whole, count++ ? " .. (" : "(");
        lua_reference(import, &whole, &reference);
        buf_text(&whole, " or \"\")");
        text += next_piece(import, text, end, &reference);
    }
    buf_printf(out, count > 1 ? "(%s)" : "%s", count ? whole.data : "\"\"");
    buf_release(&whole);
    buf_release(&literal);
}

/* ---- writing words of a shell ---- */

/* Appends LENGTH bytes of TEXT for within double quotes. */
static void shell_text(struct import *import, struct buf *out, const char *text, size_t length)
{
    const char *end = text + length;
    struct dollar_reference reference;
    for (size_t size; text < end; text += size) {
        size = next_piece(import, text, end, &reference);
        if (!reference.name) {
            buf_printf(out, strchr("$`\"\\", *text) ? "\\%c" : "%c", *text);
            continue;
        }
        buf_printf(out, "${%.*s%s", (int)reference.name_length, reference.name, reference.operation->sign);
        shell_text(import, out, reference.word, reference.word ? reference.word_length : 0);
        buf_char(out, '}');
    }
}

void import_shell_word(struct import *import, struct buf *out, const char *text)
{
    if (!strchr(text, '$')) {
        shell_quote(out, text, strlen(text));
        return;
    }
    buf_char(out, '"');
    shell_text(import, out, text, strlen(text));
    buf_char(out, '"');
}

/* ---- writing templates ---- */

/* Appends an expression: in a command line as it is, without quotes, as the other runner does. */
static void put_expression(struct buf *out, enum template_use use, const char *lua)
{
    buf_printf(out, use == TEMPLATE_SHELL ? "${{ raw(%s) }}" : "${{ %s }}", lua);
}

/* Appends LITERAL, so that no template is found in it but the replica's number, and empties it. */
static void put_literal(struct import *import, struct buf *out, struct buf *literal, enum template_use use)
{
    const char *replica = import->kind && import->kind->replica ? import->kind->replica : OPEN;
    for (const char *text = buf_string(literal); *text;) {
        bool open = !strncmp(text, OPEN, strlen(OPEN));
        if (open || !strncmp(text, replica, strlen(replica))) {
            put_expression(out, use, open ? "\"" OPEN "\"" : "index - 1");
            text += strlen(open ? OPEN : replica);
        } else {
            buf_char(out, *text++);
        }
    }
    buf_clear(literal);
}

/* "${" at TEXT that begins no variable: an error, or left as it is. */
static bool take_stray(struct import *import, const struct node *node, const char *text)
{
    size_t length = strcspn(text, " \t\n");
    const char *found = strstr(node->text, text);
    if (import->dollar == DOLLAR_COMPOSE)
        diag_error(import->diags,
                   found ? place_in_scalar(import->source, node, (size_t)(found - node->text), length) : node_mark(import->source, node),
                   "write '$$' for a dollar sign", "'%s' is no variable", show_text(text, length).text);
    else if (text[2] != '{')
        import_note_at(import, node, "%s is left as it is", show_text(text, length).text);
    return import->dollar != DOLLAR_COMPOSE;
}

const char *import_template(struct import *import, const struct node *node, const char *text, enum template_use use)
{
    const char *end = text + strlen(text);
    struct buf out = {0};
    struct buf literal = {0};
    struct buf lua = {0};
    bool fine = true;
    for (size_t size; fine && text < end; text += size) {
        struct dollar_reference reference;
        size = next_piece(import, text, end, &reference);
        bool stray = !reference.name && *text == '$' && text[1] == '{' && import->dollar != DOLLAR_PLAIN;
        /* As it stands somebody takes it for a variable that no shell reads. */
        bool doubtful = !reference.name && size == 2 && use == TEMPLATE_TEXT && import->dollar == DOLLAR_COMPOSE &&
                        (isupper((unsigned char)text[2]) || text[2] == '_');
        if (stray)
            fine = take_stray(import, node, text);
        if (!reference.name && !doubtful) {
            buf_char(&literal, *text);
            continue;
        }
        put_literal(import, &out, &literal, use);
        if (doubtful)
            buf_text(&lua, "'$'");
        else
            lua_reference(import, &lua, &reference);
        put_expression(&out, use, lua.data);
        import->raw |= use == TEMPLATE_SHELL;
        buf_clear(&lua);
    }
    put_literal(import, &out, &literal, use);
    const char *whole = fine ? arena_strdup(import->arena, buf_string(&out)) : NULL;
    buf_release(&out);
    buf_release(&literal);
    buf_release(&lua);
    return whole;
}
