/* A process of the scenario, put together: comment lines above, key lines below. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/unit.h"
#include "scenario/import_private.h"
#include "scenario/show.h"
#include "scenario/tree.h"

#define COLUMNS 100
#define NAME_MOST 60 /* leaves room for a number behind it */
#define INDENT "    "
#define MOST 1000000000L

/* NAME with '-' for what parrun takes in no name, and a number where it is taken. */
static const char *fitting_name(struct import *import, const char *name)
{
    char *base = arena_copy(import->arena, name, strnlen(name, NAME_MOST));
    for (char *at = base; *at; at++)
        if (!isalnum((unsigned char)*at) && (!strchr("._-", *at) || (at == base && *at == '.')))
            *at = '-';
    const char *fitting = *base ? base : "-";
    for (unsigned number = 2;; number++) {
        size_t *slot = names_slot(&import->names, fitting, strlen(fitting));
        if (*slot == NAMES_NONE) {
            *slot = 0;
            return fitting;
        }
        fitting = arena_printf(import->arena, "%s-%u", base, number);
    }
}

const char *import_called(struct import *import, const char *name)
{
    size_t *slot = names_slot(&import->called, name, strlen(name));
    if (*slot == NAMES_NONE) {
        *slot = import->fitting.count;
        texts_add(&import->fitting, fitting_name(import, name));
    }
    return import->fitting.items[*slot];
}

void draft_init(struct draft *draft, struct import *import, const char *name)
{
    *draft = (struct draft){.import = import, .name = import_called(import, name)};
    if (strcmp(draft->name, name) != 0)
        draft_note(draft, "there it is called '%s'", show_text(name, strlen(name)).text);
}

void draft_note(struct draft *draft, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    import_comment(&draft->notes, INDENT, format, arguments);
    va_end(arguments);
}

void draft_dropped(struct draft *draft, const char *key, const struct node *value, const char *why)
{
    struct buf shown = {0};
    import_show(&shown, value);
    draft_note(draft, "%s%s%s: %s", show_text(key, strlen(key)).text, shown.length ? " " : "",
               buf_string(&shown), why ? why : "no equal in parrun's version 1");
    buf_release(&shown);
}

/*
 * True for a text that is best read in a literal block, which shows lines and both kinds of quotes
 * as they are, and that such a block gives back: not indented, nothing that needs an escape.
 */
static bool is_block(const char *text)
{
    size_t length = strlen(text);
    bool quotes = strchr(text, '\'') && strpbrk(text, "\"\\");
    if ((!quotes && !strchr(text, '\n')) || *text == ' ' || *text == '\n' || *text == '\t')
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F || c == 0xC2 || c == 0xE2 ||
            c == 0xEF)
            return false;
    }
    return true;
}

static void write_block(struct draft *draft, const char *text)
{
    struct buf *out = &draft->keys;
    size_t length = strlen(text);
    size_t ends = 0;
    while (ends < length && text[length - 1 - ends] == '\n')
        ends++;
    buf_text(out, ends == 0 ? "|-\n" : ends == 1 ? "|\n" : "|+\n");
    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n");
        if (size)
            buf_printf(out, INDENT "  %*s", draft->depth, "");
        buf_append(out, line, size);
        buf_char(out, '\n');
        line += size + (line[size] == '\n');
    }
}

void draft_line(struct draft *draft, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_printf(&draft->keys, INDENT "%*s%s: ", draft->depth, "", key);
    buf_vprintf(&draft->keys, format, arguments);
    buf_char(&draft->keys, '\n');
    va_end(arguments);
}

void draft_open(struct draft *draft, const char *key)
{
    buf_printf(&draft->keys, INDENT "%*s%s:\n", draft->depth, "", key);
    draft->depth += 2;
}

void draft_close(struct draft *draft)
{
    draft->depth -= 2;
}

void draft_text(struct draft *draft, const char *key, const char *text)
{
    struct buf *out = &draft->keys;
    buf_printf(out, INDENT "%*s%s: ", draft->depth, "", key);
    if (is_block(text)) {
        write_block(draft, text);
        return;
    }
    import_quote(out, text);
    buf_char(out, '\n');
}

