/* What a program may use, and whose rights it has. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/unit.h"
#include "scenario/hints/values.h"
#include "scenario/limit_value.h"
#include "scenario/loader.h"
#include "scenario/types.h"

#define UMASK_MOST 0777
#define ID_MOST INT64_C(4294967294) /* the one above means "no id" to the system */
#define LIMIT_SIZE_JSON                                                                            \
    "'anyOf':[{'type':'number'@least},{'type':'string',"                                           \
    "'pattern':'^(@nonzero" SIZE_PATTERN "|unlimited)$'},@template]"

static void give(const struct field *field, int64_t value)
{
    *(struct option_spec *)field->member = (struct option_spec){.given = true, .value = value};
}

static void bind_nice(struct loader *loader, const struct field *field, const struct node *node)
{
    struct value value;
    if (!field_value(loader, field, node, &value))
        return;
    if (value.type == VALUE_INTEGER && value.integer >= field->key->least &&
        value.integer <= field->key->most)
        give(field, value.integer);
    else
        field_wrong(loader, field, node);
}

/* "022" or "0o22": octal digits behind a zero; -1 where TEXT is something else. */
static int64_t parse_octal(const char *text)
{
    const char *digits = text + 1;
    if (text[0] != '0')
        return -1;
    if (*digits == 'o' && !*++digits)
        return -1;
    long mask = strtol(digits, NULL, 8);
    return strspn(digits, "01234567") != strlen(digits) || mask > UMASK_MOST ? -1 : mask;
}

/* A number without a leading zero is octal to some and decimal to others, so it is refused. */
static void bind_umask(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text;
    if (!field_text(loader, field, node, &text))
        return;
    int64_t mask = parse_octal(text);
    size_t digits = strspn(text, "01234567");
    if (mask >= 0)
        give(field, mask);
    else
        field_expected(loader, field, node, field->key->type->wording,
                       digits && digits <= 3 && !text[digits] && *text != '0'
                           ? arena_printf(loader->arena, "write it in octal, as \"0%s\"", text)
                           : NULL);
}

/* False where there is nothing to read: what depends on the task is worked out before each attempt. */
static bool limit_text(struct loader *loader, const struct field *field, const struct node *node, const char **text)
{
    struct option_spec *option = field->member;
    return !field_of_task(loader, field, node, &option->own) && field_text(loader, field, node, text);
}

static void bind_limit(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text;
    int64_t value;
    if (!limit_text(loader, field, node, &text))
        return;
    if (limit_parse(LIMIT_NUMBER, text, &value))
        give(field, value);
    else
        field_meant(loader, field, node, meant_limit(loader->arena, text));
}

static void bind_limit_size(struct loader *loader, const struct field *field,
                            const struct node *node)
{
    const char *text;
    int64_t value;
    uint64_t bytes;
    struct error error = {0};
    if (!limit_text(loader, field, node, &text))
        return;
    if (limit_parse(LIMIT_SIZE, text, &value) && value >= field->key->least)
        give(field, value);
    else if (size_parse(text, &bytes, &error))
        field_meant(loader, field, node, meant_size(loader->arena, text));
    else
        field_wrong(loader, field, node);
    error_release(&error);
}

/* A number alone is one of bytes, and was most likely meant as one of megabytes. */
static void bind_limit_memory(struct loader *loader, const struct field *field,
                              const struct node *node)
{
    uint64_t bytes;
    struct error error = {0};
    bind_limit_size(loader, field, node);
    if (node->kind == NODE_SCALAR && !node->text[strspn(node->text, "0123456789")] &&
        !size_parse(node->text, &bytes, &error) && bytes && bytes < MEMORY_LEAST)
        diag_warning(loader->diags, loader_mark(loader, node),
                     arena_printf(loader->arena, "write %sM for megabytes", node->text),
                     "%s: no program can do with %s bytes", field_label(loader, field), node->text);
    error_release(&error);
}

static void bind_limit_time(struct loader *loader, const struct field *field,
                            const struct node *node)
{
    const char *text;
    int64_t value;
    if (!limit_text(loader, field, node, &text))
        return;
    if (limit_parse(LIMIT_TIME, text, &value))
        give(field, value);
    else
        field_expected(loader, field, node, field->key->type->wording,
                       text[strspn(text, "0123456789.")] ? NULL : "cpus is how many processors it may use at once");
}

