/* Names, one text each: equal ones have one address, as long as all of them are there. */
#ifndef RECORD_NAMES_H
#define RECORD_NAMES_H

#include <stddef.h>

struct interned_names;

struct interned_names *names_new(void);

/* NULL is accepted. */
void names_free(struct interned_names *names);

/* The text of the name that LENGTH bytes are. */
const char *names_get(struct interned_names *names, const char *bytes, size_t length);

#endif
