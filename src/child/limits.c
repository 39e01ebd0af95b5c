/* From the keys of an object to the attributes of its programs. */
#include "child/limits.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "os/cgroup.h"
#include "scenario/spec.h"
#include "template/template.h"

#define CAPABILITY_SETGID (UINT64_C(1) << CAP_SETGID)
#define CAPABILITY_SETUID (UINT64_C(1) << CAP_SETUID)

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

static bool is_limit(const struct option_spec *option)
{
    return option->given && option->value != OPTION_UNLIMITED;
}

/* The limits for all processes of an object together, by the controllers that enforce them. */
static unsigned controllers_of(const struct attributes_spec *spec)
{
    unsigned controllers = 0;
    if (is_limit(&spec->limits.memory) || spec->limits.own_memory)
        controllers |= 1u << CGROUP_MEMORY;
    if (is_limit(&spec->limits.cpus))
        controllers |= 1u << CGROUP_CPU;
    return controllers;
}

static void limit_address_space(struct attributes *attributes, int64_t memory)
{
    bool less =
        attributes_given(attributes, ATTRIBUTE_AS) && attributes->values[ATTRIBUTE_AS] < memory;
    attributes_set(attributes, ATTRIBUTE_AS, less ? attributes->values[ATTRIBUTE_AS] : memory);
}

int attributes_confine(struct attributes *attributes, const struct attributes_spec *spec,
                       const struct run *run, const char *name, bool always,
                       struct cgroup **cgroup, struct error *error)
{
    struct cgroup_limits limits = {0};
    if (is_limit(&spec->limits.memory) && cgroups_limit(run->cgroups, CGROUP_MEMORY))
        limits.memory = spec->limits.memory.value;
    else if (is_limit(&spec->limits.memory))
        limit_address_space(attributes, spec->limits.memory.value);
    bool own = spec->limits.own_memory && cgroups_limit(run->cgroups, CGROUP_MEMORY);
    if (is_limit(&spec->limits.cpus) && cgroups_limit(run->cgroups, CGROUP_CPU))
        limits.cpu_share = spec->limits.cpus.value;
    if (!own && !limits.memory && !limits.cpu_share && !(always && cgroups_are_marked(run->cgroups)))
        return 0;
    *cgroup = cgroup_new(run->cgroups, name, &limits, error);
    if (!*cgroup)
        return error->code;
    if (limits.memory)
        attributes_set(attributes, ATTRIBUTE_MEMORY, limits.memory);
    attributes_set_cgroup(attributes, cgroup_path(*cgroup));
    return 0;
}

static void describe_memory(const struct limits_spec *limits, const struct run *run, struct buf *text)
{
    size_t length;
    const char *own = limits->own_memory ? template_source(limits->own_memory, &length) : NULL;
    if (own)
        buf_append(text, own, length);
    else
        size_print(text, (uint64_t)limits->memory.value);
    if (cgroups_limit(run->cgroups, CGROUP_MEMORY))
        buf_text(text, " of memory, which its cgroup enforces");
    else
        buf_printf(text, " of address space for each process (RLIMIT_AS), as %s",
                   buf_string(&run->no_cgroups[CGROUP_MEMORY]));
}

static void describe_processors(int64_t share, const struct run *run, struct buf *text)
{
    if (cgroups_limit(run->cgroups, CGROUP_CPU))
        buf_printf(text, "%g processor%s at once, which its cgroup enforces", (double)share / 1000,
                   share == 1000 ? "" : "s");
    else
        buf_printf(text, "all processors, as %s", buf_string(&run->no_cgroups[CGROUP_CPU]));
}

void attributes_describe(const struct attributes_spec *spec, const struct run *run,
                         struct buf *text)
{
    if (is_limit(&spec->limits.memory) || spec->limits.own_memory)
        describe_memory(&spec->limits, run, text);
    if (is_limit(&spec->limits.cpus)) {
        buf_text(text, text->length ? "; " : "");
        describe_processors(spec->limits.cpus.value, run, text);
    }
    if (!is_limit(&spec->limits.cpu))
        return;
    buf_text(text, text->length ? "; " : "");
    duration_print(text, spec->limits.cpu.value);
    buf_text(text, " of processor time for each process (RLIMIT_CPU)");
}

/* Whole megabytes, or kilobytes of what has no megabyte. */
static void print_about(int64_t bytes, struct buf *text)
{
    int shift = bytes >> 20 ? 20 : 10;
    size_print(text, (uint64_t)(bytes >> shift << shift));
}

