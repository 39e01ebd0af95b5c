/* The lines of a file. */
#include "cli/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

int lines_read(const char *path,
               int (*take)(void *arg, const char *line, size_t length, struct error *error), void *arg,
               struct error *error)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    int result = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? 0 : error_system(error, errno, "cannot read '%s'", path);
    while (!result && (length = getline(&line, &room, file)) > 0 && line[length - 1] == '\n') {
        line[--length] = '\0';
        result = take(arg, line, (size_t)length, error);
    }
    if (!result && ferror(file))
        result = error_system(error, errno, "cannot read '%s'", path);
    free(line);
    fclose(file);
    return result;
}
