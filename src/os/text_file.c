/* A text as a file that a program reads. */
#include "os/text_file.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static int fill(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0)
            return -errno;
        bytes += written;
        length -= (size_t)written;
    }
    return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

int text_file_open(const char *bytes, size_t length)
{
    int fd = memfd_create("text", MFD_CLOEXEC);
    int result = fd < 0 ? -errno : fill(fd, bytes, length);
    if (result && fd >= 0)
        close(fd);
    return result ? result : fd;
}
