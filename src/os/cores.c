/* Affinity, and cpu.max or cpu.cfs_quota_us up the hierarchy. */
#include "os/cores.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/hierarchy.h"

/* The numbers in FILE of the cgroup at PATH; false where there are not COUNT of them: "max" is none. */
static bool read_numbers(const char *path, const char *file, double *numbers, int count)
{
    struct buf name = {0};
    buf_printf(&name, "%s/%s", path, file);
    FILE *opened = fopen(name.data, "re");
    int found = 0;
    while (opened && found < count && fscanf(opened, "%lf", &numbers[found]) == 1)
        found++;
    if (opened)
        fclose(opened);
    buf_release(&name);
    return found == count;
}

/* Processors that the quota of one cgroup amounts to; 0: it has none. */
static int64_t quota_at(const char *path, bool unified)
{
    double numbers[2]; /* the time in each period, and the period */
    bool has = unified ? read_numbers(path, "cpu.max", numbers, 2)
                       : read_numbers(path, "cpu.cfs_quota_us", numbers, 1) &&
                             read_numbers(path, "cpu.cfs_period_us", numbers + 1, 1);
    if (!has || numbers[0] <= 0 || numbers[1] <= 0)
        return 0;
    double cores = numbers[0] / numbers[1];
    int64_t whole = cores < 1e6 ? (int64_t)cores : 1000000;
    return whole + (cores > (double)whole);
}

/* Of the cgroup at PATH and all above it, up to the mount. */
static int64_t lowest_quota(const char *path, const struct hierarchy *hierarchy)
{
    struct buf at = {0};
    size_t top = strlen(hierarchy->point);
    int64_t lowest = 0;
    buf_text(&at, path);
    for (;;) {
        int64_t quota = quota_at(buf_string(&at), hierarchy->unified);
        if (quota && (!lowest || quota < lowest))
            lowest = quota;
        const char *slash = strrchr(buf_string(&at), '/');
        if (!slash || (size_t)(slash - at.data) < top)
            break;
        buf_truncate(&at, (size_t)(slash - at.data));
    }
    buf_release(&at);
    return lowest;
}

int64_t cores_of_quota(const char *cgroup, const char *mounts)
{
    struct hierarchy hierarchy;
    hierarchy_find(&hierarchy, "cpu", cgroup, mounts);
    char *path = hierarchy_directory(&hierarchy);
    int64_t quota =
        hierarchy.point ? lowest_quota(path ? path : hierarchy.point, &hierarchy) : 0;
    free(path);
    hierarchy_release(&hierarchy);
    return quota;
}

static int64_t count_cores(void)
{
    cpu_set_t set;
    int64_t cores = sched_getaffinity(0, sizeof(set), &set) ? sysconf(_SC_NPROCESSORS_ONLN) : CPU_COUNT(&set);
    int64_t quota = cores_of_quota("/proc/self/cgroup", "/proc/self/mountinfo");
    if (cores < 1)
        cores = 1;
    return quota && quota < cores ? quota : cores;
}

int64_t cores_usable(void)
{
    static _Atomic int64_t counted; /* each pool of a file asks, and six files of the system are read for it */
    if (!counted)
        counted = count_cores();
    return counted;
}
