/* Logs of runs in the background. */
#include "cli/control/run_logs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/control/find.h"
#include "value/value.h"

#define ENDING ".log"

/* So many bytes at the end of a log are looked at. */
#define TAIL_MOST ((size_t)64 << 10)

const char *run_logs_directory(struct arena *arena, struct error *error)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state && *state == '/')
        return arena_printf(arena, "%s/parrun", state);
    const struct passwd *user = home && *home == '/' ? NULL : getpwuid(geteuid());
    home = user ? user->pw_dir : home;
    if (home && *home == '/')
        return arena_printf(arena, "%s/.local/state/parrun", home);
    error_set(error, ERROR_FAILED, "there is no place for the log: neither XDG_STATE_HOME nor HOME names a directory");
    return NULL;
}

static int make_directory(const char *path, struct error *error)
{
    char *part = mem_strdup(path);
    int result = 0;
    for (char *slash = part; slash && !result;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        if (mkdir(part, 0700) && errno != EEXIST)
            result = error_system(error, errno, "cannot make the directory '%s' for the log", part);
        if (slash)
            *slash = '/';
    }
    free(part);
    return result;
}

int run_logs_lock(const char *directory, struct error *error)
{
    int result = make_directory(directory, error);
    int fd = result ? result : open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return result ? result : error_system(error, errno, "cannot open the directory '%s' of the log", directory);
    while (flock(fd, LOCK_EX) && errno == EINTR)
        continue; /* a file system without locks keeps nobody away */
    return fd;
}

/* Names of the logs in a directory, without their ending. */
struct log_names {
    char **items;
    size_t count;
    size_t capacity;
};

static int by_text(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static bool is_living(const char *id, const struct found_run *living, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(control_text(living[i].identity, "run"), id))
            return true;
    return false;
}

/* Of runs that live no more, the oldest first: an id begins with the time. */
static void read_names(const char *directory, const struct found_run *living, size_t count, struct log_names *names)
{
    DIR *all = opendir(directory);
    const struct dirent *one;
    while (all && (one = readdir(all))) {
        size_t length = strlen(one->d_name);
        if (length <= strlen(ENDING) || strcmp(one->d_name + length - strlen(ENDING), ENDING) != 0)
            continue;
        char *id = mem_copy(one->d_name, length - strlen(ENDING));
        if (is_living(id, living, count)) {
            free(id);
            continue;
        }
        names->items = mem_grow(names->items, &names->capacity, names->count + 1, sizeof(*names->items));
        names->items[names->count++] = id;
    }
    if (all)
        closedir(all);
    if (names->count)
        qsort(names->items, names->count, sizeof(*names->items), by_text);
}

static void release_names(struct log_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

/* A log with those into which it has rotated. */
static void remove_log(const char *directory, const char *id)
{
    struct buf name = {0}, path = {0};
    DIR *all = opendir(directory);
    const struct dirent *one;
    buf_printf(&name, "%s" ENDING, id);
    while (all && (one = readdir(all))) {
        char next = strncmp(one->d_name, name.data, name.length) != 0 ? '-' : one->d_name[name.length];
        if (next && next != '.')
            continue;
        buf_clear(&path);
        buf_printf(&path, "%s/%s", directory, one->d_name);
        unlink(path.data);
    }
    if (all)
        closedir(all);
    buf_release(&name);
    buf_release(&path);
}

void run_logs_prune(const char *directory, const struct found_run *living, size_t count)
{
    struct log_names names = {0};
    read_names(directory, living, count, &names);
    for (size_t i = 0; i + RUN_LOGS_KEPT < names.count; i++)
        remove_log(directory, names.items[i]);
    release_names(&names);
}

/* The byte that is the run's: its id ends with the number of a process, which no other run has that is not over. */
static struct flock byte_of(const char *id, short type)
{
    const char *number = strrchr(id, '-');
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = number ? strtol(number + 1, NULL, 10) : 0, .l_len = 1};
}

