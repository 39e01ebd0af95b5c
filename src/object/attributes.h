/* The attributes of an object's programs: what its keys ask for, found on this machine. */
#ifndef OBJECT_ATTRIBUTES_H
#define OBJECT_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "os/attributes.h"

struct attributes_spec;
struct buf;
struct cgroup;
struct diags;
struct error;
struct passwd;
struct run;
struct scenario;

/*
 * Fills in what SPEC asks for, for attributes_release() in either case. 0, or a negative code: there
 * is no such user or group here.
 */
int attributes_find(struct attributes *attributes, const struct attributes_spec *spec,
                    struct error *error);

/*
 * Adds the limit on memory: a cgroup called NAME at *CGROUP, for cgroup_free(), where the run can
 * make cgroups, else a limit on the address space. 0, or a negative code.
 */
int attributes_limit_memory(struct attributes *attributes, const struct attributes_spec *spec,
                            const struct run *run, const char *name, struct cgroup **cgroup,
                            struct error *error);

/* How the limits on memory and cpu will be enforced, appended to TEXT; nothing where none is set. */
void attributes_describe(const struct attributes_spec *spec, const struct run *run,
                         struct buf *text);

/* True where something of the scenario that is to run has a limit on its memory. */
bool attributes_limit_any_memory(const struct scenario *scenario);

/* The user whose rights are asked for, valid until the next call; NULL: none, or not known here. */
const struct passwd *attributes_user(const struct attributes_spec *spec);

/* Reports users and groups that are not there, and rights that parrun itself would need for them. */
void attributes_check(const struct scenario *scenario, struct diags *diags);

/* As attributes_blame(), for a program of SPEC whose time is not known; CGROUP may be NULL. */
bool attributes_spec_blame(const struct attributes_spec *spec, int signal, int code,
                           struct cgroup *cgroup, struct buf *text);

#endif
