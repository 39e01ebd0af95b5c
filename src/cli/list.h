/* What "parrun list" and "parrun vars" print. */
#ifndef CLI_LIST_H
#define CLI_LIST_H

struct buf;
struct scenario;

/* Appends kind, name and help of each object, a line each. */
void list_print(struct buf *out, const struct scenario *scenario);

/* Appends each variable that NAME=VALUE can replace, in that form, a line each. */
void vars_print(struct buf *out, const struct scenario *scenario);

#endif
