/* From the keys of an object to the attributes of its programs. */
#include "object/attributes.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "os/cgroup.h"
#include "scenario/spec.h"

/* Bits of CapEff in proc(5). */
#define CAPABILITY_SETGID (UINT64_C(1) << 6)
#define CAPABILITY_SETUID (UINT64_C(1) << 7)

#define GROUPS_FIRST 16

static const struct {
    size_t option; /* offset in struct attributes_spec */
    enum attribute attribute;
    int64_t unit;
} table[] = {
    {offsetof(struct attributes_spec, umask), ATTRIBUTE_UMASK, 1},
    {offsetof(struct attributes_spec, nice), ATTRIBUTE_NICE, 1},
    {offsetof(struct attributes_spec, limits.nofile), ATTRIBUTE_NOFILE, 1},
    {offsetof(struct attributes_spec, limits.nproc), ATTRIBUTE_NPROC, 1},
    {offsetof(struct attributes_spec, limits.core), ATTRIBUTE_CORE, 1},
    {offsetof(struct attributes_spec, limits.fsize), ATTRIBUTE_FSIZE, 1},
    {offsetof(struct attributes_spec, limits.stack), ATTRIBUTE_STACK, 1},
    {offsetof(struct attributes_spec, limits.as), ATTRIBUTE_AS, 1},
    {offsetof(struct attributes_spec, limits.cpu), ATTRIBUTE_CPU, NS_PER_S},
};

static void find_numbers(struct attributes *attributes, const struct attributes_spec *spec)
{
    for (size_t i = 0; i < countof(table); i++) {
        const struct option_spec *option =
            (const struct option_spec *)(const void *)((const char *)spec + table[i].option);
        bool none = option->value == OPTION_UNLIMITED;
        if (option->given)
            attributes_set(attributes, table[i].attribute,
                           none ? ATTRIBUTE_UNLIMITED : option->value / table[i].unit);
    }
}

static bool limits_memory(const struct attributes_spec *spec)
{
    return spec->limits.memory.given && spec->limits.memory.value != OPTION_UNLIMITED;
}

int attributes_limit_memory(struct attributes *attributes, const struct attributes_spec *spec,
                            const struct run *run, const char *name, struct cgroup **cgroup,
                            struct error *error)
{
    int64_t memory = spec->limits.memory.value;
    if (!limits_memory(spec))
        return 0;
    if (!run->cgroups) {
        bool less = attributes_given(attributes, ATTRIBUTE_AS) &&
                    attributes->values[ATTRIBUTE_AS] < memory;
        attributes_set(attributes, ATTRIBUTE_AS, less ? attributes->values[ATTRIBUTE_AS] : memory);
        return 0;
    }
    *cgroup = cgroup_new(run->cgroups, name, memory, error);
    if (!*cgroup)
        return error->code;
    attributes_set(attributes, ATTRIBUTE_MEMORY, memory);
    attributes_set_cgroup(attributes, cgroup_path(*cgroup));
    return 0;
}

void attributes_describe(const struct attributes_spec *spec, const struct run *run,
                         struct buf *text)
{
    const struct option_spec *cpu = &spec->limits.cpu;
    if (limits_memory(spec)) {
        size_print(text, (uint64_t)spec->limits.memory.value);
        if (run->cgroups)
            buf_text(text, " of memory, which its cgroup enforces");
        else
            buf_printf(text, " of address space for each process (RLIMIT_AS), as %s",
                       run->no_cgroups);
    }
    if (!cpu->given || cpu->value == OPTION_UNLIMITED)
        return;
    buf_text(text, text->length ? "; " : "");
    duration_print(text, cpu->value);
    buf_text(text, " of processor time for each process (RLIMIT_CPU)");
}

bool attributes_limit_any_memory(const struct scenario *scenario)
{
    bool any = false;
    for (size_t i = 0; i < scenario->process_count; i++)
        any = any || (scenario->processes[i].object.when &&
                      limits_memory(&scenario->processes[i].object.attributes));
    for (size_t i = 0; i < scenario->pool_count; i++)
        any = any || (scenario->pools[i].object.when &&
                      limits_memory(&scenario->pools[i].object.attributes));
    return any;
}

static bool is_number(const char *name, int64_t *number)
{
    char *end;
    *number = strtoll(name, &end, 10);
    return *name >= '0' && *name <= '9' && !*end;
}

const struct passwd *attributes_user(const struct attributes_spec *spec)
{
    int64_t number;
    if (!spec->user.name)
        return NULL;
    return is_number(spec->user.name, &number) ? getpwuid((uid_t)number)
                                               : getpwnam(spec->user.name);
}

static int find_group(const struct account_spec *account, int64_t *id, struct error *error)
{
    if (is_number(account->name, id))
        return 0;
    const struct group *group = getgrnam(account->name);
    if (!group)
        return error_set(error, ERROR_FAILED, "there is no group '%s' on this machine",
                         account->name);
    *id = group->gr_gid;
    return 0;
}

/* The groups that the user database gives USER, its main group GID among them. */
static void take_groups_of(struct attributes *attributes, const struct passwd *user, gid_t gid)
{
    int count = GROUPS_FIRST;
    gid_t *groups = mem_calloc((size_t)count, sizeof(*groups));
    while (getgrouplist(user->pw_name, gid, groups, &count) < 0) {
        free(groups);
        groups = mem_calloc((size_t)count, sizeof(*groups));
    }
    attributes->groups = groups;
    attributes->group_count = (size_t)count;
}

