/*
 * '$' in other runners' files, as templates.
 *
 *     $$                         $
 *     ${NAME}, in compose $NAME  ${{ env.NAME }}
 *     ${NAME:-WORD} ${NAME-WORD} WORD where NAME is not set; with ':' where it is empty too
 *     ${NAME:+WORD} ${NAME+WORD} WORD where NAME is set
 *     ${NAME:?WORD} ${NAME?WORD} NAME, which must be set
 *     ${{                        ${{ "${{" }}, where it is no variable: so that it stays text
 *
 * process-compose has others: ':=', '=', ':?' and ':+' are ':-' there, and see edits[].
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "import/private.h"
#include "yaml/quote.h"
#include "yaml/scalar_mark.h"
#include "yaml/tree.h"

#define OPEN "${{"
#define REPLICA "{{.PC_REPLICA_NUM}}"

/* What process-compose does with a value: FORM is Lua, in it %v the value, %p the pattern, %w WORD.
 */
struct edit {
    const char *operator;
    const char *form;
    const char *any;   /* what '*' is in the pattern; NULL: itself */
    const char *first; /* what stands round the pattern */
    const char *last;
};

static const struct edit edits[] = {
    {"^^", "%v:upper()", NULL, "", ""},
    {"^", "(%v:gsub(\"^%l\", string.upper))", NULL, "", ""},
    {",,", "%v:lower()", NULL, "", ""},
    {",", "(%v:gsub(\"^%u\", string.lower))", NULL, "", ""},
    {"##", "(%v:gsub(%p, \"\"))", ".*", "^", ""},
    {"#", "(%v:gsub(%p, \"\"))", ".-", "^", ""},
    {"%%", "(%v:gsub(%p, \"%1\"))", ".*", "^(.-)", "$"},
    {"%", "(%v:gsub(%p, \"%1\"))", ".*", "^(.*)", "$"},
    {"//", "(%v:gsub(%p, %w))", NULL, "", ""},
    {"/#", "(%v:gsub(%p, %w))", NULL, "^", ""},
    {"/%", "(%v:gsub(%p, %w))", NULL, "", "$"},
    {"/", "(%v:gsub(%p, %w, 1))", NULL, "", ""},
};

/* A variable in a text. */
struct variable_reference {
    const char *name;
    size_t name_length;
    char operator; /* '-', '+', '?', '#' for its length, ':' for a part, 'e' for an edit, or 0 */
    bool colon;
    const struct edit *edit;
    const char *word; /* behind the operator */
    size_t word_length;
};

static size_t name_length(const char *text, const char *end)
{
    size_t length = 0;
    while (text + length < end && (isalpha((unsigned char)text[length]) || text[length] == '_' ||
                                   (length && isdigit((unsigned char)text[length]))))
        length++;
    return length;
}

/* The operators of docker compose. */
static bool read_operator(struct variable_reference *reference, const char *at, const char *close)
{
    reference->colon = *at == ':';
    at += reference->colon;
    if (at == close || !strchr("-+?", *at))
        return false;
    reference->operator= * at;
    reference->word = at + 1;
    reference->word_length = (size_t)(close - reference->word);
    return true;
}

/* Those of process-compose. */
static bool read_edit(struct variable_reference *reference, const char *at, const char *close)
{
    size_t length = (size_t)(close - at);
    size_t skip = at[0] == '=' ? 1 : length > 1 && at[0] == ':' && strchr("-=?+", at[1]) ? 2 : 0;
    reference->colon = skip;
    reference->operator= skip ? '-' : at[0] == ':' && isdigit((unsigned char)at[1]) ? ':' : 'e';
    skip += reference->operator== ':';
    for (size_t i = 0; reference->operator== 'e' && !reference->edit && i<countof(edits); i++) {
        size_t size = strlen(edits[i].operator);
        if (size <= length && !memcmp(at, edits[i].operator, size)) {
            reference->edit = &edits[i];
            skip = size;
        }
    }
    reference->word = at + skip;
    reference->word_length = length - skip;
    bool nested = memchr(reference->word, '$', reference->word_length);
    return reference->operator== '-' ||(!nested && (reference->operator== ':' || reference->edit));
}

/* Reads the variable at TEXT, a '$'. Returns its bytes, 0 where there is none. */
static size_t read_reference(const struct import *import, const char *text, const char *end,
                             struct variable_reference *reference)
{
    bool braces = import->dollar == DOLLAR_BRACES;
    *reference = (struct variable_reference){.name = text + 1};
    if (text + 1 == end)
        return 0;
    if (text[1] != '{') {
        reference->name_length = braces ? 0 : name_length(text + 1, end);
        return reference->name_length ? 1 + reference->name_length : 0;
    }
    size_t size = import_atom(import, text);
    const char *at = text + 2;
    const char *close = text + size - 1;
    if (size < 4 || close >= end)
        return 0;
    reference->operator= braces && * at == '#' ? '#' : 0;
    at += reference->operator== '#';
    reference->name = at;
    reference->name_length = name_length(at, close);
    at += reference->name_length;
    if (!reference->name_length || at == close)
        return reference->name_length ? size : 0;
    bool right = braces ? read_edit(reference, at, close) : read_operator(reference, at, close);
    return right ? size : 0;
}

