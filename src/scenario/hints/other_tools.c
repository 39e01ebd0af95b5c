/* Other tools' words for our keys. */
#include "scenario/hints/other_tools.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/unit.h"
#include "scenario/hints/values.h"
#include "yaml/tree.h"

#define IMPORT "parrun import FILE makes a scenario of a file of another tool"

/* Where a word stands: bit K is the block of kind K. */
#define AT(kind) (1u << BLOCK_##kind)
#define BODIES (AT(PROCESS) | AT(POOL) | AT(THREAD))
#define RUNS (AT(PROCESS) | AT(POOL))

/*
 * %s in a HINT is the user's own value as OWN has it in our form; where it fits none, or is a list
 * or a mapping, EXAMPLE. A word is compared without its case, '-' and '_'.
 */
static const struct {
    const char *word;
    unsigned places;
    const char *meant; /* a key that the block cannot be without; NULL: it can */
    const char *hint;
    const char *(*own)(struct arena *arena, const char *text);
    const char *example;
} keys[] = {
#include "scenario/keys/foreign.def"
};

static const char *behind_joints(const char *text)
{
    while (*text == '-' || *text == '_')
        text++;
    return text;
}

/* "WorkingDirectory", "working-directory" and "working_directory" are one word. */
static bool is_word(const char *word, const char *name)
{
    for (;; word++, name++) {
        word = behind_joints(word);
        name = behind_joints(name);
        if (tolower((unsigned char)*word) != tolower((unsigned char)*name))
            return false;
        if (!*word)
            return true;
    }
}

const char *foreign_key(struct arena *arena, enum block_kind kind, const char *name,
                        const struct node *value, const char **meant)
{
    for (size_t i = 0; i < countof(keys); i++) {
        if (!(keys[i].places & (1u << kind)) || !is_word(keys[i].word, name))
            continue;
        *meant = keys[i].meant;
        const char *hint = keys[i].hint;
        const char *place = keys[i].own ? strstr(hint, "%s") : NULL;
        if (!place)
            return hint;
        const char *own = value->kind == NODE_SCALAR ? keys[i].own(arena, value->text) : NULL;
        return arena_printf(arena, "%.*s%s%s", (int)(place - hint), hint,
                            own ? own : keys[i].example, place + 2);
    }
    return NULL;
}

const char *foreign_near(struct arena *arena, enum block_kind kind, const char *name,
                         const struct node *value, const char **meant)
{
    struct nearest nearest = {.wrong = name};
    for (size_t i = 0; i < countof(keys); i++)
        if (keys[i].places & (1u << kind))
            nearest_offer(&nearest, keys[i].word);
    return nearest.name ? foreign_key(arena, kind, nearest.name, value, meant) : NULL;
}

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits && (!text[digits] || !strcmp(text + digits, "%"));
}

static bool is_duration(const char *text)
{
    int64_t ns;
    struct error error = {0};
    bool is = !duration_parse(text, &ns, &error);
    error_release(&error);
    return is;
}

static bool is_signal(const char *text)
{
    int number;
    struct error error = {0};
    bool is = !signal_parse(text, &number, &error);
    error_release(&error);
    return is;
}

static bool is_size(const char *text)
{
    uint64_t bytes;
    struct error error = {0};
    bool is = !size_parse(text, &bytes, &error);
    error_release(&error);
    return is;
}

static bool is_url(const char *text)
{
    return !strncmp(text, "http://", strlen("http://"));
}

static bool is_how(const char *text)
{
    return !strcmp(text, "now") || !strcmp(text, "soon");
}

static bool is_command(const char *text)
{
    return *text != '\0';
}

static bool is_path(const char *text)
{
    return strpbrk(text, "/.") && !strpbrk(text, ":{ ");
}

static bool is_table(const char *text)
{
    size_t length = strlen(text);
    return is_path(text) && length > 4 && !strcmp(text + length - 4, ".csv");
}

static const struct {
    enum block_kind block;
    bool (*fits)(const char *text);
    const char *form; /* %s is the text */
} short_forms[] = {
    {BLOCK_PROCESS, is_command, "{run: %s}"},
    {BLOCK_POOL, is_command, "{tasks: 10, run: %s}"},
    {BLOCK_RETRY, is_number, "retry: {attempts: %s}"},
    {BLOCK_HALT, is_number, "halt: {failures: %s}"},
    {BLOCK_HALT, is_how, "halt: {failures: 1, how: %s}"},
    {BLOCK_RESULTS, is_table, "results: {csv: %s}"},
    {BLOCK_RESULTS, is_path, "results: {file: %s}"},
    {BLOCK_LOG, is_path, "log: {file: %s}"},
    {BLOCK_LIMITS, is_size, "limits: {memory: %s}"},
    {BLOCK_STOP, is_duration, "stop: {grace: %s}"},
    {BLOCK_STOP, is_signal, "stop: {signal: %s}"},
    {BLOCK_READY, is_number, "ready: {tcp: %s}"},
    {BLOCK_READY, is_url, "ready: {http: \"%s\"}"},
    {BLOCK_HEALTH, is_number, "health: {tcp: %s}"},
    {BLOCK_HEALTH, is_url, "health: {http: \"%s\"}"},
};

const char *foreign_short_form(struct arena *arena, enum block_kind kind, const char *text)
{
    for (size_t i = 0; i < countof(short_forms); i++) {
        if (short_forms[i].block != kind || !short_forms[i].fits(text))
            continue;
        const char *form = short_forms[i].form;
        size_t head = (size_t)(strchr(form, '%') - form);
        return arena_printf(arena, "write %.*s%s%s", (int)head, form, text, form + head + 2);
    }
    return NULL;
}
