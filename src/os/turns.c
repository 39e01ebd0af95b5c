/* Counting context switches by way of /proc. */
#include "os/turns.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/descendants.h"

struct count {
    uint64_t turns;
    size_t processes;
    bool awake;
};

/* Of one thread: the lines "State:", "voluntary_ctxt_switches:" and "nonvoluntary_ctxt_switches:" of its status. */
static bool count_thread(pid_t pid, const char *thread, struct count *count)
{
    char path[64];
    char line[256];
    snprintf(path, sizeof(path), "/proc/%ld/task/%.16s/status", (long)pid, thread);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    while (fgets(line, sizeof(line), file)) {
        const char *value = strchr(line, ':');
        if (value && !strncmp(line, "State:", strlen("State:")))
            count->awake |= value[strspn(value, ":\t ")] == 'R';
        else if (value && strstr(line, "ctxt_switches:"))
            count->turns += strtoull(value + 1, NULL, 10);
    }
    fclose(file);
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
