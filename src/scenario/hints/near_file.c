/* "Did you mean" for files. */
#include "scenario/hints/near_file.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/nearest.h"

#define ENTRIES_MOST 10000

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The dot of "name.yaml", or the end of a name that has none. */
static const char *ending_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot > name ? dot : name + strlen(name);
}

static bool is_alike(const char *name, const char *wrong)
{
    const char *ending = ending_of(name);
    return !strcmp(ending, ".yaml") || !strcmp(ending, ".yml") ||
           !strcmp(ending, ending_of(wrong));
}

/* Without its ending, which would make any two names alike: where it is nearest, NAME is kept. */
static void offer(struct nearest *nearest, const char *name, char **kept)
{
    const char *before = nearest->name;
    char *stem = mem_copy(name, (size_t)(ending_of(name) - name));
    nearest_offer(nearest, stem);
    if (nearest->name != before) {
        free(*kept);
        *kept = mem_strdup(name);
        nearest->name = *kept; /* only told from NULL */
    }
    free(stem);
}

char *near_file(const char *path, const char *shown)
{
    const char *wrong = name_of(path);
    char *stem = mem_copy(wrong, (size_t)(ending_of(wrong) - wrong));
    char *parent = mem_copy(path, (size_t)(wrong - path));
    struct nearest nearest = {.wrong = stem};
    struct buf found = {0};
    char *kept = NULL;
    DIR *directory = opendir(*parent ? parent : ".");
    size_t left = ENTRIES_MOST;
    const struct dirent *entry;
    while (directory && left && (entry = readdir(directory))) {
        left--;
        if (entry->d_type != DT_DIR && is_alike(entry->d_name, wrong))
            offer(&nearest, entry->d_name, &kept);
    }
    if (directory)
        closedir(directory);
    if (kept && left) {
        buf_append(&found, shown, (size_t)(name_of(shown) - shown));
        buf_text(&found, kept);
    }
    free(kept);
    free(parent);
    free(stem);
    return found.data;
}
