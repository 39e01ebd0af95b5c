/* What the run writes itself. */
#include "watch/own_files.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/run.h"

static void add(struct own_files *files, const char *path, size_t length)
{
    if (names_find(&files->names, path, length) != NAMES_NONE)
        return;
    files->paths = mem_grow(files->paths, &files->capacity, files->count + 1, sizeof(*files->paths));
    files->paths[files->count] = mem_copy(path, length);
    *names_slot(&files->names, files->paths[files->count], length) = files->count;
    files->count++;
}

void own_files_look(struct own_files *files, const struct run *run)
{
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char path[PATH_MAX];
        int flags = fcntl(atoi(entry->d_name), F_GETFL);
        if (!isdigit((unsigned char)*entry->d_name) || flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
            continue;
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, path, sizeof(path));
        if (length > 0 && *path == '/')
            add(files, path, (size_t)length);
    }
    if (directory)
        closedir(directory);
    for (size_t i = 0; i < run->watching.written_count; i++) {
        char *path = realpath(run->watching.written[i], NULL);
        if (path)
            add(files, path, strlen(path));
        free(path);
    }
}

/* The length of the path that PATH is another file of. */
static size_t without_ending(const char *path)
{
    static const char *const endings[] = {"-wal", "-shm", "-journal", ".gz"};
    size_t length = strlen(path);
    for (size_t i = 0; i < countof(endings); i++) {
        size_t more = strlen(endings[i]);
        if (length > more && !memcmp(path + length - more, endings[i], more)) {
            length -= more;
            break;
        }
    }
    size_t number = length;
    while (number && isdigit((unsigned char)path[number - 1]))
        number--;
    return number < length && number > 1 && path[number - 1] == '.' ? number - 1 : length;
}

bool own_files_have(const struct own_files *files, const char *path)
{
    char *found = realpath(path, NULL);
    const char *real = found ? found : path;
    bool have = names_find(&files->names, real, strlen(real)) != NAMES_NONE ||
                names_find(&files->names, real, without_ending(real)) != NAMES_NONE;
    free(found);
    return have;
}

void own_files_release(struct own_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
    names_release(&files->names);
    *files = (struct own_files){0};
}
