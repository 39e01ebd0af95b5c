/* Files that the run itself writes: its log, record and results, and what its processes' output goes to. */
#ifndef WATCH_OWN_FILES_H
#define WATCH_OWN_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name_index.h"

struct run;

/* A zeroed one knows none. */
struct own_files {
    char **paths;
    size_t count;
    size_t capacity;
    struct names names;
};

/* Adds those that this process has open to be written, and those of RUN. */
void own_files_look(struct own_files *files, const struct run *run);

/* Whether PATH is one of them, or belongs to one: an older one of it, or what SQLite keeps beside it. */
bool own_files_have(const struct own_files *files, const char *path);

void own_files_release(struct own_files *files);

#endif
