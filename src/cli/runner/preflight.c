/* Looks at users, descriptors and pressure before a run begins. */
#include "cli/runner/preflight.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/unit.h"
#include "child/limits.h"
#include "cli/runner/complain.h"
#include "cli/runner/descriptors.h"
#include "os/sysinfo.h"
#include "pool/pool.h"
#include "scenario/pool_most.h"

/* More than twice what the runner or a worker was seen to need. */
#define STACK_LEAST (256 << 10)

/* More memory is told in this. */
#define ROUND (INT64_C(1) << 30)

/* Of a throttle that no moment of this machine satisfies. */
static void check_memory(const struct pool_spec *pool, struct diags *diags)
{
    int64_t total = spare_memory_total();
    struct buf sizes = {0};
    if (!pool->object.when || total < 0 || pool->throttle->memory_free <= total)
        return;
    size_print(&sizes, (uint64_t)pool->throttle->memory_free);
    buf_text(&sizes, " free, and this machine has ");
    size_print(&sizes, (uint64_t)(total < ROUND ? total : total / ROUND * ROUND));
    diag_error(diags, pool->object.mark, NULL,
               "pool '%s' can never begin a task: its throttle wants %s", pool->object.name,
               sizes.data);
    buf_release(&sizes);
}

/* The option is for all pools, and each has a bound of its own. */
static void check_jobs(const struct pool_spec *pool, int64_t jobs, struct diags *diags)
{
    if (pool->object.when && jobs > pool_spec_most(pool))
        diag_error(diags, pool->object.mark, "more may be elsewhere, as 'on' says",
                   "pool '%s': %lld workers, as --jobs says, and on this machine a pool has at most %lld", pool->object.name,
                   (long long)jobs, (long long)pool_spec_most(pool));
}

bool machine_fits(const struct scenario *scenario, const struct mask *mask, int64_t jobs)
{
    struct diags *diags = diags_new();
    attributes_check(scenario, diags);
    for (size_t i = 0; i < scenario->pool_count; i++)
        check_memory(&scenario->pools[i], diags);
    for (size_t i = 0; i < scenario->pool_count; i++)
        check_jobs(&scenario->pools[i], jobs, diags);
    bool fine = !diags_count(diags);
    complain_diags(diags, mask);
    diags_free(diags);
    return fine;
}

bool machine_has_descriptors(const struct scenario *scenario, int64_t jobs)
{
    struct rlimit limit;
    size_t need = need_descriptors(scenario, jobs);
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= need)
        return true;
    bool enough = limit.rlim_cur >= NEED_LEAST;
    fprintf(stderr,
            "parrun: %s: up to %zu files may be open at once, and the system allows %llu (see "
            "ulimit -Hn)%s\n",
            enough ? "warning" : "error", need, (unsigned long long)limit.rlim_cur,
            enough ? "; what cannot be started for want of them fails" : "");
    return enough;
}

bool machine_has_stack(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur >= STACK_LEAST)
        return true;
    fprintf(stderr,
            "parrun: error: the system allows a stack of %llu KiB, and a run needs %d KiB (see ulimit "
            "-s)\n",
            (unsigned long long)limit.rlim_cur / 1024, STACK_LEAST / 1024);
    return false;
}

/* Without a pressure to look at, a throttle holds nothing back. */
void machine_warn(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->pool_count; i++) {
        const struct pool_spec *pool = &scenario->pools[i];
        const char *path = pool->object.when ? pool_missing_pressure(pool) : NULL;
        if (path)
            fprintf(stderr,
                    "parrun: warning: pool '%s' is not throttled by pressure: %s cannot be read; "
                    "Linux has it where psi=1 was given at its start\n",
                    pool->object.name, path);
    }
}
