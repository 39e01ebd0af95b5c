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
#include "scenario/limit_value.h"
#include "scenario/spec.h"
#include "scenario/types.h"
#include "template/template.h"

#define CAPABILITY_SETGID (UINT64_C(1) << CAP_SETGID)
#define CAPABILITY_SETUID (UINT64_C(1) << CAP_SETUID)

#define GROUPS_FIRST 16

/* What there is to set by numbers, in the order in which it is told. */
static const struct {
    const char *name;
    size_t option; /* offset in struct attributes_spec */
    enum attribute attribute;
    enum limit_unit unit;
    bool is_mask; /* octal */
} numbers[] = {
    {"nice", offsetof(struct attributes_spec, nice), ATTRIBUTE_NICE, LIMIT_NUMBER, false},
    {"umask", offsetof(struct attributes_spec, umask), ATTRIBUTE_UMASK, LIMIT_NUMBER, true},
    {"nofile", offsetof(struct attributes_spec, limits.nofile), ATTRIBUTE_NOFILE, LIMIT_NUMBER, false},
    {"nproc", offsetof(struct attributes_spec, limits.nproc), ATTRIBUTE_NPROC, LIMIT_NUMBER, false},
    {"core", offsetof(struct attributes_spec, limits.core), ATTRIBUTE_CORE, LIMIT_SIZE, false},
    {"fsize", offsetof(struct attributes_spec, limits.fsize), ATTRIBUTE_FSIZE, LIMIT_SIZE, false},
    {"stack", offsetof(struct attributes_spec, limits.stack), ATTRIBUTE_STACK, LIMIT_SIZE, false},
    {"as", offsetof(struct attributes_spec, limits.as), ATTRIBUTE_AS, LIMIT_SIZE, false},
    {"memory", offsetof(struct attributes_spec, limits.memory), ATTRIBUTE_MEMORY, LIMIT_SIZE, false},
    {"cpu", offsetof(struct attributes_spec, limits.cpu), ATTRIBUTE_CPU, LIMIT_TIME, false},
    {"cpus", offsetof(struct attributes_spec, limits.cpus), ATTRIBUTE_CPUS, LIMIT_SHARE, false},
};

static const struct option_spec *option_at(const struct attributes_spec *spec, size_t number)
{
    return (const struct option_spec *)(const void *)((const char *)spec + numbers[number].option);
}

static void set_number(struct attributes *attributes, size_t number, int64_t value)
{
    bool none = value == OPTION_UNLIMITED;
    int64_t unit = numbers[number].unit == LIMIT_TIME ? NS_PER_S : 1;
    attributes_set(attributes, numbers[number].attribute, none ? ATTRIBUTE_UNLIMITED : value / unit);
}

/* Memory and processors are what all processes of it may use together: see attributes_confine(). */
static void find_numbers(struct attributes *attributes, const struct attributes_spec *spec)
{
    for (size_t i = 0; i < countof(numbers); i++) {
        const struct option_spec *option = option_at(spec, i);
        if (option->given && numbers[i].attribute != ATTRIBUTE_MEMORY && numbers[i].attribute != ATTRIBUTE_CPUS)
            set_number(attributes, i, option->value);
    }
}

bool attributes_depend(const struct attributes_spec *spec)
{
    for (size_t i = 0; i < countof(numbers); i++)
        if (option_at(spec, i)->own)
            return true;
    return false;
}

/* What no program can do with at all. */
static bool is_too_little(enum attribute attribute, int64_t value)
{
    return attribute == ATTRIBUTE_MEMORY ? value < (int64_t)MEMORY_LEAST : (attribute == ATTRIBUTE_AS || attribute == ATTRIBUTE_STACK) && !value;
}

static int work_out(size_t number, const char *text, struct attributes *attributes, struct error *error)
{
    int64_t value;
    if (!limit_parse(numbers[number].unit, text, &value))
        return error_set(error, ERROR_FAILED, "limits.%s: '%s' is not %s", numbers[number].name, text, limit_wording(numbers[number].unit));
    if (is_too_little(numbers[number].attribute, value))
        return error_set(error, ERROR_FAILED, "limits.%s: '%s' is in bytes, with which no program can do: write a size such as 512M",
                         numbers[number].name, text);
    set_number(attributes, number, value);
    return 0;
}

int attributes_work_out(const struct attributes_spec *spec, struct script *script, struct attributes *attributes, struct error *error)
{
    struct buf text = {0};
    int result = 0;
    for (size_t i = 0; i < countof(numbers) && !result; i++) {
        const struct option_spec *option = option_at(spec, i);
        if (!option->own)
            continue;
        buf_clear(&text);
        result = template_render(option->own, script, &text, error);
        result = result ? error_wrap(error, "limits.%s", numbers[i].name) : work_out(i, buf_string(&text), attributes, error);
    }
    buf_release(&text);
    return result;
}

static bool is_limit(const struct option_spec *option)
{
    return option->given && option->value != OPTION_UNLIMITED;
}

