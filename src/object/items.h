/* Where a pool's tasks come from, one item at a time, read as they are needed. */
#ifndef OBJECT_ITEMS_H
#define OBJECT_ITEMS_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct error;
struct run;
struct items;
struct source_spec;

enum items_result {
    ITEMS_ONE, /* an encoded item was appended */
    ITEMS_WAIT, /* nothing there now: MORE(ARG) is called when there is */
    ITEMS_END,
    ITEMS_FAILED, /* ERROR says why: the file cannot be read on */
};

/* Opens the source. NULL with ERROR filled where its file cannot be opened. */
struct items *items_new(struct run *run, const struct source_spec *spec,
                          void (*more)(void *arg), void *arg, struct error *error);

/* The next item. */
enum items_result items_next(struct items *items, struct buf *encoded, struct error *error);

/* True where it is known already that no item will come but those that are there. */
bool items_are_complete(const struct items *items);

/* NULL is accepted. */
void items_free(struct items *items);

#endif