/* Appends LENGTH bytes as a Lua string. */
static void lua_string(struct buf *out, const char *text, size_t length)
{
    buf_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            buf_printf(out, "\\%03u", c);
        else
            buf_char(out, text[i]);
    }
    buf_char(out, '"');
}

static void lua_name(struct buf *out, const struct variable_reference *reference)
{
    bool plain = true; /* not in small messages: such a name could be a word of Lua's */
    for (size_t i = 0; i < reference->name_length; i++)
        plain &= !islower((unsigned char)reference->name[i]);
    buf_printf(out, plain ? "env.%.*s" : "env[\"%.*s\"]", (int)reference->name_length,
               reference->name);
}

static void lua_text(struct import *import, struct buf *out, const char *text, size_t length);

/* A pattern of a shell as one of Lua's, in quotes. */
static void lua_pattern(struct buf *out, const struct edit *edit, const char *text, size_t length)
{
    struct buf pattern = {0};
    buf_text(&pattern, edit->first);
    for (size_t i = 0; i < length; i++) {
        i += text[i] == '\\' && i + 1 < length;
        if (edit->any && text[i] == '*')
            buf_text(&pattern, edit->any);
        else if (edit->any && text[i] == '?')
            buf_char(&pattern, '.');
        else
            buf_printf(&pattern, "%s%c", ispunct((unsigned char)text[i]) ? "%" : "", text[i]);
    }
    buf_text(&pattern, edit->last);
    lua_string(out, buf_string(&pattern), pattern.length);
    buf_release(&pattern);
}

/* What stands for a '%' of a form. */
static void lua_piece(struct buf *out, char piece, const struct variable_reference *reference)
{
    const char *word = reference->word;
    size_t length = reference->word_length;
    size_t first = 0; /* bytes of the pattern */
    while (first < length && (reference->edit->any || word[first] != '/'))
        first += word[first] == '\\' && first + 1 < length ? 2 : 1;
    if (piece == 'v') {
        buf_char(out, '(');
        lua_name(out, reference);
        buf_text(out, " or \"\")");
    } else if (piece == 'p') {
        lua_pattern(out, reference->edit, word, first);
    } else {
        struct buf put = {0};
        for (size_t i = first + 1; i < length; i++)
            buf_printf(&put, "%s%c", word[i] == '%' ? "%" : "", word[i]);
        lua_string(out, buf_string(&put), put.length);
        buf_release(&put);
    }
}

static void lua_edit(struct buf *out, const struct variable_reference *reference)
{
    for (const char *at = reference->edit->form; *at; at++) {
        if (*at == '%' && strchr("vpw", at[1]))
            lua_piece(out, *++at, reference);
        else
            buf_char(out, *at);
    }
}

/* No value is longer than what a place beyond this is left out of. */
#define PLACE_MOST 1000000000L

static long read_place(const char *text)
{
    long place = strtol(text, NULL, 10);
    return place < -PLACE_MOST ? -PLACE_MOST : place > PLACE_MOST ? PLACE_MOST : place;
}

/* OFFSET or OFFSET:LENGTH */
static void lua_part(struct buf *out, const struct variable_reference *reference)
{
    const char *colon = memchr(reference->word, ':', reference->word_length);
    long from = read_place(reference->word);
    buf_char(out, '(');
    lua_name(out, reference);
    buf_printf(out, " or \"\"):sub(%ld", from + 1);
    if (colon)
        buf_printf(out, ", %ld", from + read_place(colon + 1));
    buf_char(out, ')');
}

/* The value of a variable as a Lua expression. */
static void lua_reference(struct import *import, struct buf *out,
                          const struct variable_reference *reference)
{
    import->variables = true;
    import->demanded |= reference->operator== '?';
    if (reference->operator== 'e') {
        lua_edit(out, reference);
        return;
    }
    if (reference->operator== ':') {
        lua_part(out, reference);
        return;
    }
    if (reference->operator== '#') {
        buf_text(out, "#(");
        lua_name(out, reference);
        buf_text(out, " or \"\")");
        return;
    }
    if (reference->colon && reference->operator!= '?') {
        buf_text(out, "(");
        lua_name(out, reference);
        buf_text(out, " or \"\") ~= \"\" and ");
    }
    if (reference->operator== '+') {
        if (!reference->colon) {
            lua_name(out, reference);
            buf_text(out, " and ");
        }
        lua_text(import, out, reference->word, reference->word_length);
        buf_text(out, " or \"\"");
        return;
    }
    lua_name(out, reference);
    if (reference->operator== '-') {
        buf_text(out, " or ");
        lua_text(import, out, reference->word, reference->word_length);
    }
}

/* Pieces of a Lua text that are put together with "..". */
struct pieces {
    struct buf text;
    struct buf literal; /* not yet in TEXT */
    size_t count;
};

static struct buf *next_piece(struct pieces *pieces)
{
    buf_text(&pieces->text, pieces->count++ ? " .. " : "");
    return &pieces->text;
}