/* The limits for all processes of an object together, by the controllers that enforce them. */
static unsigned controllers_of(const struct attributes_spec *spec)
{
    unsigned controllers = 0;
    if (is_limit(&spec->limits.memory) || spec->limits.memory.own)
        controllers |= 1u << CGROUP_MEMORY;
    if (is_limit(&spec->limits.cpus) || spec->limits.cpus.own)
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
    if (is_limit(&spec->limits.memory) && cgroups_limit(run->machine.cgroups, CGROUP_MEMORY))
        limits.memory = spec->limits.memory.value;
    else if (is_limit(&spec->limits.memory))
        limit_address_space(attributes, spec->limits.memory.value);
    bool own = (spec->limits.memory.own && cgroups_limit(run->machine.cgroups, CGROUP_MEMORY)) ||
               (spec->limits.cpus.own && cgroups_limit(run->machine.cgroups, CGROUP_CPU));
    if (is_limit(&spec->limits.cpus) && cgroups_limit(run->machine.cgroups, CGROUP_CPU))
        limits.cpu_share = spec->limits.cpus.value;
    if (!own && !limits.memory && !limits.cpu_share && !(always && cgroups_are_marked(run->machine.cgroups)))
        return 0;
    *cgroup = cgroup_new(run->machine.cgroups, name, &limits, error);
    if (!*cgroup)
        return error->code;
    if (limits.memory)
        attributes_set(attributes, ATTRIBUTE_MEMORY, limits.memory);
    attributes_set_cgroup(attributes, cgroup_path(*cgroup));
    return 0;
}

/* As it was written, where it depends on the task. */
static bool print_own(const struct option_spec *option, struct buf *text)
{
    size_t length;
    const char *own = option->own ? template_source(option->own, &length) : NULL;
    if (own)
        buf_append(text, own, length);
    return own != NULL;
}

static void describe_memory(const struct option_spec *memory, const struct run *run, struct buf *text)
{
    if (!print_own(memory, text))
        size_print(text, (uint64_t)memory->value);
    if (cgroups_limit(run->machine.cgroups, CGROUP_MEMORY))
        buf_text(text, " of memory, which its cgroup enforces");
    else
        buf_printf(text, " of address space for each process (RLIMIT_AS), as %s",
                   buf_string(&run->machine.no_cgroups[CGROUP_MEMORY]));
}

static void describe_processors(const struct option_spec *cpus, const struct run *run, struct buf *text)
{
    if (!cgroups_limit(run->machine.cgroups, CGROUP_CPU)) {
        buf_printf(text, "all processors, as %s", buf_string(&run->machine.no_cgroups[CGROUP_CPU]));
        return;
    }
    if (!print_own(cpus, text))
        buf_printf(text, "%g", (double)cpus->value / 1000);
    buf_printf(text, " processor%s at once, which its cgroup enforces", !cpus->own && cpus->value == 1000 ? "" : "s");
}

void attributes_describe(const struct attributes_spec *spec, const struct run *run,
                         struct buf *text)
{
    if (is_limit(&spec->limits.memory) || spec->limits.memory.own)
        describe_memory(&spec->limits.memory, run, text);
    if (is_limit(&spec->limits.cpus) || spec->limits.cpus.own) {
        buf_text(text, text->length ? "; " : "");
        describe_processors(&spec->limits.cpus, run, text);
    }
    if (!is_limit(&spec->limits.cpu) && !spec->limits.cpu.own)
        return;
    buf_text(text, text->length ? "; " : "");
    if (!print_own(&spec->limits.cpu, text))
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
    bool whole = cgroups_limit(run->machine.cgroups, CGROUP_MEMORY);
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
            controllers |= controllers_of(scenario->processes[i].object.attributes);
    for (size_t i = 0; i < scenario->pool_count; i++)
        if (scenario->pools[i].object.when)
            controllers |= controllers_of(scenario->pools[i].object.attributes);
    return controllers;
}

static void print_option(int64_t value, size_t number, struct buf *text)
{
    enum limit_unit unit = numbers[number].unit;
    if (value == OPTION_UNLIMITED)
        buf_text(text, "unlimited");
    else if (unit == LIMIT_SIZE)
        size_print(text, (uint64_t)value);
    else if (unit == LIMIT_TIME)
        duration_print(text, value);
    else if (numbers[number].is_mask)
        buf_printf(text, "%03o", (unsigned)value);
    else if (unit == LIMIT_SHARE)
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
    for (size_t i = 0; i < countof(numbers); i++) {
        const struct option_spec *option = option_at(spec, i);
        if (!option->given && !option->own)
            continue;
        put_word(numbers[i].name, " ", text);
        if (!print_own(option, text))
            print_option(option->value, i, text);
    }
}

static void warn(const struct run *run, const struct object_spec *object)
{
    const struct option_spec *cpus = &object->attributes->limits.cpus;
    if (object->when && (is_limit(cpus) || cpus->own))
        fprintf(stderr, "parrun: warning: '%s' may use all processors: its limit cpus cannot be enforced, as %s\n",
                object->name, buf_string(&run->machine.no_cgroups[CGROUP_CPU]));
}

void attributes_warn(const struct run *run)
{
    const struct scenario *scenario = run->scenario;
    if (cgroups_limit(run->machine.cgroups, CGROUP_CPU))
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
    const struct attributes_spec *spec = object->attributes;
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