void attributes_print_near(const struct attributes_spec *spec, const struct run *run, int64_t own, int64_t memory,
                           struct buf *text)
{
    bool whole = cgroups_limit(run->cgroups, CGROUP_MEMORY);
    if (!own && !is_limit(&spec->limits.memory))
        return;
    buf_text(text, "; memory limit ");
    size_print(text, (uint64_t)(own ? own : spec->limits.memory.value));
    buf_text(text, whole ? "" : " of address space");
    if (!memory)
        return;
    buf_text(text, ", highest ");
    print_about(memory, text);
    buf_text(text, whole ? "" : " resident");
}

unsigned attributes_controllers(const struct scenario *scenario)
{
    unsigned controllers = 0;
    for (size_t i = 0; i < scenario->process_count; i++)
        if (scenario->processes[i].object.when)
            controllers |= controllers_of(&scenario->processes[i].object.attributes);
    for (size_t i = 0; i < scenario->pool_count; i++)
        if (scenario->pools[i].object.when)
            controllers |= controllers_of(&scenario->pools[i].object.attributes);
    return controllers;
}

enum limit_unit { UNIT_NUMBER, UNIT_SIZE, UNIT_TIME, UNIT_OCTAL, UNIT_SHARE };

static const struct {
    const char *name;
    size_t option; /* offset in struct attributes_spec */
    enum limit_unit unit;
} planned[] = {
    {"nice", offsetof(struct attributes_spec, nice), UNIT_NUMBER},
    {"umask", offsetof(struct attributes_spec, umask), UNIT_OCTAL},
    {"nofile", offsetof(struct attributes_spec, limits.nofile), UNIT_NUMBER},
    {"nproc", offsetof(struct attributes_spec, limits.nproc), UNIT_NUMBER},
    {"core", offsetof(struct attributes_spec, limits.core), UNIT_SIZE},
    {"fsize", offsetof(struct attributes_spec, limits.fsize), UNIT_SIZE},
    {"stack", offsetof(struct attributes_spec, limits.stack), UNIT_SIZE},
    {"as", offsetof(struct attributes_spec, limits.as), UNIT_SIZE},
    {"memory", offsetof(struct attributes_spec, limits.memory), UNIT_SIZE},
    {"cpu", offsetof(struct attributes_spec, limits.cpu), UNIT_TIME},
    {"cpus", offsetof(struct attributes_spec, limits.cpus), UNIT_SHARE},
};

static void print_option(int64_t value, enum limit_unit unit, struct buf *text)
{
    if (value == OPTION_UNLIMITED)
        buf_text(text, "unlimited");
    else if (unit == UNIT_SIZE)
        size_print(text, (uint64_t)value);
    else if (unit == UNIT_TIME)
        duration_print(text, value);
    else if (unit == UNIT_OCTAL)
        buf_printf(text, "%03o", (unsigned)value);
    else if (unit == UNIT_SHARE)
        buf_printf(text, "%g", (double)value / 1000);
    else
        buf_number(text, value);
}

static void put_word(const char *head, const char *name, struct buf *text)
{
    buf_printf(text, "%s%s%s", text->length ? ", " : "", head, name);
}

void attributes_plan(const struct attributes_spec *spec, struct buf *text)
{
    if (spec->user.name)
        put_word("user ", spec->user.name, text);
    if (spec->group.name)
        put_word("group ", spec->group.name, text);
    for (size_t i = 0; i < spec->group_count; i++)
        put_word(i ? "" : "groups ", spec->groups[i].name, text);
    for (size_t i = 0; i < countof(planned); i++) {
        const struct option_spec *option =
            (const struct option_spec *)(const void *)((const char *)spec + planned[i].option);
        if (!option->given)
            continue;
        put_word(planned[i].name, " ", text);
        print_option(option->value, planned[i].unit, text);
    }
}

static void warn(const struct run *run, const struct object_spec *object)
{
    if (object->when && is_limit(&object->attributes.limits.cpus))
        fprintf(stderr, "parrun: warning: '%s' may use all processors: its limit cpus cannot be enforced, as %s\n",
                object->name, buf_string(&run->no_cgroups[CGROUP_CPU]));
}

void attributes_warn(const struct run *run)
{
    const struct scenario *scenario = run->scenario;
    if (cgroups_limit(run->cgroups, CGROUP_CPU))
        return;
    for (size_t i = 0; i < scenario->process_count; i++)
        warn(run, &scenario->processes[i].object);
    for (size_t i = 0; i < scenario->pool_count; i++)
        warn(run, &scenario->pools[i].object);
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

/* What this process may do beyond what its user may: a bit for each of capabilities(7). */
static uint64_t own_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &header, data))
        return 0;
    return data[0].effective | (uint64_t)data[1].effective << 32;
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
    if (is_limit(&spec->limits.memory))
        attributes_set(&attributes, ATTRIBUTE_MEMORY, spec->limits.memory.value);
    return (signal || code) && attributes_blame(&attributes, &end, text);
}