void draft_paths(struct draft *draft, const char *owner, const char *key, const struct node *node)
{
    struct texts paths = {0};
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    for (size_t i = 0; i < count; i++) {
        const struct node *path = import_find(&items[i], "path");
        const char *text = import_value(draft->import, path ? path : &items[i]);
        if (text)
            texts_add(&paths, text);
        else
            import_expected(draft->import, owner, key, &items[i], "a path");
    }
    if (paths.count)
        draft_list(draft, key, &paths);
    texts_release(&paths);
}

void draft_list(struct draft *draft, const char *key, const struct texts *texts)
{
    struct buf *out = &draft->keys;
    size_t line = out->length;
    buf_printf(out, INDENT "%*s%s: [", draft->depth, "", key);
    int indent = (int)(out->length - line);
    for (size_t i = 0; i < texts->count; i++) {
        struct buf item = {0};
        import_quote(&item, texts->items[i]);
        if (i && out->length - line + item.length + 3 > COLUMNS) {
            buf_text(out, ",\n");
            line = out->length;
            buf_printf(out, "%*s", indent, "");
        } else if (i) {
            buf_text(out, ", ");
        }
        buf_append(out, item.data, item.length);
        buf_release(&item);
    }
    buf_text(out, "]\n");
}

void draft_signal(struct draft *draft, const char *owner, const struct node *node)
{
    int number;
    struct error error = {0};
    if (node->kind != NODE_SCALAR) {
        import_expected(draft->import, owner, "the signal", node, "a name or a number");
    } else if (signal_parse(node->text, &number, &error)) {
        draft_dropped(draft, "the signal", node, "parrun does not know it");
        error_release(&error);
    } else {
        draft->signal = signal_name(number);
    }
}

long draft_number(struct draft *draft, const char *owner, const char *key, const struct node *node,
                  long fallback, long least)
{
    if (!node)
        return fallback;
    char *end = NULL;
    long number = node->kind == NODE_SCALAR && node->size ? strtol(node->text, &end, 10) : 0;
    if (end && !*end && number >= least && number <= MOST)
        return number;
    import_expected(draft->import, owner, key, node,
                    arena_printf(draft->import->arena, "a whole number from %ld on", least));
    return -1;
}

void draft_restart(struct draft *draft, const char *on, long max, const char *waits)
{
    draft_line(draft, "restart", "{on: %s, max: %ld%s}", on, max ? max : MOST, waits);
}

void draft_grace(struct draft *draft, const char *owner, const struct node *node)
{
    int64_t ns;
    struct error error = {0};
    if (node->kind == NODE_SCALAR && !duration_parse(node->text, &ns, &error)) {
        draft->grace = node->text;
        if (strspn(node->text, "0123456789.") == node->size)
            draft->grace = arena_printf(draft->import->arena, "%ss", node->text);
        return;
    }
    error_release(&error);
    import_expected(draft->import, owner, "the time to stop", node,
                    "a duration such as 10s or 1m30s");
}

static void write_stop(struct draft *draft)
{
    struct buf *out = &draft->keys;
    if (draft->stop.count) {
        draft_open(draft, "stop");
        draft_list(draft, "exec", &draft->stop);
        if (draft->grace)
            draft_line(draft, "grace", "%s", draft->grace);
        draft_close(draft);
        return;
    }
    if (!draft->signal && !draft->grace)
        return;
    buf_text(out, INDENT "stop: {");
    if (draft->signal)
        buf_printf(out, "signal: %s%s", draft->signal, draft->grace ? ", " : "");
    if (draft->grace)
        buf_printf(out, "grace: %s", draft->grace);
    buf_text(out, "}\n");
}

void draft_finish(struct draft *draft)
{
    struct buf *out = &draft->import->objects;
    if (draft->off)
        draft_line(draft, "when", "false");
    write_stop(draft);
    buf_text(out, "  ");
    import_quote(out, draft->name);
    buf_text(out, ":\n");
    buf_append(out, buf_string(&draft->notes), draft->notes.length);
    buf_append(out, buf_string(&draft->keys), draft->keys.length);
    buf_release(&draft->notes);
    buf_release(&draft->keys);
    texts_release(&draft->stop);
}
