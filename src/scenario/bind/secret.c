/* Values that are not to be seen. */
#include "scenario/bind/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mask.h"
#include "scenario/loader.h"
#include "scenario/sources.h"
#include "scenario/types.h"

void secret_add(struct loader *loader, struct mark mark, const char *name, const char *bytes,
                size_t length)
{
    size_t longest = 0;
    for (size_t at = 0; at < length; at++) {
        const char *end = memchr(bytes + at, '\n', length - at);
        size_t line = end ? (size_t)(end - bytes) - at : length - at;
        longest = line > longest ? line : longest;
        at += line;
    }
    if (length && longest < MASK_LEAST)
        diag_error(
            loader->diags, mark, "a shorter text stands in too many others to be masked there",
            "the secret '%s' is shorter than %d bytes", loader_shown(loader, name), MASK_LEAST);
    else
        mask_add(sources_mask(loader->sources), bytes, length);
}

static struct secret_name *find(const struct loader *loader, const char *name)
{
    for (size_t i = 0; i < loader->secret_count; i++)
        if (!strcmp(loader->secrets[i].name, name))
            return &loader->secrets[i];
    return NULL;
}

bool secret_is_wanted(const struct loader *loader, const char *name)
{
    return find(loader, name);
}

void secret_met(struct loader *loader, const char *name, const char *bytes, size_t length)
{
    struct secret_name *secret = find(loader, name);
    if (!secret)
        return;
    secret->met = true;
    secret_add(loader, secret->mark, name, bytes, length);
}

void secrets_check(struct loader *loader)
{
    for (size_t i = 0; i < loader->secret_count; i++)
        if (!loader->secrets[i].met)
            diag_error(loader->diags, loader->secrets[i].mark,
                       "a secret is a variable of env, env_file, vars or parrun's own environment",
                       "no variable is called '%s'", loader_shown(loader, loader->secrets[i].name));
}

static void bind_secrets(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    loader->secrets = arena_alloc(loader->arena, count * sizeof(*loader->secrets));
    for (size_t i = 0; i < count; i++) {
        const char *name;
        if (!field_text(loader, field, &items[i], &name))
            continue;
        const char *inherited = getenv(name);
        loader->secrets[loader->secret_count++] =
            (struct secret_name){.name = name, .mark = loader_mark(loader, &items[i])};
        if (inherited)
            secret_met(loader, name, inherited, strlen(inherited));
    }
}

const struct type type_secrets = {
    .name = "secrets",
    .wording = "the name of a variable, or a list of them",
    .bind = bind_secrets,
    .early = true,
    .json = "'anyOf':[@text,{'type':'array','items':@text}]",
};
