/* What the machine has to spare. */
#include "os/sysinfo.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The beginning of a file of /proc, ended by NUL; false where it cannot be read. */
static bool read_start(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, size - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* Bytes in the line of /proc/meminfo that begins with NAME; -1 where there is none. */
static int64_t read_memory(const char *name)
{
    char text[4096];
    if (!read_start("/proc/meminfo", text, sizeof(text)))
        return -1;
    const char *line = strstr(text, name);
    return line ? (int64_t)strtoll(line + strlen(name), NULL, 10) * 1024 : -1;
}

int64_t spare_memory(void)
{
    return read_memory("MemAvailable:");
}

int64_t spare_memory_total(void)
{
    return read_memory("MemTotal:");
}

double spare_load(void)
{
    double load;
    return getloadavg(&load, 1) == 1 ? load : -1;
}

double spare_pressure(const char *path)
{
    static const char head[] = "some avg10=";
    char text[256];
    /* A kernel that was started with psi=0 has the files and refuses to have them read. */
    if (!read_start(path, text, sizeof(text)) || strncmp(text, head, sizeof(head) - 1))
        return -1;
    char *end;
    double share = strtod(text + sizeof(head) - 1, &end);
    return *end == ' ' ? share : -1;
}
