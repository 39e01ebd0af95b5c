/*
 * A connection to the control socket of a run. It speaks in frames (wire/request.h), one request
 * after the other, as put and get do; or its first bytes are none of a frame, and what it says is
 * for a session (serve/session.h).
 *
 * A new request is a row in the table of connection.c with a function that reads its fields and
 * then either answers by connection_reply() or connection_refuse() at once, or calls
 * connection_wait() and answers later, by the same functions; until then the client's next request
 * waits.
 */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "queue/queue.h"
#include "wire/request.h"

struct desk;
struct object;
struct part_wait;
struct pipe_reader;
struct run;
struct session;
struct consumer;
struct timer;
struct pipe_writer;

/* What a request does to its queue: what a body must declare. */
enum connection_side {
    GUEST_PUTS,
    GUEST_TAKES,
};

/* A request about a queue that waits. */
struct connection_request {
    struct queue *queue; /* of the request that waits */
    struct waiter waiter;
    struct buf message; /* of PUT: the encoded value */
    struct put_options options;
    struct consumer *consumer; /* of GET; NULL: none yet */
    size_t most;         /* messages that this asks for */
    struct buf
        held; /* those that it has not said to be TAKEN, as consumer_receive_many() gave them */
    size_t held_count;
};

struct connection {
    struct run *run;
    struct connection **list;
    struct connection *next;
    struct connection *previous;
    struct pipe_reader *reader;
    struct pipe_writer *writer;
    struct buf owed; /* replies that wait for the disk, and those behind them */
    uint64_t moment; /* of the run's store: they are sent when it is reached */
    struct buf received;
    struct session *session;   /* it speaks JSON Lines; NULL: it does not, or has said nothing yet */
    bool known;                /* it has said HELLO */
    const struct object *body; /* of this run, that it runs in; NULL: none */
    bool serving;              /* requests are being taken from RECEIVED */
    bool busy;                 /* with a request that is not answered yet */
    bool leaving;              /* it is gone once the last reply is written */
    bool let_go;               /* nobody waits for it at the end */
    bool paused;               /* it has sent more than need be while it is busy */
    struct timer *timer;       /* of a request with a timeout; NULL: none yet */
    bool timed;                /* it has one */
    void (*cancel)(struct connection *connection); /* of a request that waits */

    struct connection_request request;
};

/* Takes a connection over, into LIST. */
void connection_new(struct run *run, struct connection **list, const int ends[2]);

/* Sends it away, without waiting for long until it has read what it was sent. */
void connection_let_go(struct connection *connection);

/* Sends it away at once: what it was busy with is undone. */
void connection_free(struct connection *connection);

/* Answers the request that is being served. */
void connection_reply(struct connection *connection, enum request type, const char *bytes,
                      size_t length);

/* The same, once all that was put into durable queues by now is on the disk; the next requests are
 * served meanwhile. */
void connection_reply_kept(struct connection *connection, const char *bytes, size_t length);

/* The run's store has committed something. */
void connection_committed(struct connection *connection);

/* The run has ended: what the client is busy with is undone, and it is sent away by ENDED. */
void connection_end(struct connection *connection);

/* Answers it by why it cannot be served, and sends the client away. */
void connection_refuse(struct connection *connection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sends it away without a reply: the run has ended. */
void connection_leave(struct connection *connection);

/*
 * The request is answered later. UNDO undoes it where the client goes before, or where TIMEOUT ns
 * (negative: none) pass, which is answered here.
 */
void connection_wait(struct connection *connection, int64_t timeout,
                     void (*undo)(struct connection *connection));

/* True where the run owes it nothing, and it nothing to the run: it may be sent away. */
bool connection_is_idle(const struct connection *connection);

/* True where it waits for a queue; fills WAIT. */
bool connection_waits(const struct connection *connection, struct part_wait *wait);

/* The queue that FRAME names next; NULL where there is none such: then it was refused. */
struct queue *connection_queue(struct connection *connection, struct frame *frame);

/* True where its body declares this use of QUEUE and goes on; otherwise it was refused. */
bool connection_may(struct connection *connection, const struct queue *queue,
                    enum connection_side side);

/* connection_put.c */
void connection_put(struct connection *connection, struct frame *frame);

/* connection_get.c */
void connection_get(struct connection *connection, struct frame *frame);
void connection_taken(struct connection *connection, struct frame *frame);

/* connection_store.c */
void connection_purge(struct connection *connection, struct frame *frame);
void connection_requeue(struct connection *connection, struct frame *frame);

/* Gives back what the client has not said to be taken, and frees its consumer. */
void connection_return(struct connection *connection);

#endif
