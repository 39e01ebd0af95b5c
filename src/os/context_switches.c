/* Counting context switches by way of /proc. */
#include "os/context_switches.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/descendants.h"

struct of_thread {
    pid_t thread;
    uint64_t turns;
};

struct count {
    uint64_t turns;
    size_t processes;
    bool awake;
    pid_t but;        /* a thread that does not count; 0: none */
    struct buf *note; /* of struct of_thread; NULL: none is wanted */
};

/* The lines "State:", "voluntary_ctxt_switches:" and "nonvoluntary_ctxt_switches:" of a thread's status. */
static bool read_thread(pid_t pid, const char *thread, char *state, uint64_t *turns)
{
    char path[64];
    char line[256];
    snprintf(path, sizeof(path), "/proc/%ld/task/%.16s/status", (long)pid, thread);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    *turns = 0;
    while (fgets(line, sizeof(line), file)) {
        const char *value = strchr(line, ':');
        if (value && !strncmp(line, "State:", strlen("State:")))
            *state = value[strspn(value, ":\t ")];
        else if (value && strstr(line, "ctxt_switches:"))
            *turns += strtoull(value + 1, NULL, 10);
    }
    fclose(file);
    return true;
}

static bool count_thread(pid_t pid, const char *thread, struct count *count)
{
    char state = '\0';
    struct of_thread one = {.thread = (pid_t)strtol(thread, NULL, 10)};
    if (!read_thread(pid, thread, &state, &one.turns))
        return false;
    if (one.thread == count->but)
        return true;
    count->awake |= state == 'R' || (count->note && state == 'D');
    count->turns += one.turns;
    if (count->note)
        buf_append(count->note, &one, sizeof(one));
    return true;
}

static void count_process(void *arg, pid_t pid)
{
    struct count *count = arg;
    char path[32];
    size_t threads = 0;
    snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
    DIR *tasks = opendir(path);
    const struct dirent *entry;
    while (tasks && (entry = readdir(tasks)))
        threads += entry->d_name[0] != '.' && count_thread(pid, entry->d_name, count);
    if (tasks)
        closedir(tasks);
    count->processes++;
    count->awake |= !threads; /* it has just ended, or is hidden from us */
}

bool turns_of_session(pid_t session, uint64_t *turns)
{
    struct count count = {0};
    descendants_in_session(session, count_process, &count);
    *turns += count.turns;
    return count.processes && !count.awake;
}

bool turns_note(struct buf *note)
{
    struct count count = {.note = note, .but = gettid()};
    count_process(&count, getpid());
    descendants_in_session(0, count_process, &count);
    return !count.awake;
}

bool turns_are_few(const struct buf *before, const struct buf *now, uint64_t most)
{
    const struct of_thread *a = (const struct of_thread *)before->data;
    const struct of_thread *b = (const struct of_thread *)now->data;
    bool few = before->length == now->length;
    for (size_t i = 0; few && i < now->length / sizeof(*a); i++)
        few = a[i].thread == b[i].thread && b[i].turns - a[i].turns <= most;
    return few;
}
