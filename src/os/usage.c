/* What processes have used and hold. */
#include "os/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/unit.h"
#include "os/cgroup.h"
#include "os/descendants.h"

/* Of the fields of /proc/PID/stat, counted from 1 as in proc(5); the first behind the program's name is the third. */
enum {
    FIELD_FIRST = 3,
    FIELD_SESSION = 6,
    FIELD_UTIME = 14, /* this one and the next three are times */
    FIELD_CSTIME = 17,
    FIELD_RSS = 24,
};

/* Reads up to SIZE - 1 bytes of a file of the system as a text. */
static bool read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* Takes a process in; the name of its program may hold anything. */
static bool read_stat(const char *pid, struct usage_of_session *process)
{
    char path[64];
    char text[1024];
    long long ticks = 0;
    snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    char *at = read_text(path, text, sizeof(text)) ? strrchr(text, ')') : NULL;
    if (!at || at[1] != ' ')
        return false;
    at += sizeof(") S") - 1; /* the state is a letter */
    for (int field = FIELD_FIRST + 1; field <= FIELD_RSS; field++) {
        long long number = strtoll(at, &at, 10);
        if (field == FIELD_SESSION)
            process->session = (pid_t)number;
        else if (field >= FIELD_UTIME && field <= FIELD_CSTIME)
            ticks += number;
        else if (field == FIELD_RSS)
            process->usage.memory = (int64_t)number * sysconf(_SC_PAGESIZE);
    }
    process->usage.cpu = ticks * (NS_PER_S / sysconf(_SC_CLK_TCK));
    return true;
}

static void add(struct usages *usages, const struct usage_of_session *process)
{
    for (size_t i = 0; i < usages->count; i++) {
        struct usage_of_session *item = &usages->items[i];
        if (item->session != process->session)
            continue;
        item->usage.cpu += process->usage.cpu;
        item->usage.memory += process->usage.memory;
        return;
    }
    usages->items = mem_grow(usages->items, &usages->capacity, usages->count + 1, sizeof(*process));
    usages->items[usages->count++] = *process;
}

void usages_read(struct usages *usages)
{
    DIR *proc = descendants_has_own_proc() ? opendir("/proc") : NULL;
    const struct dirent *entry;
    usages->count = 0;
    while (proc && (entry = readdir(proc))) {
        struct usage_of_session process = {0};
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && read_stat(entry->d_name, &process))
            add(usages, &process);
    }
    if (proc)
        closedir(proc);
}

bool usages_of_session(const struct usages *usages, pid_t session, struct usage *usage)
{
    for (size_t i = 0; i < usages->count; i++) {
        if (usages->items[i].session != session)
            continue;
        *usage = usages->items[i].usage;
        return true;
    }
    return false;
}

void usages_release(struct usages *usages)
{
    free(usages->items);
    *usages = (struct usages){0};
}

/* The number behind KEY, or of the whole file where KEY is empty, of FILE of the cgroup. */
static bool read_number(const struct cgroup *cgroup, const char *file, const char *key, int64_t *number)
{
    char path[4096];
    char text[1024];
    if (snprintf(path, sizeof(path), "%s/%s", cgroup_path(cgroup), file) >= (int)sizeof(path) ||
        !read_text(path, text, sizeof(text)))
        return false;
    const char *found = strstr(text, key);
    *number = found ? strtoll(found + strlen(key), NULL, 10) : 0;
    return found;
}

bool usage_of_cgroup(const struct cgroup *cgroup, struct usage *usage)
{
    int64_t us;
    if (!read_number(cgroup, "cpu.stat", "usage_usec ", &us) ||
        !read_number(cgroup, "memory.current", "", &usage->memory))
        return false;
    usage->cpu = us * INT64_C(1000);
    return true;
}
