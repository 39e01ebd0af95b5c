/* Affinity, and cpu.max or cpu.cfs_quota_us up the hierarchy. */
#include "os/cores.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

/* The hierarchy of cgroups that has the controller "cpu", and where in it this process is. */
struct hierarchy {
    char *name;  /* of the cgroup, as "/a/b" */
    char *point; /* where the hierarchy is mounted */
    char *root;  /* the cgroup that stands there */
    bool unified; /* version 2 */
};

/* True where WORD is in the LIST between commas. */
static bool lists(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (!strncmp(at, word, length) && (!at[length] || at[length] == ',' || at[length] == '\n'))
            return true;
    }
    return false;
}

/* Calls EACH with the lines of FILE, without their ends, until it says that it has what it wants. */
static bool scan(const char *file, bool (*each)(struct hierarchy *hierarchy, char *line),
                 struct hierarchy *hierarchy)
{
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    FILE *lines = fopen(file, "re");
    while (lines && !found && getline(&line, &room, lines) > 0) {
        line[strcspn(line, "\n")] = '\0';
        found = each(hierarchy, line);
    }
    if (lines)
        fclose(lines);
    free(line);
    return found;
}

/* "ID:CONTROLLERS:NAME"; of version 2 they are empty. */
static bool take_name(struct hierarchy *hierarchy, char *line)
{
    char *controllers = strchr(line, ':');
    char *name = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!name)
        return false;
    *name++ = '\0';
    bool unified = !controllers[1];
    if (!unified && !lists(controllers + 1, "cpu"))
        return false;
    free(hierarchy->name);
    hierarchy->name = strdup(name);
    hierarchy->unified = unified;
    return !unified; /* where version 1 has the controller, version 2 has not */
}

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS... - TYPE SOURCE OPTIONS" */
static bool take_mount(struct hierarchy *hierarchy, char *line)
{
    char *behind = strstr(line, " - ");
    char root[1024], point[1024], type[32], options[1024];
    if (!behind || sscanf(line, "%*s %*s %*s %1023s %1023s", root, point) != 2 ||
        sscanf(behind + 3, "%31s %*s %1023s", type, options) != 2)
        return false;
    if (hierarchy->unified ? strcmp(type, "cgroup2") != 0 : strcmp(type, "cgroup") != 0 || !lists(options, "cpu"))
        return false;
    hierarchy->root = strdup(root);
    hierarchy->point = strdup(point);
    return true;
}

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

static int64_t lowest_quota(const struct hierarchy *hierarchy)
{
    size_t above = strcmp(hierarchy->root, "/") ? strlen(hierarchy->root) : 0;
    struct buf path = {0};
    int64_t lowest = 0;
    buf_text(&path, hierarchy->point);
    if (!strncmp(hierarchy->name, hierarchy->root, above) && strcmp(hierarchy->name, "/"))
        buf_text(&path, hierarchy->name + above);
    for (size_t top = strlen(hierarchy->point); path.length >= top;) {
        int64_t quota = quota_at(buf_string(&path), hierarchy->unified);
        if (quota && (!lowest || quota < lowest))
            lowest = quota;
        const char *slash = strrchr(path.data, '/');
        buf_truncate(&path, slash ? (size_t)(slash - path.data) : 0);
        if (!path.length)
            break;
    }
    buf_release(&path);
    return lowest;
}

int64_t cores_of_quota(const char *cgroup, const char *mounts)
{
    struct hierarchy hierarchy = {0};
    int64_t quota = 0;
    scan(cgroup, take_name, &hierarchy);
    if (hierarchy.name && scan(mounts, take_mount, &hierarchy))
        quota = lowest_quota(&hierarchy);
    free(hierarchy.name);
    free(hierarchy.root);
    free(hierarchy.point);
    return quota;
}

int64_t cores_usable(void)
{
    cpu_set_t set;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t cores = sched_getaffinity(0, sizeof(set), &set) ? (online > 0 ? online : 1) : CPU_COUNT(&set);
    int64_t quota = cores_of_quota("/proc/self/cgroup", "/proc/self/mountinfo");
    return quota && quota < cores ? quota : cores;
}