static void end_literal(struct pieces *pieces)
{
    if (pieces->literal.length)
        lua_string(next_piece(pieces), pieces->literal.data, pieces->literal.length);
    buf_clear(&pieces->literal);
}

/* A text with variables in it as a Lua expression that can stand between operators. */
static void lua_text(struct import *import, struct buf *out, const char *text, size_t length)
{
    const char *end = text + length;
    struct pieces pieces = {0};
    while (text < end) {
        struct variable_reference reference;
        size_t size = *text == '$' ? read_reference(import, text, end, &reference) : 0;
        if (size) {
            end_literal(&pieces);
            buf_char(next_piece(&pieces), '(');
            lua_reference(import, &pieces.text, &reference);
            buf_text(&pieces.text, " or \"\")");
            text += size;
        } else {
            bool twice = *text == '$' && text + 1 < end && text[1] == '$';
            buf_char(&pieces.literal, *text);
            text += twice ? 2 : 1;
        }
    }
    end_literal(&pieces);
    if (!pieces.count)
        buf_text(next_piece(&pieces), "\"\"");
    buf_printf(out, pieces.count > 1 ? "(%s)" : "%s", pieces.text.data);
    buf_release(&pieces.text);
    buf_release(&pieces.literal);
}

/* Appends an expression: in a command line as it is, without quotes, as the other runner does. */
static void open_expression(struct buf *out, enum template_use use)
{
    buf_text(out, use == TEMPLATE_SHELL ? "${{ raw(" : "${{ ");
}

static void close_expression(struct buf *out, enum template_use use)
{
    buf_text(out, use == TEMPLATE_SHELL ? ") }}" : " }}");
}

/* Appends literal text, so that no template is found in it but the replica's number. */
static void append_literal(struct import *import, struct buf *out, const char *text, size_t length,
                           enum template_use use)
{
    const char *end = text + length;
    while (text < end) {
        size_t left = (size_t)(end - text);
        bool open = left >= strlen(OPEN) && !memcmp(text, OPEN, strlen(OPEN));
        bool replica = !open && import->replicas && left >= strlen(REPLICA) &&
                       !memcmp(text, REPLICA, strlen(REPLICA));
        if (!open && !replica) {
            buf_char(out, *text++);
            continue;
        }
        open_expression(out, use);
        buf_text(out, open ? "\"" OPEN "\"" : "index - 1");
        close_expression(out, use);
        text += strlen(open ? OPEN : REPLICA);
    }
}

/* "${" that begins no variable. */
static bool report_dollar(struct import *import, const struct node *node, const char *text)
{
    size_t length = strcspn(text, " \t\n");
    const char *found = strstr(node->text, text);
    diag_error(import->diags,
               found ? place_in_scalar(import->source, node, (size_t)(found - node->text), length)
                     : node_mark(import->source, node),
               "write '$$' for a dollar sign", "'%s' is no variable", show_text(text, length).text);
    return false;
}

bool import_template(struct import *import, const struct node *node, const char *text,
                     enum template_use use, struct buf *out)
{
    const char *end = text + strlen(text);
    struct buf literal = {0};
    bool fine = true;
    while (fine && text < end) {
        struct variable_reference reference;
        bool dollar = *text == '$' && import->dollar != DOLLAR_PLAIN;
        size_t size = dollar ? read_reference(import, text, end, &reference) : 0;
        if (!size) {
            bool twice = dollar && text[1] == '$';
            if (dollar && text[1] == '{' && import->dollar == DOLLAR_COMPOSE)
                fine = report_dollar(import, node, text);
            else if (dollar && text[1] == '{' && text[2] != '{')
                import_note(import, "line %u: %s is left as it is", (unsigned)node->line,
                            show_text(text, strcspn(text, " \t\n")).text);
            bool looks = twice && use == TEMPLATE_TEXT && import->dollar == DOLLAR_COMPOSE && (isupper((unsigned char)text[2]) || text[2] == '_');
            if (looks) {
                append_literal(import, out, buf_string(&literal), literal.length, use);
                buf_clear(&literal);
                buf_text(out, "${{ '$' }}"); /* as it stands nobody takes it for a variable that no shell reads */
            } else {
                buf_char(&literal, *text);
            }
            text += twice ? 2 : 1;
            continue;
        }
        append_literal(import, out, buf_string(&literal), literal.length, use);
        buf_clear(&literal);
        open_expression(out, use);
        lua_reference(import, out, &reference);
        close_expression(out, use);
        import->raw |= use == TEMPLATE_SHELL;
        text += size;
    }
    append_literal(import, out, buf_string(&literal), literal.length, use);
    buf_release(&literal);
    return fine;
}

const char *import_value(struct import *import, const struct node *node)
{
    struct buf out = {0};
    const char *value = NULL;
    if (node->kind == NODE_SCALAR && import_template(import, node, node->text, TEMPLATE_TEXT, &out))
        value = arena_copy(import->arena, buf_string(&out), out.length);
    buf_release(&out);
    return value;
}
