/* What is in a file, on its disk. */
#include "os/sync_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

int sync_file(const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int result = 0;
    if (fd >= 0 && fsync(fd) && errno != EINVAL)
        result = error_system(error, errno, "'%s' cannot be kept on its disk", path);
    if (fd >= 0)
        close(fd);
    return result;
}
