/* Raising the limit on open files, and giving it back in each child. */
#include "os/nofile.h"

#include <pthread.h>
#include <sys/resource.h>

/* Written once, before the first child: pthread_atfork(3) hands nothing to its functions. */
static struct rlimit before;

void nofile_restore(void)
{
    if (before.rlim_max)
        setrlimit(RLIMIT_NOFILE, &before);
}

void nofile_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
        return;
    before = limit;
    limit.rlim_cur = limit.rlim_max;
    if (!setrlimit(RLIMIT_NOFILE, &limit))
        pthread_atfork(NULL, NULL, nofile_restore);
}
