/* What the machine has to spare. */
#include "os/spare.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int64_t spare_memory(void)
{
    static const char name[] = "MemAvailable:";
    char text[4096];
    int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t length = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    const char *line = strstr(text, name);
    return line ? (int64_t)strtoll(line + sizeof(name) - 1, NULL, 10) * 1024 : -1;
}

double spare_load(void)
{
    double load;
    return getloadavg(&load, 1) == 1 ? load : -1;
}
