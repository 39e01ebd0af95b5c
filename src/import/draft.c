/* A process of the scenario, put together: comment lines above, key lines below. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "import/private.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

#define COLUMNS 100
#define NAME_MOST 60 /* leaves room for a number behind it */
#define INDENT "    "
#define MOST 1000000000L
#define REPLICAS_MOST 1024

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
    import->owner = name;
    import->draft = draft;
    if (strcmp(draft->name, name) != 0)
        import_note(import, "there it is called '%s'", show_text(name, strlen(name)).text);
}

void import_note(struct import *import, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (import->draft)
        import_comment(&import->draft->notes, INDENT, format, arguments);
    else
        import_comment(&import->head, "", format, arguments);
    va_end(arguments);
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

void import_env_files(struct import *import, const struct node *node, struct texts *paths)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    for (size_t i = 0; i < count; i++) {
        bool map = items[i].kind == NODE_MAP;
        const struct node *path = map ? import_take(import, &items[i], "path") : &items[i];
        const char *text = path ? import_value(import, path) : NULL;
        const struct node *required = map ? import_take(import, &items[i], "required") : NULL;
        if (!text)
            import_expected(import, "env_file", &items[i], "a path");
        else if (import_is_word(required, "false") && !strstr(text, "${{") &&
                 !import_is_beside(import, text + (strncmp(text, "./", 2) ? 0 : 2)))
            import_note(import, "line %u: env_file %s: it may be missing, and is",
                        (unsigned)path->line, show_text(text, strlen(text)).text);
        else
            texts_add(paths, text);
    }
}

void import_later(void *object, const struct key_row *row, const struct node *value)
{
    (void)object;
    (void)row;
    (void)value;
}

void draft_take_text(void *object, const struct key_row *row, const struct node *value)
{
    struct draft *draft = object;
    const char *text = import_value(draft->import, value);
    if (!text)
        import_expected(draft->import, row->path, value, "a text");
    else if (*text)
        draft_text(draft, row->name, text);
}

void draft_take_true(void *object, const struct key_row *row, const struct node *value)
{
    if (import_is_word(value, "true"))
        draft_line(object, row->name, "true");
}

void draft_take_env_file(void *object, const struct key_row *row, const struct node *value)
{
    struct draft *draft = object;
    struct texts paths = {0};
    import_env_files(draft->import, value, &paths);
    if (paths.count)
        draft_list(draft, row->path, &paths);
    texts_release(&paths);
}

void draft_take_environment(void *object, const struct key_row *row, const struct node *value)
{
    struct draft *draft = object;
    (void)row;
    import_env(draft->import, value, &draft->keys, 4);
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

void draft_take_signal(void *object, const struct key_row *row, const struct node *node)
{
    struct draft *draft = object;
    int number;
    struct error error = {0};
    const char *text = import_now(draft->import, row->path, node);
    if (!text)
        return;
    if (signal_parse(text, &number, &error))
        import_dropped(draft->import, row->path, node, "parrun does not know it");
    else
        draft->signal = signal_name(number);
    error_release(&error);
}

void draft_restart(struct draft *draft, const char *on, long max, const char *waits)
{
    draft_line(draft, "restart", "{on: %s, max: %ld%s}", on, max ? max : MOST, waits);
}

void draft_take_grace(void *object, const struct key_row *row, const struct node *node)
{
    struct draft *draft = object;
    int64_t ns;
    const char *text = import_duration(draft->import, row->path, node, "10s or 1m30s", &ns);
    if (text)
        draft->grace = text[strspn(text, "0123456789.")] ? text : arena_printf(draft->import->arena, "%ss", text);
}

long draft_replicas(struct draft *draft, const struct node *value)
{
    long number = import_number(draft->import, "replicas", value, 1, 0);
    if (number > REPLICAS_MOST) {
        import_dropped(draft->import, "replicas", value, "parrun runs 1024 at most; it runs one");
        return 1;
    }
    if (number > 1)
        draft_line(draft, "replicas", "%ld", number);
    return number;
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
    const struct {
        const char *key;
        const char *value;
    } keys[] = {{"signal", draft->signal},
                {"to", draft->leader ? "leader" : NULL},
                {"grace", draft->grace}};
    const char *before = INDENT "stop: {";
    for (size_t i = 0; i < countof(keys); i++) {
        if (!keys[i].value)
            continue;
        buf_printf(out, "%s%s: %s", before, keys[i].key, keys[i].value);
        before = ", ";
    }
    buf_text(out, *before == ',' ? "}\n" : "");
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
    draft->import->draft = NULL;
}
