/* The files in which git keeps what it ignores, beside those named .gitignore. */
#ifndef WATCH_GIT_FILES_H
#define WATCH_GIT_FILES_H

#include <stdbool.h>

struct buf;

/* Appends what is in a file of no more than some megabytes; false where it cannot be read. LINKS: it may be a link. */
bool git_read(const char *path, bool links, struct buf *out);

/* True where the directory ROOT is the top of a repository. */
bool git_is_root(const char *root);

/* info/exclude of the repository at ROOT. The caller frees it. */
char *git_exclude_file(const char *root);

/* core.excludesFile, as the files of settings of the machine, the user and the repository at ROOT say it, or what it is where none
 * does. NULL: there is none. The caller frees it. */
char *git_global_file(const char *root);

#endif
