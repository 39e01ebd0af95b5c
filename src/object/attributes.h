/* The attributes of an object's programs: what its keys ask for, found on this machine. */
#ifndef OBJECT_ATTRIBUTES_H
#define OBJECT_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "os/attributes.h"

struct attributes_spec;
struct buf;
struct diags;
struct error;
struct passwd;
struct scenario;

/*
 * Fills in what SPEC asks for, for attributes_release() in either case. 0, or a negative code: there
 * is no such user or group here.
 */
int attributes_find(struct attributes *attributes, const struct attributes_spec *spec,
                    struct error *error);

/* Of these, the limits alone. */
void attributes_find_limits(struct attributes *attributes, const struct attributes_spec *spec);

/* The user whose rights are asked for, valid until the next call; NULL: none, or not known here. */
const struct passwd *attributes_user(const struct attributes_spec *spec);

/* Reports users and groups that are not there, and rights that parrun itself would need for them. */
void attributes_check(const struct scenario *scenario, struct diags *diags);

/* As attributes_blame(), for a program of SPEC. */
bool attributes_spec_blame(const struct attributes_spec *spec, int signal, int code, int64_t cpu,
                           struct buf *text);

#endif