static int take_groups(struct attributes *attributes, const struct attributes_spec *spec,
                       struct error *error)
{
    attributes->groups = mem_calloc(spec->group_count + 1, sizeof(*attributes->groups));
    for (size_t i = 0; i < spec->group_count; i++) {
        int64_t id;
        int result = find_group(&spec->groups[i], &id, error);
        if (result)
            return result;
        attributes->groups[attributes->group_count++] = (gid_t)id;
    }
    return 0;
}

/* True where that is who parrun is already, so that nothing has to be given up. */
static bool is_own(const struct attributes *attributes, const struct attributes_spec *spec)
{
    return geteuid() && !spec->groups && !spec->group.name &&
           attributes->values[ATTRIBUTE_UID] == getuid() && getuid() == geteuid() &&
           attributes->values[ATTRIBUTE_GID] == getgid() && getgid() == getegid();
}

static int find_ids(const struct attributes_spec *spec, const struct passwd **user, int64_t *uid,
                    int64_t *gid, struct error *error)
{
    bool by_number = spec->user.name && is_number(spec->user.name, uid);
    *user = attributes_user(spec);
    if (spec->user.name && !*user && !by_number)
        return error_set(error, ERROR_FAILED, "there is no user '%s' on this machine",
                         spec->user.name);
    if (*user) {
        *uid = (*user)->pw_uid;
        *gid = (*user)->pw_gid;
    }
    if (spec->group.name)
        return find_group(&spec->group, gid, error);
    if (by_number && !*user)
        return error_set(error, ERROR_FAILED,
                         "no user of this machine has the number %s, so its group is not known; "
                         "say it with 'group'", spec->user.name);
    return 0;
}

static int find_rights(struct attributes *attributes, const struct attributes_spec *spec,
                       struct error *error)
{
    const struct passwd *user;
    int64_t uid = -1;
    int64_t gid = -1;
    int result = find_ids(spec, &user, &uid, &gid, error);
    if (result)
        return result;
    attributes->values[ATTRIBUTE_UID] = uid;
    attributes->values[ATTRIBUTE_GID] = gid;
    if (is_own(attributes, spec))
        return 0;
    if (uid >= 0)
        attributes_set(attributes, ATTRIBUTE_UID, uid);
    if (gid >= 0)
        attributes_set(attributes, ATTRIBUTE_GID, gid);
    attributes_set(attributes, ATTRIBUTE_GROUPS, 0);
    if (!spec->groups && user)
        take_groups_of(attributes, user, (gid_t)gid);
    else
        result = take_groups(attributes, spec, error);
    return result;
}

int attributes_find(struct attributes *attributes, const struct attributes_spec *spec,
                    struct error *error)
{
    find_numbers(attributes, spec);
    if (spec->user.name || spec->group.name || spec->groups)
        return find_rights(attributes, spec, error);
    return 0;
}

/* What this process may do beyond what its user may. */
static uint64_t own_capabilities(void)
{
    unsigned long long capabilities = 0;
    char line[256];
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof(line), status))
        if (sscanf(line, "CapEff: %llx", &capabilities) == 1)
            break;
    if (status)
        fclose(status);
    return capabilities;
}

static struct mark mark_of(const struct attributes_spec *spec)
{
    return spec->user.name ? spec->user.mark
           : spec->group.name ? spec->group.mark
           : spec->group_count ? spec->groups[0].mark
                               : (struct mark){0};
}

static void check_one(const struct object_spec *object, uint64_t capabilities,
                      struct diags *diags)
{
    const struct attributes_spec *spec = &object->attributes;
    struct attributes attributes = {0};
    struct error error = {0};
    struct mark mark = mark_of(spec);
    if (!mark.source)
        mark = object->mark;
    if (!object->when)
        return;
    if (attributes_find(&attributes, spec, &error)) {
        diag_error(diags, mark, NULL, "'%s': %s", object->name, error.text);
        error_release(&error);
    } else if ((attributes_given(&attributes, ATTRIBUTE_UID) &&
                !(capabilities & CAPABILITY_SETUID)) ||
               (attributes_given(&attributes, ATTRIBUTE_GROUPS) &&
                !(capabilities & CAPABILITY_SETGID))) {
        diag_error(diags, mark, "start parrun as root, or leave out user, group and groups",
                   "'%s': only root, or who has CAP_SETUID and CAP_SETGID, can run something as "
                   "another user or group, and parrun runs as user %u",
                   object->name, (unsigned)geteuid());
    }
    attributes_release(&attributes);
}

void attributes_check(const struct scenario *scenario, struct diags *diags)
{
    uint64_t capabilities = own_capabilities();
    for (size_t i = 0; i < scenario->process_count; i++)
        check_one(&scenario->processes[i].object, capabilities, diags);
    for (size_t i = 0; i < scenario->pool_count; i++)
        check_one(&scenario->pools[i].object, capabilities, diags);
}

bool attributes_spec_blame(const struct attributes_spec *spec, int signal, int code,
                           struct cgroup *cgroup, struct buf *text)
{
    struct attributes attributes = {0};
    struct program_end end = {
        .signal = signal,
        .code = code,
        .cpu = -1,
        .out_of_memory = cgroup && cgroup_met_limit(cgroup),
    };
    find_numbers(&attributes, spec);
    if (limits_memory(spec))
        attributes_set(&attributes, ATTRIBUTE_MEMORY, spec->limits.memory.value);
    return (signal || code) && attributes_blame(&attributes, &end, text);
}