static int open_lock(const char *directory, int flags)
{
    struct buf path = {0};
    buf_printf(&path, "%s/lock", directory);
    int fd = open(path.data, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    buf_release(&path);
    return fd;
}

void run_log_hold(const char *directory, const char *id)
{
    struct flock byte = byte_of(id, F_RDLCK);
    int fd = open_lock(directory, O_RDWR | O_CREAT);
    if (fd >= 0)
        fcntl(fd, F_OFD_SETLK, &byte); /* and stays open; where that cannot be, ps calls a run unknown that is ending */
}

static bool is_held(const char *directory, const char *id)
{
    struct flock byte = byte_of(id, F_WRLCK);
    int fd = open_lock(directory, O_RDWR);
    bool held = fd >= 0 && !fcntl(fd, F_OFD_GETLK, &byte) && byte.l_type != F_UNLCK;
    if (fd >= 0)
        close(fd);
    return held;
}

/* The end of a log, from the beginning of a line. */
static void read_end(const char *path, struct buf *out)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    off_t from = !fstat(fd, &status) && status.st_size > (off_t)TAIL_MOST ? status.st_size - (off_t)TAIL_MOST : 0;
    ssize_t length;
    while ((length = pread(fd, buf_reserve(out, TAIL_MOST), TAIL_MOST, from + (off_t)out->length)) > 0)
        buf_added(out, (size_t)length);
    close(fd);
    const char *line = from && out->length ? memchr(out->data, '\n', out->length) : NULL;
    if (line)
        buf_consume(out, (size_t)(line + 1 - out->data));
}

/* Where the last line of TEXT begins. */
static size_t last_line(const struct buf *text)
{
    size_t at = text->length;
    while (at && (at == text->length || text->data[at - 1] != '\n'))
        at--;
    return at;
}

static bool is_row(const char *line)
{
    return !strncmp(line, "{\"run\":\"", strlen("{\"run\":\""));
}

void run_logs_each(const char *directory, const struct found_run *living, size_t count,
                   void (*take)(void *arg, const char *text, const struct value *row), void *arg)
{
    struct log_names names = {0};
    read_names(directory, living, count, &names);
    for (size_t i = 0; i < names.count; i++) {
        struct arena *arena = arena_new();
        struct buf text = {0};
        struct error error = {0};
        struct value row = {0};
        const char *path = arena_printf(arena, "%s/%s" ENDING, directory, names.items[i]);
        bool ending = is_held(directory, names.items[i]); /* asked first: it may end meanwhile */
        read_end(path, &text);
        buf_consume(&text, last_line(&text));
        buf_truncate(&text, strcspn(buf_string(&text), "\n"));
        if (!is_row(buf_string(&text)) || value_from_json(arena, text.data, text.length, &row, &error)) {
            buf_clear(&text);
            buf_printf(&text, "{\"run\":\"%s\",\"log\":", names.items[i]);
            json_quote(&text, path, strlen(path));
            buf_printf(&text, ",\"state\":\"%s\"}", ending ? "ending" : "unknown");
            error_release(&error);
            value_from_json(arena, text.data, text.length, &row, &error);
        }
        take(arg, buf_string(&text), &row);
        error_release(&error);
        buf_release(&text);
        arena_free(arena);
    }
    release_names(&names);
}

int run_log_take(const char *path, struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_system(error, errno, "cannot write the log to '%s'", path);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    return 0;
}

void run_log_end(const char *path, const char *row, int status)
{
    struct buf line = {0}, before = {0};
    read_end(path, &before);
    if (before.length && before.data[before.length - 1] != '\n')
        buf_char(&line, '\n');
    buf_printf(&line, "%s,\"state\":\"ended\",\"ended\":\"", row);
    clock_print(&line, clock_wall() / 1000 * 1000);
    buf_printf(&line, "\",\"status\":%d}\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    ssize_t written = fd < 0 ? -1 : write(fd, line.data, line.length);
    (void)written; /* ps calls its end unknown then */
    if (fd >= 0)
        close(fd);
    buf_release(&line);
    buf_release(&before);
}

void run_log_tail(const char *path, size_t lines, struct buf *out)
{
    struct buf text = {0};
    read_end(path, &text);
    size_t at = last_line(&text);
    if (is_row(buf_string(&text) + at))
        buf_truncate(&text, at);
    for (at = text.length; at && lines; lines--) {
        at--;
        while (at && text.data[at - 1] != '\n')
            at--;
    }
    buf_append(out, buf_string(&text) + at, text.length - at);
    buf_release(&text);
}
