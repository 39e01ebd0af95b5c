/* A process of the scenario, put together: comment lines above, key lines below. */
#include <ctype.h>
#include <stdarg.h>

#include "base/error.h"
#include "base/unit.h"
#include "import/private.h"
#include "yaml/quote.h"

#define COLUMNS 100
#define NAME_MOST 60 /* leaves room for a number behind it */
#define MOST 1000000000L
#define REPLICAS_MOST 1024

/* ---- its name ---- */

/* NAME with '-' for what parrun takes in no name, and a number where it is taken. */
static const char *fitting_name(struct import *import, const char *name)
{
    char *base = arena_copy(import->arena, *name ? name : "-", *name ? strnlen(name, NAME_MOST) : 1);
    for (char *at = base; *at; at++)
        if (!isalnum((unsigned char)*at) && (!strchr("._-", *at) || (at == base && *at == '.')))
            *at = '-';
    const char *fitting = base;
    size_t last = names_find(&import->index.names, base, strlen(base));
    for (last = last == NAMES_NONE ? 1 : last; names_have(&import->index.names, fitting); last++)
        fitting = arena_printf(import->arena, "%s-%zu", base, last + 1);
    names_put(&import->index.names, fitting, 1);
    names_put(&import->index.names, base, last);
    return fitting;
}

const char *import_called(struct import *import, const char *name)
{
    size_t *slot = names_slot(&import->index.called, name, strlen(name));
    if (*slot == NAMES_NONE) {
        *slot = import->index.fitting.count;
        texts_add(&import->index.fitting, fitting_name(import, name));
    }
    return import->index.fitting.items[*slot];
}

void draft_init(struct draft *draft, struct import *import, const char *name)
{
    *draft = (struct draft){.owner = name, .name = import_called(import, name), .depth = 4};
    import->draft = draft;
    if (strcmp(draft->name, name) != 0)
        import_note(import, "there it is called '%s'", import_shown(import, name));
}

/* ---- its lines ---- */

void import_note(struct import *import, const char *format, ...)
{
    struct buf *out = &import->draft->notes;
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    buf_printf(out, "%*s# ", import->draft->depth ? 4 : 0, "");
    show_append(out, buf_string(&text), text.length, SIZE_MAX);
    buf_char(out, '\n');
    buf_release(&text);
}

/* KEY: and what is printed, without the end of the line. */
static void put_key(struct draft *draft, const char *key, const char *behind)
{
    buf_printf(&draft->keys, "%*s%s:%s", draft->depth, "", key, behind);
}

void draft_line(struct import *import, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put_key(import->draft, key, " ");
    buf_vprintf(&import->draft->keys, format, arguments);
    buf_char(&import->draft->keys, '\n');
    va_end(arguments);
}

void draft_open(struct import *import, const char *key)
{
    put_key(import->draft, key, "\n");
    import->draft->depth += 2;
}

void draft_close(struct import *import)
{
    import->draft->depth -= 2;
}

/* A text of several lines, or with both kinds of quotes, is best read in a literal block, which shows them as they are. */
void draft_text(struct import *import, const char *key, const char *text)
{
    struct draft *draft = import->draft;
    bool quotes = strchr(text, '\'') && strpbrk(text, "\"\\");
    put_key(draft, key, " ");
    if (!(quotes || strchr(text, '\n')) || !yaml_block(&draft->keys, text, (size_t)draft->depth + 2))
        buf_printf(&draft->keys, "%s\n", yaml_quoted(import->arena, text));
}

void draft_list(struct import *import, const char *key, const struct texts *texts)
{
    struct buf *out = &import->draft->keys;
    size_t line = out->length;
    put_key(import->draft, key, " [");
    int indent = (int)(out->length - line);
    for (size_t i = 0; i < texts->count; i++) {
        const char *item = yaml_quoted(import->arena, texts->items[i]);
        if (i && out->length - line + strlen(item) + 3 > COLUMNS) {
            buf_text(out, ",\n");
            line = out->length;
            buf_printf(out, "%*s", indent, "");
        } else if (i) {
            buf_text(out, ", ");
        }
        buf_text(out, item);
    }
    buf_text(out, "]\n");
}

void pair_add(struct buf *pairs, const char *key, const char *value)
{
    if (value)
        buf_printf(pairs, "%s%s: %s", pairs->length ? ", " : "", key, value);
}

void draft_pairs(struct import *import, const char *key, struct buf *pairs)
{
    if (pairs->length)
        draft_line(import, key, "{%s}", buf_string(pairs));
    buf_release(pairs);
}

/* ---- keys of all kinds ---- */

void draft_take_text(struct import *import, const struct node *value)
{
    const char *text = import_value(import, value);
    if (!text)
        import_expected(import, import->key, value, "a text");
    else if (*text)
        draft_text(import, import->word, text);
}

void draft_take_true(struct import *import, const struct node *value)
{
    if (import_is_word(value, "true"))
        draft_line(import, import->word, "true");
}

void draft_take_signal(struct import *import, const struct node *value)
{
    int number;
    struct error error = {0};
    const char *text = import_now(import, import->key, value);
    if (text && signal_parse(text, &number, &error))
        import_dropped(import, import->key, value, "parrun does not know it");
    else if (text)
        pair_add(&import->draft->stop_keys, "signal", signal_name(number));
    error_release(&error);
}

void draft_take_grace(struct import *import, const struct node *value)
{
    int64_t ns;
    const char *text = import_duration(import, import->key, value, "10s or 1m30s", &ns);
    const char *unit = text && text[strspn(text, "0123456789.")] ? "" : "s";
    if (text)
        pair_add(&import->draft->stop_keys, "grace", arena_printf(import->arena, "%s%s", text, unit));
}

void draft_restart(struct import *import, const char *on, long max, const char *waits)
{
    draft_line(import, "restart", "{on: %s, max: %ld, %s}", on, max ? max : MOST, waits);
}

long draft_replicas(struct import *import, const struct node *value)
{
    long number = import_number(import, "replicas", value, 1, 0);
    if (number > REPLICAS_MOST) {
        import_dropped(import, "replicas", value, "parrun runs 1024 at most; it runs one");
        return 1;
    }
    if (number > 1)
        draft_line(import, "replicas", "%ld", number);
    return number;
}

/* ---- its end ---- */

/* Beside a program no key but 'grace' is there. */
static void write_stop(struct import *import)
{
    struct draft *draft = import->draft;
    if (draft->stop.count) {
        draft_open(import, "stop");
        draft_list(import, "exec", &draft->stop);
        buf_printf(&draft->keys, draft->stop_keys.length ? "%*s%s\n" : "", draft->depth, "", buf_string(&draft->stop_keys));
        draft_close(import);
        buf_clear(&draft->stop_keys);
    }
    draft_pairs(import, "stop", &draft->stop_keys);
}

void draft_finish(struct import *import)
{
    struct draft *draft = import->draft;
    if (draft->off)
        draft_line(import, "when", "false");
    write_stop(import);
    buf_printf(&import->objects, "  %s:\n%s%s", yaml_quoted(import->arena, draft->name), buf_string(&draft->notes),
               buf_string(&draft->keys));
    buf_release(&draft->notes);
    buf_release(&draft->keys);
    texts_release(&draft->stop);
    texts_release(&draft->options);
    names_release(&draft->given);
    texts_release(&draft->after);
    import->draft = &import->file;
}
