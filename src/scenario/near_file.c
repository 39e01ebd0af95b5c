/* "Did you mean" for files. */
#include "scenario/near_file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/nearest.h"

#define ENTRIES_MOST 10000

/* The nearest is what the last offer that was taken leaves in *KEPT. */
static void offer(struct nearest *nearest, const char *name, char **kept)
{
    const char *before = nearest->name;
    nearest_offer(nearest, name);
    if (nearest->name == before)
        return;
    free(*kept);
    nearest->name = *kept = mem_strdup(name);
}

char *near_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *wrong = slash ? slash + 1 : path;
    struct nearest nearest = {.wrong = wrong};
    struct buf found = {0};
    char *kept = NULL;
    buf_append(&found, path, (size_t)(wrong - path));
    DIR *directory = opendir(slash ? buf_string(&found) : ".");
    size_t left = ENTRIES_MOST;
    const struct dirent *entry;
    while (directory && left && (entry = readdir(directory))) {
        left--;
        if (entry->d_type != DT_DIR && (entry->d_name[0] == '.') == (*wrong == '.'))
            offer(&nearest, entry->d_name, &kept);
    }
    if (directory)
        closedir(directory);
    if (kept && left)
        buf_text(&found, kept);
    else
        buf_release(&found);
    free(kept);
    return found.data;
}
