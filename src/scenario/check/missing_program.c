/* Looking for the programs that commands name. */
#include "scenario/check/missing_program.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "os/spawn.h"
#include "scenario/loader.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

/* So many names of a directory are looked at for a near one. */
#define ENTRIES_MOST 10000

/* And for so many that are missing. */
#define NEAR_MOST 20

/* Whether the block or one round it says KEY. */
static bool is_given(const struct block *block, const char *key)
{
    for (; block; block = block->parent)
        if (block_given(block, key))
            return true;
    return false;
}

/* Whether its PATH is not ours, as far as is known: what a template or a file gives is not looked into. */
static bool has_own_path(const struct block *block)
{
    for (const struct block *at = block; at; at = at->parent) {
        const struct node *env = block_given(at, "env");
        if (env && (env->kind != NODE_MAP || node_find(env, "PATH")))
            return true;
    }
    return is_given(block, "env_file");
}

static void offer_names(struct loader *loader, struct nearest *nearest, const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    for (size_t left = ENTRIES_MOST; directory && left && (entry = readdir(directory)); left--) {
        const char *before = nearest->name;
        nearest_offer(nearest, entry->d_name);
        if (nearest->name != before) /* the entry goes with the next one */
            nearest->name = arena_printf(loader->arena, "%s", nearest->name);
    }
    if (directory)
        closedir(directory);
}

static void find_near(struct loader *loader, struct nearest *nearest)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        size_t length = strcspn(path, ":");
        char *directory = mem_copy(path, length);
        offer_names(loader, nearest, length ? directory : ".");
        free(directory);
        path += length + (path[length] == ':');
    }
}

void missing_program_warn(struct loader *loader, const struct block *block, const struct node *node)
{
    struct buf path = {0};
    struct error error = {0};
    struct loader_programs *programs = &loader->programs;
    if (node->kind != NODE_SCALAR || !node->size || strchr(node->text, '/') || node_has_template(node) || loader->wishes.on ||
        is_given(block, "on") || is_given(block, "when") || has_own_path(block) ||
        (programs->found && !strcmp(programs->found, node->text)))
        return;
    if (!program_find(node->text, (const char *const *)environ, &path, &error)) {
        programs->found = node->text;
    } else {
        struct nearest nearest = {.wrong = node->text};
        if (programs->missed++ < NEAR_MOST)
            find_near(loader, &nearest);
        if (nearest.name || !(is_given(block, "depends_on") || is_given(block, "setup")))
            diag_warning(loader->diags, loader_mark(loader, node), loader_did_you_mean(loader, &nearest, NULL), "%s", error.text);
    }
    error_release(&error);
    buf_release(&path);
}
