/* Looks at users, descriptors and pressure before a run begins. */
#include "cli/machine.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/diag.h"
#include "cli/complain.h"
#include "object/attributes.h"
#include "object/need.h"
#include "object/pool.h"
#include "scenario/spec.h"

bool machine_fits(const struct scenario *scenario, const struct mask *mask)
{
    struct diags *diags = diags_new();
    attributes_check(scenario, diags);
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
