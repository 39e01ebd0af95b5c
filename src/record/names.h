/* Names, one text each: equal ones have one address, as long as all of them are there. */
#ifndef RECORD_NAMES_H
#define RECORD_NAMES_H

#include <stddef.h>

struct names;

struct names *names_new(void);

/* NULL is accepted. */
void names_free(struct names *names);

/* The text of the name that LENGTH bytes are. */
const char *names_get(struct names *names, const char *bytes, size_t length);

#endif
