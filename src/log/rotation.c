/* Moving the files of a log that rotates. */
#include "log/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "log/file.h"
#include "log/file_lock.h"
#include "log/gzip.h"
#include "loop/thread.h"

struct rotation {
    char *path;
    struct rotation_rules rules;
    char *newest;          /* FILE.1 */
    struct thread *packer; /* compresses NEWEST; NULL: none */
};

static const char *const endings[] = {"", ".gz"};

struct rotation *rotation_new(const char *path, const struct rotation_rules *rules)
{
    struct rotation *rotation = mem_calloc(1, sizeof(*rotation));
    struct buf newest = {0};
    buf_printf(&newest, "%s.1", path);
    rotation->path = mem_strdup(path);
    rotation->rules = *rules;
    rotation->newest = buf_take(&newest);
    return rotation;
}

/* One that cannot be compressed stays as it is: nothing is lost by that. */
static void pack(void *arg)
{
    const struct rotation *rotation = arg;
    gzip_file(rotation->newest);
}

static void wait_for_packer(struct rotation *rotation)
{
    if (rotation->packer)
        thread_join(rotation->packer);
    rotation->packer = NULL;
}

static void put_old(struct buf *path, const struct rotation *rotation, int64_t number,
                    const char *ending)
{
    buf_clear(path);
    buf_printf(path, "%s.%lld%s", rotation->path, (long long)number, ending);
}

/* FILE.1 becomes FILE.2 and so on, compressed or not; what was FILE.KEEP goes away. */
static int move_old(const struct rotation *rotation)
{
    struct buf from = {0}, to = {0};
    int result = 0;
    for (int64_t number = rotation->rules.keep; !result && number > 0; number--) {
        for (size_t i = 0; !result && i < countof(endings); i++) {
            bool last = number == rotation->rules.keep;
            put_old(&from, rotation, number, endings[i]);
            put_old(&to, rotation, number + 1, endings[i]);
            if ((last ? unlink(from.data) : rename(from.data, to.data)) && errno != ENOENT)
                result = -errno;
        }
    }
    buf_release(&from);
    buf_release(&to);
    return result;
}

/* The new FILE, with the permissions of the old one. */
static int open_new(const struct rotation *rotation)
{
    struct stat status;
    struct error error = {0};
    const int mode = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(rotation->path, mode, 0666);
    if (fd < 0)
        return -errno;
    if (!stat(rotation->newest, &status))
        fchmod(fd, status.st_mode & 0777);
    file_claim(fd, false, "write to", rotation->path, &error); /* it is new: nobody can have it */
    error_release(&error);
    return fd;
}

int rotation_turn(struct rotation *rotation)
{
    struct error error = {0};
    wait_for_packer(rotation);
    int result = move_old(rotation);
    if (!result && rename(rotation->path, rotation->newest))
        result = -errno;
    if (result)
        return result;
    int fd = open_new(rotation);
    if (fd < 0) {
        rename(rotation->newest, rotation->path);
        return fd;
    }
    if (rotation->rules.compress && thread_start(pack, rotation, &rotation->packer, &error))
        error_release(&error); /* it stays as it is */
    return fd;
}

bool rotation_has_lost(const struct rotation *rotation, int fd)
{
    struct stat ours, there;
    if (fstat(fd, &ours))
        return false;
    return lstat(rotation->path, &there) || ours.st_dev != there.st_dev || ours.st_ino != there.st_ino;
}

int rotation_renew(struct rotation *rotation, int fd)
{
    struct error error = {0};
    struct stat status;
    bool missing = access(rotation->path, F_OK) != 0;
    int result = file_open(rotation->path, FILE_APPEND | FILE_DIRECTORIES | FILE_CLAIM, "write to",
                           &error);
    error_release(&error);
    if (result >= 0 && missing && !fstat(fd, &status))
        fchmod(result, status.st_mode & 0777);
    return result == ERROR_LOCKED ? -EWOULDBLOCK : result;
}

void rotation_free(struct rotation *rotation)
{
    if (!rotation)
        return;
    wait_for_packer(rotation);
    free(rotation->path);
    free(rotation->newest);
    free(rotation);
}
