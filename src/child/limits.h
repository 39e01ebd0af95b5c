/* The attributes of an object's programs: what its keys ask for, found on this machine. */
#ifndef CHILD_LIMITS_H
#define CHILD_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "os/spawn_attributes.h"

struct attributes_spec;
struct buf;
struct cgroup;
struct diags;
struct error;
struct passwd;
struct run;
struct scenario;
struct script;

/*
 * Fills in what SPEC asks for, for attributes_release() in either case. 0, or a negative code: there
 * is no such user or group here.
 */
int attributes_find(struct attributes *attributes, const struct attributes_spec *spec,
                    struct error *error);

/*
 * Adds what holds for all processes of an object together: a cgroup called NAME at *CGROUP, for
 * cgroup_free(), with the limits on memory and processors as far as the run can have such. Where it
 * cannot, the memory is limited by the address space. ALWAYS: a cgroup to be ended by, where the run's
 * is marked as delegated. 0, or a negative code.
 */
int attributes_confine(struct attributes *attributes, const struct attributes_spec *spec,
                       const struct run *run, const char *name, bool always,
                       struct cgroup **cgroup, struct error *error);

/* Whether a limit of SPEC depends on the task. */
bool attributes_depend(const struct attributes_spec *spec);

/* Sets those in ATTRIBUTES as SCRIPT, which knows the task, works them out: ATTRIBUTE_MEMORY and ATTRIBUTE_CPUS too. 0, or a
 * negative code. */
int attributes_work_out(const struct attributes_spec *spec, struct script *script, struct attributes *attributes, struct error *error);

/* How the limits on memory and processors will be enforced, appended to TEXT; nothing where none is set. */
void attributes_describe(const struct attributes_spec *spec, const struct run *run,
                         struct buf *text);

/* What SPEC asks for, appended to TEXT for a person: "user nobody, nice 5, nofile 100"; nothing where
 * that is nothing. */
void attributes_plan(const struct attributes_spec *spec, struct buf *text);

/* The limit on memory of SPEC, or OWN (bytes; 0: none of its own), and how near a program came to it that held MEMORY bytes at most (0: not known),
 * appended to TEXT as "; memory limit 300M, highest 297M"; nothing where there is no such limit. */
void attributes_print_near(const struct attributes_spec *spec, const struct run *run, int64_t own, int64_t memory,
                           struct buf *text);

/* The controllers, a bit each, that limits of what is to run of the scenario need. */
unsigned attributes_controllers(const struct scenario *scenario);

/* Says on standard error for whom a limit on processors is not enforced, and why. */
void attributes_warn(const struct run *run);

/* The user whose rights are asked for, valid until the next call; NULL: none, or not known here. */
const struct passwd *attributes_user(const struct attributes_spec *spec);

/* Reports users and groups that are not there, and rights that parrun itself would need for them. */
void attributes_check(const struct scenario *scenario, struct diags *diags);

/* As attributes_blame(), for a program of SPEC whose time is not known; CGROUP may be NULL. */
bool attributes_spec_blame(const struct attributes_spec *spec, int signal, int code,
                           struct cgroup *cgroup, struct buf *text);

#endif
