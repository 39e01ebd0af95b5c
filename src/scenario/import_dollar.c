/*
 * '$' in other runners' files, as templates.
 *
 *     $$                         $
 *     $NAME  ${NAME}             ${{ env.NAME }}
 *     ${NAME:-WORD} ${NAME-WORD} WORD where NAME is not set; with ':' where it is empty too
 *     ${NAME:+WORD} ${NAME+WORD} WORD where NAME is set
 *     ${NAME:?WORD} ${NAME?WORD} NAME, which must be set
 *     ${{                        ${{ "${{" }}, where it is no variable: so that it stays text
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "scenario/import_private.h"
#include "scenario/show.h"
#include "scenario/tree.h"

#define OPEN "${{"

/* A variable in a text. */
struct reference {
    const char *name;
    size_t name_length;
    char operator; /* '-', '+', '?', or 0 */
    bool colon;
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

/* Reads the variable at TEXT, a '$'. Returns its bytes, 0 where there is none. */
static size_t read_reference(const char *text, const char *end, struct reference *reference)
{
    *reference = (struct reference){.name = text + 1};
    if (text + 1 == end)
        return 0;
    if (text[1] != '{') {
        reference->name_length = name_length(text + 1, end);
        return reference->name_length ? 1 + reference->name_length : 0;
    }
    size_t size = import_atom(text);
    const char *at = text + 2;
    const char *close = text + size - 1;
    if (size < 4 || close >= end)
        return 0;
    reference->name = at;
    reference->name_length = name_length(at, close);
    at += reference->name_length;
    if (!reference->name_length || at == close)
        return reference->name_length ? size : 0;
    reference->colon = *at == ':';
    at += reference->colon;
    if (at == close || !strchr("-+?", *at))
        return 0;
    reference->operator= * at;
    reference->word = at + 1;
    reference->word_length = (size_t)(close - reference->word);
    return size;
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

static void lua_name(struct buf *out, const struct reference *reference)
{
    bool plain = true; /* not in small letters: such a name could be a word of Lua's */
    for (size_t i = 0; i < reference->name_length; i++)
        plain &= !islower((unsigned char)reference->name[i]);
    buf_printf(out, plain ? "env.%.*s" : "env[\"%.*s\"]", (int)reference->name_length,
               reference->name);
}

static void lua_text(struct import *import, struct buf *out, const char *text, size_t length);

/* The value of a variable as a Lua expression. */
static void lua_reference(struct import *import, struct buf *out, const struct reference *reference)
{
    import->variables = true;
    import->demanded |= reference->operator== '?';
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
        struct reference reference;
        size_t size = *text == '$' ? read_reference(text, end, &reference) : 0;
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

/* Appends literal text, so that no template is found in it. */
static void append_literal(struct buf *out, const char *text, size_t length, enum template_use use)
{
    for (;;) {
        const char *open = memmem(text, length, OPEN, strlen(OPEN));
        if (!open)
            break;
        size_t before = (size_t)(open - text);
        buf_append(out, text, before);
        open_expression(out, use);
        buf_text(out, "\"" OPEN "\"");
        close_expression(out, use);
        text = open + strlen(OPEN);
        length -= before + strlen(OPEN);
    }
    buf_append(out, text, length);
}

static bool report_dollar(struct import *import, const struct node *node, const char *text)
{
    diag_error(import->diags, node_mark(import->source, node), "write '$$' for a dollar sign",
               "'%s' is no variable", show_text(text, strcspn(text, " \t\n")).text);
    return false;
}

bool import_template(struct import *import, const struct node *node, const char *text,
                     enum template_use use, struct buf *out)
{
    const char *end = text + strlen(text);
    struct buf literal = {0};
    bool fine = true;
    while (fine && text < end) {
        struct reference reference;
        bool dollar = *text == '$' && import->dollar != DOLLAR_PLAIN;
        size_t size = dollar ? read_reference(text, end, &reference) : 0;
        if (!size) {
            bool twice = dollar && text[1] == '$';
            fine = !dollar || twice || import->dollar != DOLLAR_STRICT ||
                   report_dollar(import, node, text);
            import->specials |= dollar && !twice && text[1] && strchr("*#@!?-0123456789", text[1]);
            buf_char(&literal, *text);
            text += twice ? 2 : 1;
            continue;
        }
        append_literal(out, buf_string(&literal), literal.length, use);
        buf_clear(&literal);
        open_expression(out, use);
        lua_reference(import, out, &reference);
        close_expression(out, use);
        import->raw |= use == TEMPLATE_SHELL;
        text += size;
    }
    append_literal(out, buf_string(&literal), literal.length, use);
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
