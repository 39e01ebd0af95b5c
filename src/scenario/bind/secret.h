/* The values that are not to be seen, as they are met while a scenario is loaded. */
#ifndef SCENARIO_BIND_SECRET_H
#define SCENARIO_BIND_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

struct loader;

/* A name in 'secrets'. */
struct secret_name {
    const char *name;
    struct mark mark;
    bool met; /* something of that name has a value */
};

/* A variable that is marked as secret: from now on its value is masked; one too short is reported.
 */
void secret_add(struct loader *loader, struct mark mark, const char *name, const char *bytes,
                size_t length);

/* True where 'secrets' has NAME. */
bool secret_is_wanted(const struct loader *loader, const char *name);

/* A variable has a value: it is masked where 'secrets' has its name. */
void secret_met(struct loader *loader, const char *name, const char *bytes, size_t length);

/* Reports names in 'secrets' that nothing has. */
void secrets_check(struct loader *loader);

#endif