static void bind_limit_share(struct loader *loader, const struct field *field,
                             const struct node *node)
{
    const char *text;
    int64_t value;
    if (!limit_text(loader, field, node, &text))
        return;
    if (limit_parse(LIMIT_SHARE, text, &value))
        give(field, value);
    else
        field_wrong(loader, field, node);
}

static bool is_account(const char *text)
{
    char *end;
    if (*text < '0' || *text > '9')
        return *text && *text != '-' && !strpbrk(text, ": \t\n/");
    long long id = strtoll(text, &end, 10);
    return !*end && id <= ID_MOST;
}

static void read_account(struct loader *loader, const struct field *field, const struct node *node,
                         struct account_spec *account)
{
    const char *text;
    if (!field_text(loader, field, node, &text))
        return;
    if (is_account(text))
        *account = (struct account_spec){.name = text, .mark = loader_mark(loader, node)};
    else
        field_wrong(loader, field, node);
}

static void bind_account(struct loader *loader, const struct field *field, const struct node *node)
{
    read_account(loader, field, node, field->member);
}

static void bind_accounts(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    struct account_spec *accounts = arena_alloc(loader->arena, (count + 1) * sizeof(*accounts));
    for (size_t i = 0; i < count; i++)
        read_account(loader, field, &items[i], &accounts[i]);
    *(struct account_spec **)field->member = accounts;
    *field->count = count;
}

static void bind_block(struct loader *loader, const struct field *field, const struct node *node)
{
    field_block(loader, field, node, field->member);
}

const struct type type_nice = {
    .name = "nice",
    .wording = "a whole number from -20 to 19",
    .bind = bind_nice,
    .early = true,
    .json = "'anyOf':[{'type':'integer'@range},@template]",
};
const struct type type_umask = {
    .name = "umask",
    .wording = "an octal number such as \"022\" or 0o22, at most \"0777\"",
    .bind = bind_umask,
    .early = true,
    .json = "'anyOf':[{'type':'string','pattern':'^0o?[0-7]{0,4}$'},{'type':'integer',"
            "'minimum':0,'maximum':511},@template]",
};
const struct type type_limits = {
    .name = "limits",
    .wording = "a mapping of keys",
    .bind = bind_block,
    .block = BLOCK_LIMITS,
    .json = "@block",
};
const struct type type_limit = {
    .name = "limit",
    .wording = "a whole number, or unlimited",
    .bind = bind_limit,
    .early = true,
    .json = "'anyOf':[{'type':'integer','minimum':0},{'const':'unlimited'},@template]",
};
const struct type type_limit_memory = {
    .name = "memory limit",
    .wording = "a size such as 64K, 10M or 1G, or unlimited",
    .bind = bind_limit_memory,
    .early = true,
    .json = LIMIT_SIZE_JSON,
};
const struct type type_limit_size = {
    .name = "size limit",
    .wording = "a size such as 64K, 10M or 1G, or unlimited",
    .bind = bind_limit_size,
    .early = true,
    .json = LIMIT_SIZE_JSON,
};
const struct type type_limit_time = {
    .name = "time limit",
    .wording = "whole seconds such as 60s or 5m, or unlimited",
    .bind = bind_limit_time,
    .early = true,
    .json = "'anyOf':[{'type':'integer','minimum':1},{'type':'string','pattern':'[1-9]','allOf':[@duration]},"
            "{'const':'unlimited'},@template]",
};
const struct type type_limit_share = {
    .name = "share limit",
    .wording = "a number of processors such as 2 or 0.5, or unlimited",
    .bind = bind_limit_share,
    .early = true,
    .json = "'anyOf':[{'type':'number','minimum':0.001},{'const':'unlimited'},@template]",
};
const struct type type_account = {
    .name = "account",
    .wording = "a name or a number",
    .bind = bind_account,
    .early = true,
    .json = "@account",
};
const struct type type_accounts = {
    .name = "accounts",
    .wording = "a name or a number, or a list of them",
    .bind = bind_accounts,
    .early = true,
    .json = "'anyOf':[@account,{'type':'array','items':@account}]",
};
