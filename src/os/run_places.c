/* The places of runs, and what stands in them. */
#include "os/run_places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"

/* A directory without a lock is one that a run is about to lock; after so many seconds it is not. */
#define UNLOCKED_AGE 60

/* What a run writes into its lock is no longer. */
#define TEXT_MOST 65536

/* NAME in DIRECTORY, cut where it is too long for anything that is there. */
static const char *path_in(char path[2 * RUN_PATH_SIZE], const char *directory, const char *name)
{
    size_t length = strnlen(directory, RUN_PATH_SIZE);
    memcpy(path, directory, length);
    memcpy(path + length, name, strlen(name) + 1);
    return path;
}

/* Adds BASE and what FORMAT makes of the user id, unless it is there already. */
static void add_place(char places[RUN_PLACES_MOST][RUN_PATH_SIZE], size_t *count, const char *base, bool shared,
                      struct buf *trouble)
{
    char path[2 * RUN_PATH_SIZE];
    if (!base || !*base)
        return;
    if (base[0] != '/') {
        buf_printf(trouble, "%s%s: not an absolute path", trouble->length ? "; " : "", base);
        return;
    }
    int length = shared ? snprintf(path, sizeof(path), "%s/parrun-%u", base, (unsigned)geteuid())
                        : snprintf(path, sizeof(path), "%s/parrun", base);
    if (length < 0 || (size_t)length + sizeof(RUN_DIRECTORY RUN_SOCKET) > RUN_PATH_SIZE) {
        buf_printf(trouble, "%s%s: too long for the path of a socket", trouble->length ? "; " : "", base);
        return;
    }
    for (size_t i = 0; i < *count; i++)
        if (!strcmp(places[i], path))
            return;
    memcpy(places[(*count)++], path, (size_t)length + 1);
}

size_t run_places_here(char places[RUN_PLACES_MOST][RUN_PATH_SIZE], struct buf *trouble)
{
    size_t count = 0;
    add_place(places, &count, getenv("XDG_RUNTIME_DIR"), false, trouble);
    add_place(places, &count, getenv("TMPDIR"), true, trouble);
    add_place(places, &count, "/tmp", true, trouble);
    return count;
}

size_t run_places_all(char places[RUN_PLACES_MOST][RUN_PATH_SIZE])
{
    struct buf trouble = {0};
    char runtime[64];
    size_t count = 0;
    snprintf(runtime, sizeof(runtime), "/run/user/%u", (unsigned)geteuid());
    add_place(places, &count, getenv("XDG_RUNTIME_DIR"), false, &trouble);
    add_place(places, &count, runtime, false, &trouble);
    add_place(places, &count, getenv("TMPDIR"), true, &trouble);
    add_place(places, &count, "/tmp", true, &trouble);
    buf_release(&trouble);
    return count;
}

int run_place_check(const char *place, struct error *error)
{
    struct stat status;
    if (lstat(place, &status))
        return errno == ENOENT ? -ENOENT : error_system(error, errno, "%s", place);
    if (!S_ISDIR(status.st_mode))
        return error_set(error, ERROR_FAILED, "%s: not a directory", place);
    if (status.st_uid != geteuid())
        return error_set(error, ERROR_FAILED, "%s: belongs to another user (%u)", place, (unsigned)status.st_uid);
    if ((status.st_mode & 07777) != 0700)
        return error_set(error, ERROR_FAILED, "%s: its mode is %04o, where others might write to it: chmod 700 it", place,
                         (unsigned)(status.st_mode & 07777));
    return 0;
}

/* The umask of this process, or of another one that has just made the place, may have taken rights away from us; such a place is
 * nobody else's to write to. */
static void give_rights(const char *place)
{
    struct stat status;
    if (!lstat(place, &status) && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
        !(status.st_mode & 07077) && (status.st_mode & 0700) != 0700)
        chmod(place, 0700);
}

int run_place_make(const char *place, struct error *error)
{
    if (mkdir(place, 0700) && errno != EEXIST)
        return error_system(error, errno, "%s: cannot make a directory for the run's socket", place);
    give_rights(place);
    int result = run_place_check(place, error);
    return result == -ENOENT ? error_system(error, ENOENT, "%s", place) : result;
}

bool run_directory_lives(const char *directory)
{
    char path[2 * RUN_PATH_SIZE];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path_in(path, directory, RUN_LOCK), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool lives = !fcntl(fd, F_GETLK, &lock) && lock.l_type != F_UNLCK;
    close(fd);
    return lives;
}

void run_directory_text(const char *directory, struct buf *out)
{
    char path[2 * RUN_PATH_SIZE];
    ssize_t count = 0;
    int fd = open(path_in(path, directory, RUN_LOCK), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    while (fd >= 0 && out->length < TEXT_MOST && (count = read(fd, buf_reserve(out, 4096), 4096)) > 0)
        buf_added(out, (size_t)count);
    if (fd >= 0)
        close(fd);
}

void run_directory_remove(const char *directory)
{
    char path[2 * RUN_PATH_SIZE];
    unlink(path_in(path, directory, RUN_SOCKET));
    unlink(path_in(path, directory, RUN_NEW));
    unlink(path_in(path, directory, RUN_LOCK));
    rmdir(directory);
}

/* True where a run may be about to lock it: nothing is locked before it is made. */
static bool may_begin(const char *directory)
{
    char path[2 * RUN_PATH_SIZE];
    struct stat status;
    return access(path_in(path, directory, RUN_LOCK), F_OK) && !lstat(directory, &status) &&
           S_ISDIR(status.st_mode) && status.st_mtime + UNLOCKED_AGE > time(NULL);
}

void run_place_each(const char *place, void (*found)(void *arg, const char *directory), void *arg)
{
    char path[2 * RUN_PATH_SIZE];
    DIR *all = opendir(place);
    const struct dirent *one;
    while (all && (one = readdir(all))) {
        if (one->d_name[0] == '.' || strlen(one->d_name) != strlen(RUN_DIRECTORY) - 1)
            continue;
        stpcpy(stpcpy(stpcpy(path, place), "/"), one->d_name);
        if (run_directory_lives(path))
            found(arg, path);
        else if (!may_begin(path))
            run_directory_remove(path);
    }
    if (all)
        closedir(all);
}
