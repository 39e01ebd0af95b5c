/* What a client is told of an object: a row of status. */
#ifndef SERVE_OBJECT_ROW_H
#define SERVE_OBJECT_ROW_H

struct buf;
struct call;
struct object;

/* Appends the object as an object of JSON, as parrun-control(7) says. */
void object_row_print(const struct call *call, struct object *object, struct buf *out);

#endif
