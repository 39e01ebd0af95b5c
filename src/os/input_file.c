/* A file that a program reads. */
#include "os/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"

/* One that has a name; a pipe without one, below /proc, is open at its other end or has ended. */
static bool is_fifo(int fd)
{
    struct stat status;
    struct statfs system;
    return !fstat(fd, &status) && S_ISFIFO(status.st_mode) && !fstatfs(fd, &system) && system.f_type != PIPEFS_MAGIC;
}

int input_file_open(const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return error_system(error, errno, "cannot read '%s'", path);
    if (is_fifo(fd)) {
        close(fd);
        return error_set(error, ERROR_FAILED, "cannot read '%s': it is a FIFO; let the command open it, as in cat <FIFO | ...", path);
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}
