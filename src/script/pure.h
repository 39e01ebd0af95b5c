/* What the expressions of templates may use: the one table of their names. */
#ifndef SCRIPT_PURE_H
#define SCRIPT_PURE_H

#include <stddef.h>

/* The name of function or library number INDEX, NULL behind the last. */
const char *pure_name(size_t index);

#endif
