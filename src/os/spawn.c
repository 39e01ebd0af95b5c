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
#include "os/interpreter.h"
#include "os/spawn_child.h"

/* Arguments and variables together are a quarter of the stack, and of no more than 24 MiB. */
#define TOGETHER_MOST (6L << 20)

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
    return error_set(error, -ENOENT, "program '%s' is not in the PATH%s", program,
                     strchr(program, ' ') ? ": the name and each argument are a word of their own in the list" : "");
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
    int result = interpreter_explain(options->directory, path, number, error);
    return result ? result : error_set(error, -number, "program '%s' does not exist", path);
}

/* A list of arguments or variables. */
struct measure {
    size_t total; /* bytes that the system counts: with the NULs and the pointers */
    size_t longest;
    size_t index; /* of the longest */
};

static struct measure measure(const char *const *list)
{
    struct measure measure = {0};
    for (size_t i = 0; list[i]; i++) {
        size_t length = strlen(list[i]);
        measure.total += length + 1 + sizeof(char *);
        if (length > measure.longest) {
            measure.longest = length;
            measure.index = i;
        }
    }
    return measure;
}

/* Bytes of arguments and variables that the system takes, execve(2). */
static long together(void)
{
    long most = sysconf(_SC_ARG_MAX);
    return most > TOGETHER_MOST ? TOGETHER_MOST : most;
}

/* Names what is too long: an argument, a variable, or the largest of all where they are too long together. */
static int explain_too_long(const struct spawn_options *options, struct error *error)
{
    const char *program = options->argv[0];
    struct measure arguments = measure(options->argv), variables = measure(options->environment);
    const char *variable = options->environment[0] ? options->environment[variables.index] : "";
    int name = (int)strcspn(variable, "=");
    if (arguments.longest > SPAWN_LONGEST)
        return error_set(error, -E2BIG,
                         "argument %zu of '%s' has %zu bytes, more than the system takes (%d); "
                         "pass it through a file or a queue, or in smaller batches",
                         arguments.index, program, arguments.longest, SPAWN_LONGEST);
    if (variables.longest > SPAWN_LONGEST)
        return error_set(error, -E2BIG,
                         "cannot start '%s': the variable %.*s has %zu bytes, more than the system takes (%d)",
                         program, name, variable, variables.longest, SPAWN_LONGEST);
    if (arguments.total >= variables.total)
        return error_set(error, -E2BIG,
                         "the arguments of '%s' have %zu bytes in all and its variables %zu, more than the "
                         "system takes together (%ld); make smaller batches of them",
                         program, arguments.total, variables.total, together());
    return error_set(error, -E2BIG,
                     "cannot start '%s': its variables have %zu bytes in all and its arguments %zu, more than "
                     "the system takes together (%ld); the longest is %.*s with %zu bytes",
                     program, variables.total, arguments.total, together(), name, variable,
                     variables.longest);
}

/* Says why it could not be started; returns -NUMBER. */
static int explain(const struct spawn_options *options, const char *path, int number,
                   struct error *error)
{
    int result;
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
        result = interpreter_explain(options->directory, path, number, error);
        return result ? result : error_set(error, -number, "program '%s' is not executable", path);
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
