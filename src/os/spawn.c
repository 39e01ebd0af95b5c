/* Starting a command, and saying why it could not be started. */
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "os/spawn_start.h"

/* Linux' MAX_ARG_STRLEN: the longest single argument, execve(2). */
#define ARGUMENT_LONGEST 131071

static const char *environment_get(const char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; environment[i]; i++)
        if (!strncmp(environment[i], name, length) && environment[i][length] == '=')
            return environment[i] + length + 1;
    return NULL;
}

int program_find(const char *program, const char *const *environment, struct buf *out,
                 struct error *error)
{
    if (!*program)
        return error_set(error, -ENOENT, "the program's name is empty");
    if (strchr(program, '/')) {
        buf_text(out, program);
        return 0;
    }
    const char *path = environment_get(environment, "PATH");
    if (!path)
        path = "/usr/local/bin:/usr/bin:/bin";
    bool denied = false;
    size_t start = out->length;
    while (*path) {
        size_t length = strcspn(path, ":");
        buf_truncate(out, start);
        buf_append(out, length ? path : ".", length ? length : 1);
        buf_char(out, '/');
        buf_text(out, program);
        struct stat status;
        if (!stat(out->data + start, &status) && S_ISREG(status.st_mode)) {
            if (!access(out->data + start, X_OK))
                return 0;
            denied = true;
        }
        path += length;
        if (*path)
            path++;
    }
    buf_truncate(out, start);
    if (denied)
        return error_set(error, -EACCES, "program '%s' is in the PATH but not executable", program);
    return error_set(error, -ENOENT, "program '%s' is not in the PATH", program);
}

/* The first bytes of the program, PATH taken from where it runs; -1 where it cannot be read or run. */
static ssize_t read_head(const struct spawn_options *options, const char *path, char *head,
                         size_t size)
{
    int from = AT_FDCWD;
    if (options->directory)
        from = open(options->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(from, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (from >= 0)
        close(from);
    if (fd < 0)
        return -1;
    struct stat status;
    bool runs = !fstat(fd, &status) && (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH));
    ssize_t length = runs ? read(fd, head, size) : -1;
    close(fd);
    return length;
}

/* The interpreter of a script's first line that is not there, or NULL. */
static char *missing_interpreter(const struct spawn_options *options, const char *path)
{
    char line[256];
    ssize_t length = read_head(options, path, line, sizeof(line) - 1);
    if (length < 3 || line[0] != '#' || line[1] != '!')
        return NULL;
    line[length] = '\0';
    char *name = line + 2 + strspn(line + 2, " \t");
    name[strcspn(name, " \t\r\n")] = '\0';
    return access(name, F_OK) ? strdup(name) : NULL;
}

static int explain_missing(const struct spawn_options *options, const char *path, int number,
                           struct error *error)
{
    struct stat status;
    if (options->directory && stat(options->directory, &status))
        return error_set(error, -number, "cannot run in '%s': no such directory",
                         options->directory);
    if (options->directory && !S_ISDIR(status.st_mode))
        return error_set(error, -number, "cannot run in '%s': it is not a directory",
                         options->directory);
    char *interpreter = missing_interpreter(options, path);
    if (!interpreter)
        return error_set(error, -number, "program '%s' does not exist", path);
    error_set(error, -number, "program '%s' needs the interpreter '%s', which does not exist", path,
              interpreter);
    free(interpreter);
    return -number;
}

static int explain_too_long(const struct spawn_options *options, struct error *error)
{
    size_t total = 0;
    for (size_t i = 0; options->argv[i]; i++) {
        size_t length = strlen(options->argv[i]);
        total += length + 1;
        if (length > ARGUMENT_LONGEST)
            return error_set(error, -E2BIG,
                             "argument %zu of '%s' has %zu bytes, more than the system takes (%d); "
                             "pass it through a file or a queue, or in smaller batches",
                             i, options->argv[0], length, ARGUMENT_LONGEST);
    }
    return error_set(error, -E2BIG, "the arguments of '%s' have %zu bytes in all, too many; make smaller batches of them",
                     options->argv[0], total);
}

/* Says why it could not be started; returns -NUMBER. */
static int explain(const struct spawn_options *options, const char *path, int number,
                   struct error *error)
{
    if (!path)
        path = options->argv[0];
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return explain_missing(options, path, number, error);
    case EACCES:
        if (options->directory && access(options->directory, X_OK))
            return error_set(error, -number, "cannot run in '%s': permission denied",
                             options->directory);
        return error_set(error, -number, "program '%s' is not executable", path);
    case ENOEXEC:
        return error_set(error, -number,
                         "program '%s' has no format that the system can run; a script needs a "
                         "first line such as #!/bin/sh",
                         path);
    case E2BIG:
        return explain_too_long(options, error);
    case EAGAIN:
        return error_set(error, -number,
                         "cannot start '%s': no more processes are allowed (see ulimit -u)", path);
    case ENXIO:
        return error_set(error, -number,
                         "cannot start '%s' again: its file could not be opened, neither by /proc/self/exe "
                         "nor by its path; is /proc there?",
                         path);
    default:
        return error_system(error, number, "cannot start '%s'", path);
    }
}

void spawn_print(const struct spawn_options *options, const char *const *set, size_t count,
                 struct buf *out)
{
    if (options->directory) {
        buf_text(out, "cd ");
        shell_quote(out, options->directory, strlen(options->directory));
        buf_text(out, " && ");
    }
    if (count)
        buf_text(out, "env ");
    for (size_t i = 0; i < count; i++) {
        size_t head = (size_t)(strchr(set[i], '=') - set[i]) + 1;
        buf_append(out, set[i], head);
        shell_quote(out, set[i] + head, strlen(set[i] + head));
        buf_char(out, ' ');
    }
    for (size_t i = 0; options->argv[i]; i++) {
        if (i)
            buf_char(out, ' ');
        shell_quote(out, options->argv[i], strlen(options->argv[i]));
    }
}

int spawn_program(const struct spawn_options *options, const char *path, pid_t *pid,
                  struct error *error)
{
    enum attribute failed;
    int number = spawn_start(options, path, pid, &failed);
    return !number                     ? 0
           : failed == ATTRIBUTE_EXEC ? explain(options, path, number, error)
                                      : attributes_explain(options->attributes, failed, number, error);
}

int spawn_command(const struct spawn_options *options, pid_t *pid, struct error *error)
{
    struct buf path = {0};
    int result = program_find(options->argv[0], options->environment, &path, error);
    if (!result)
        result = spawn_program(options, buf_string(&path), pid, error);
    buf_release(&path);
    return result;
}
