/* Looking at a thread that is to answer, by way of /proc. */
#include "os/hearing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/descendants.h"

/* So long a thread may take that gets the processor. */
#define MOMENT (800 * NS_PER_MS)

/* The state of the main thread and the processor time that it has used; false where that cannot be read. */
static bool read_thread(pid_t pid, char *state, int64_t *used)
{
    char path[64];
    char text[512];
    unsigned long user, system;
    if (!descendants_has_own_proc())
        return false;
    snprintf(path, sizeof(path), "/proc/%ld/task/%ld/stat", (long)pid, (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = '\0';
    const char *behind = strrchr(text, ')'); /* the program's name may hold anything */
    if (!behind ||
        sscanf(behind + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", state, &user, &system) != 3)
        return false;
    *used = (int64_t)(user + system) * (NS_PER_S / sysconf(_SC_CLK_TCK));
    return true;
}

void hearing_begin(struct hearing *hearing, pid_t pid)
{
    char state;
    *hearing = (struct hearing){.pid = pid, .left = MOMENT};
    read_thread(pid, &state, &hearing->used);
}

bool hearing_goes_on(struct hearing *hearing)
{
    char state = '\0';
    int64_t used = hearing->used;
    read_thread(hearing->pid, &state, &used);
    hearing->left -= state == 'R' ? used - hearing->used : HEARING_LOOK;
    hearing->used = used;
    return hearing->left > 0;
}
