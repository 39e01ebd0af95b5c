/* The keys of a view: a table, from which its help is made too. */
#ifndef VIEW_KEYS_H
#define VIEW_KEYS_H

#include <stddef.h>
#include <stdint.h>

struct view_model;

#define KEYS_ALIKE 3

struct key_binding {
    uint32_t keys[KEYS_ALIKE]; /* characters, or of enum view_key; zeroes where there are fewer */
    const char *shown;
    const char *brief; /* in the last line of the screen; NULL: it is not there */
    const char *help;
    void (*act)(struct view_model *model, const struct key_binding *row);
    int number; /* these three are what ACT takes */
    const char *word;
    const char *value;
};

/* Row number I; NULL where there are no more. */
const struct key_binding *key_binding_at(size_t i);

#endif
