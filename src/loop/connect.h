/*
 * A connection made to see whether a service answers, closed again at once.
 *
 * Names are looked up in a thread of their own, so that a name server that does not answer holds
 * nothing up; numbers and localhost need no look-up.
 */
#ifndef LOOP_CONNECT_H
#define LOOP_CONNECT_H

struct dial;
struct loop;

struct dial_options {
    const char *host;    /* a name or a number; localhost is 127.0.0.1, then ::1 */
    const char *port;    /* digits */
    const char *path;    /* of a Unix socket, in place of host and port; NULL: none */
    const char *request; /* to be sent, for HTTP; NULL: a connection is enough */
};

/*
 * Called once. STATUS is 0 where the service answered: CODE is then the status of the HTTP answer,
 * 0 where nothing was requested. Else a negative errno; -EPROTO: what came was no HTTP answer.
 * -ENXIO: the host has no address. The dial is to be freed, also from within.
 */
typedef void dial_done(void *arg, int status, int code);

/* All strings are copied. */
struct dial *dial_new(struct loop *loop, const struct dial_options *options, dial_done *done,
                      void *arg);

/* The status of the HTTP answer as soon as it has come, though the rest has not; else 0. */
int dial_code(const struct dial *dial);

/* Ends it, whatever it is at; nothing is called any more. NULL is accepted. */
void dial_free(struct dial *dial);

#endif
