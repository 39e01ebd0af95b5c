/*
 * Preloaded into a program: of the calls named WRITE_FAILS_CALL ("write", "fsync", "ftruncate") on files whose path
 * holds WRITE_FAILS_NAME, the one with number WRITE_FAILS_AT fails, once, with errno WRITE_FAILS_BY; the file
 * WRITE_FAILS_HIT is made then.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long count;

static int is_meant(int fd, const char *name)
{
    char link[64], path[4096];
    struct stat status;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode))
        return 0;
    path[length] = '\0';
    return strstr(path, name) != NULL;
}

static int fails(const char *call, int fd)
{
    int before = errno;
    const char *wanted = getenv("WRITE_FAILS_CALL");
    if (!wanted || strcmp(wanted, call) != 0 || !is_meant(fd, getenv("WRITE_FAILS_NAME")) ||
        atomic_fetch_add(&count, 1) + 1 != atol(getenv("WRITE_FAILS_AT"))) {
        errno = before;
        return 0;
    }
    close(open(getenv("WRITE_FAILS_HIT"), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    errno = atoi(getenv("WRITE_FAILS_BY"));
    return 1;
}

#define WRAP(call, result, name, declared, given)                                                  \
    result name declared                                                                           \
    {                                                                                              \
        result(*real) declared = (result(*) declared)dlsym(RTLD_NEXT, #name);                      \
        return fails(call, fd) ? -1 : real given;                                                  \
    }

WRAP("write", ssize_t, write, (int fd, const void *bytes, size_t length), (fd, bytes, length))
WRAP("write", ssize_t, pwrite, (int fd, const void *bytes, size_t length, off_t at), (fd, bytes, length, at))
WRAP("write", ssize_t, pwrite64, (int fd, const void *bytes, size_t length, off64_t at), (fd, bytes, length, at))
WRAP("fsync", int, fsync, (int fd), (fd))
WRAP("fsync", int, fdatasync, (int fd), (fd))
WRAP("ftruncate", int, ftruncate, (int fd, off_t length), (fd, length))
WRAP("ftruncate", int, ftruncate64, (int fd, off64_t length), (fd, length))
