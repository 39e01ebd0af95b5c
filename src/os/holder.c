/* Sockets by their inodes in /proc/net, and processes by the descriptors that lead to these. */
#include "os/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* A port has no more sockets that are looked at; several share it with SO_REUSEPORT. */
#define SOCKETS_MOST 64

#define STATE_LISTEN 10 /* of /proc/net/tcp */
#define FLAG_ACCEPTS 0x10000 /* of /proc/net/unix */

/* An environment is looked into so far. */
#define ENVIRONMENT_MOST (256u << 10)

struct sockets {
    unsigned long inodes[SOCKETS_MOST];
    size_t count;
};

static void add_socket(struct sockets *sockets, unsigned long inode)
{
    if (inode && sockets->count < SOCKETS_MOST)
        sockets->inodes[sockets->count++] = inode;
}

static void find_port(struct sockets *sockets, const char *table, unsigned wanted)
{
    char line[512];
    unsigned port, state;
    unsigned long inode;
    FILE *file = fopen(table, "re");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu", &port, &state, &inode) == 3 &&
            port == wanted && state == STATE_LISTEN)
            add_socket(sockets, inode);
    if (file)
        fclose(file);
}

static void find_path(struct sockets *sockets, const char *wanted)
{
    char line[512];
    unsigned flags;
    unsigned long inode;
    FILE *file = fopen("/proc/net/unix", "re");
    while (file && fgets(line, sizeof(line), file)) {
        int at = 0;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%*s %*s %*s %x %*s %*s %lu %n", &flags, &inode, &at) == 2 && at && flags & FLAG_ACCEPTS &&
            !strcmp(line + at, wanted))
            add_socket(sockets, inode);
    }
    if (file)
        fclose(file);
}

static bool is_one_of(const struct sockets *sockets, const char *link)
{
    unsigned long inode;
    if (sscanf(link, "socket:[%lu]", &inode) != 1)
        return false;
    for (size_t i = 0; i < sockets->count; i++)
        if (sockets->inodes[i] == inode)
            return true;
    return false;
}

/* Whether the process has one of the sockets; -1 where its descriptors cannot be seen. */
static int has_one(const char *pid, const struct sockets *sockets)
{
    char path[300];
    const struct dirent *entry;
    int found = 0;
    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    DIR *descriptors = opendir(path);
    if (!descriptors)
        return errno == EACCES || errno == EPERM ? -1 : 0;
    while (!found && (entry = readdir(descriptors))) {
        char link[64];
        ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, link, sizeof(link) - 1);
        if (length <= 0)
            continue;
        link[length] = '\0';
        found = is_one_of(sockets, link);
    }
    closedir(descriptors);
    return found;
}

/* Reads the file NAME of the process: the bytes that are in TEXT then, with a NUL behind them. */
static size_t read_file(const char *pid, const char *name, char *text, size_t size)
{
    char path[300];
    size_t length = 0;
    ssize_t got;
    snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)got;
    if (fd >= 0)
        close(fd);
    text[length] = '\0';
    return length;
}

static bool has_entry(const char *environment, size_t length, const char *entry)
{
    for (const char *at = environment; at < environment + length; at += strlen(at) + 1)
        if (!strcmp(at, entry))
            return true;
    return false;
}

static bool is_ours(const char *pid, const struct holder_of *ours)
{
    if (ours->session && getsid((pid_t)strtol(pid, NULL, 10)) == ours->session)
        return true;
    if (!ours->entries[0] || !ours->entries[1])
        return false;
    char *environment = mem_calloc(1, ENVIRONMENT_MOST);
    size_t length = read_file(pid, "environ", environment, ENVIRONMENT_MOST);
    bool both = has_entry(environment, length, ours->entries[0]) && has_entry(environment, length, ours->entries[1]);
    free(environment);
    return both;
}

static enum holding find_holder(const struct sockets *sockets, const struct holder_of *ours, struct holder *holder)
{
    DIR *proc = sockets->count ? opendir("/proc") : NULL;
    const struct dirent *entry;
    bool unseen = false; /* one of ours may have it */
    enum holding found = HOLDING_UNKNOWN;
    *holder = (struct holder){0};
    while (proc && found != HOLDING_OURS && (entry = readdir(proc))) {
        const char *pid = entry->d_name;
        int has = isdigit((unsigned char)*pid) ? has_one(pid, sockets) : 0;
        if (!has)
            continue;
        bool own = is_ours(pid, ours);
        unseen = unseen || (has < 0 && own);
        if (has < 0)
            continue;
        found = own ? HOLDING_OURS : HOLDING_OTHER;
        holder->pid = (pid_t)strtol(pid, NULL, 10);
        read_file(pid, "comm", holder->name, sizeof(holder->name));
        holder->name[strcspn(holder->name, "\n")] = '\0';
    }
    if (proc)
        closedir(proc);
    return found == HOLDING_OTHER && unseen ? HOLDING_UNKNOWN : found;
}

static bool is_own_host(const char *host)
{
    return !strcmp(host, "localhost") || !strcmp(host, "::1") || !strncmp(host, "127.", 4);
}

enum holding holder_of_port(const char *host, const char *port, const struct holder_of *ours, struct holder *holder)
{
    struct sockets sockets = {.count = 0};
    unsigned number = (unsigned)strtoul(port, NULL, 10);
    if (is_own_host(host)) {
        find_port(&sockets, "/proc/net/tcp", number);
        find_port(&sockets, "/proc/net/tcp6", number);
    }
    return find_holder(&sockets, ours, holder);
}

enum holding holder_of_path(const char *path, const struct holder_of *ours, struct holder *holder)
{
    struct sockets sockets = {.count = 0};
    find_path(&sockets, path);
    return find_holder(&sockets, ours, holder);
}
