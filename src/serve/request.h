/* A request of a client, read by its row (serve/request_table.h) and served. */
#ifndef SERVE_REQUEST_H
#define SERVE_REQUEST_H

struct session;
struct value;

/* Serves the request that FIELDS, an object, are; what is none is answered so. */
void request_serve(struct session *session, const struct value *fields);

#endif
