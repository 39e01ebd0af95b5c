/* Raising the limit on open files, and giving it back in each child. */
#include "os/nofile.h"

#include <sys/resource.h>

/* Written once, before the first child. */
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
    setrlimit(RLIMIT_NOFILE, &limit);
}
