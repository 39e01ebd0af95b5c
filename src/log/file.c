/* Opening files for output. */
#include "log/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "log/file_lock.h"

/* What a path may name that is no place for output; NULL for a file or a device such as a terminal.
 */
static const char *wrong_kind(mode_t mode)
{
    static const struct {
        mode_t kind;
        const char *text;
    } kinds[] = {
        {S_IFLNK, "a symbolic link; name the file itself"},
        {S_IFDIR, "a directory; name a file in it"},
        {S_IFIFO, "a FIFO; name a file"},
        {S_IFSOCK, "a socket; name a file"},
        {S_IFBLK, "a disk; name a file"},
    };
    for (size_t i = 0; i < countof(kinds); i++)
        if ((mode & S_IFMT) == kinds[i].kind)
            return kinds[i].text;
    return NULL;
}

/* The descriptor that PATH names, -1 where it names none. */
static int descriptor_of(const char *path)
{
    static const char *const words[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    char *end;
    for (int fd = 0; fd < (int)countof(words); fd++)
        if (!strcmp(path, words[fd]))
            return fd;
    if (strncmp(path, "/dev/fd/", 8) != 0)
        return -1;
    long number = strtol(path + 8, &end, 10);
    return path[8] && !*end && number >= 0 && number < 1 << 20 ? (int)number : -1;
}

bool file_is_descriptor(const char *path)
{
    return descriptor_of(path) >= 0;
}

int file_make_directories(const char *path, const char *doing, struct error *error)
{
    char *directory = mem_strdup(path);
    int result = 0;
    for (char *slash = strchr(directory + 1, '/'); slash && !result;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(directory, 0777) && errno != EEXIST)
            result = error_system(error, errno, "cannot %s '%s': cannot make the directory '%s'",
                                  doing, path, directory);
        *slash = '/';
    }
    free(directory);
    return result;
}

/* Why PATH could not be opened: NUMBER, or what stands there. */
static int refuse(const char *path, const char *doing, int number, struct error *error)
{
    struct stat status;
    const char *slash = strrchr(path, '/');
    char *directory = mem_copy(path, slash ? (size_t)(slash - path) : 0);
    const char *wrong = lstat(path, &status) ? NULL : wrong_kind(status.st_mode);
    if (wrong)
        error_set(error, -number, "cannot %s '%s': it is %s", doing, path, wrong);
    else if (number == ENOENT && *directory && access(directory, F_OK))
        error_set(error, -number, "cannot %s '%s': there is no directory '%s'", doing, path,
                  directory);
    else
        error_system(error, number, "cannot %s '%s'", doing, path);
    free(directory);
    return error->code;
}

/* What was killed may have left the beginning of a line, to which the next one must not be added. */
static void end_torn_line(int fd, const char *path, off_t end)
{
    char last = '\n';
    int readable = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (readable < 0)
        return; /* nobody can know */
    bool torn = pread(readable, &last, 1, end - 1) == 1 && last != '\n';
    ssize_t done = torn ? pwrite(fd, "\n", 1, end) : 0;
    (void)done; /* a full disk is told by the first line that does not fit either */
    close(readable);
}

/* Behind the last whole row: a line end in quotes ends none. A negative errno where it cannot be read. */
static off_t find_rows_end(int fd)
{
    char piece[1 << 16];
    bool quoted = false;
    off_t at = 0, end = 0;
    ssize_t size;
    while ((size = pread(fd, piece, sizeof(piece), at)) > 0) {
        for (ssize_t i = 0; i < size; i++) {
            quoted ^= piece[i] == '"';
            if (piece[i] == '\n' && !quoted)
                end = at + i + 1;
        }
        at += size;
    }
    return size ? -errno : end;
}

static int cut_torn_row(int fd, const char *path, struct error *error)
{
    int readable = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    off_t end = readable < 0 ? -errno : find_rows_end(readable);
    if (readable >= 0)
        close(readable);
    if (end >= 0 && ftruncate(fd, end))
        end = -errno;
    return end < 0 ? error_system(error, (int)-end, "cannot look for the last row of '%s'", path) : 0;
}

/* Of a regular file: claims it, empties it, or ends its last line, as FLAGS say. */
static int prepare(int fd, const char *path, unsigned flags, const char *doing, struct error *error)
{
    struct stat status;
    bool adds = flags & FILE_APPEND && !(flags & FILE_EMPTY);
    int result = flags & FILE_CLAIM ? file_claim(fd, adds, doing, path, error) : 0;
    if (result)
        return result;
    if (fstat(fd, &status))
        return error_system(error, errno, "cannot %s '%s'", doing, path);
    if (status.st_size && flags & FILE_NEW)
        return error_set(error, -EEXIST, "cannot %s '%s': it is there already; --force replaces it", doing, path);
    if (status.st_size && flags & FILE_EMPTY && ftruncate(fd, 0))
        return error_system(error, errno, "cannot empty '%s'", path);
    if (status.st_size && adds && flags & FILE_ROWS)
        return cut_torn_row(fd, path, error);
    if (status.st_size && adds)
        end_torn_line(fd, path, status.st_size);
    return 0;
}

/* Refuses what opened but is no place for output. */
static int check_opened(int fd, const char *path, unsigned flags, const char *doing,
                        struct error *error)
{
    struct stat status;
    if (fstat(fd, &status))
        return error_system(error, errno, "cannot %s '%s'", doing, path);
    if (wrong_kind(status.st_mode))
        return refuse(path, doing, EINVAL, error);
    int result = S_ISREG(status.st_mode) ? prepare(fd, path, flags, doing, error) : 0;
    fcntl(fd, F_SETFL, flags & FILE_APPEND ? O_APPEND : 0); /* blocking from now on */
    return result;
}

int file_open(const char *path, unsigned flags, const char *doing, struct error *error)
{
    const int mode = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
    int fd = descriptor_of(path);
    if (fd >= 0) {
        fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        return fd < 0 ? error_system(error, errno, "cannot %s '%s'", doing, path) : fd;
    }
    fd = open(path, mode, 0666);
    if (fd < 0 && errno == ENOENT && flags & FILE_DIRECTORIES) {
        int result = file_make_directories(path, doing, error);
        if (result)
            return result;
        fd = open(path, mode, 0666);
    }
    if (fd < 0)
        return refuse(path, doing, errno, error);
    int result = check_opened(fd, path, flags, doing, error);
    if (!result)
        return fd;
    close(fd);
    return result;
}
