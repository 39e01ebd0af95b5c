/*
 * A guest: one connection to the door of a run. It speaks in frames (wire/request.h), one request after the other, as put and get
 * do; or its first bytes are none of a frame, and what it says is for a session (serve/session.h).
 *
 * A new request is a row in the table of guest.c with a function that reads its fields and then either
 * answers by guest_reply() or guest_refuse() at once, or calls guest_wait() and answers later, by the
 * same functions; until then the guest's next request waits.
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
struct reader;
struct run;
struct session;
struct taker;
struct timer;
struct writer;

/* What a request does to its queue: what a body must declare. */
enum guest_side {
    GUEST_PUTS,
    GUEST_TAKES,
};

struct guest {
    struct run *run;
    struct guest **list;
    struct guest *next;
    struct guest *previous;
    struct reader *reader;
    struct writer *writer;
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
    void (*cancel)(struct guest *guest); /* of a request that waits */

    struct queue *queue; /* of the request that waits */
    struct waiter waiter;
    struct buf message; /* of PUT: the encoded value */
    struct put_options options;
    struct taker *taker; /* of GET; NULL: none yet */
    size_t most;         /* messages that this asks for */
    struct buf held;     /* those that it has not said to be TAKEN, as taker_take_many() gave them */
    size_t held_count;
};

/* Takes a connection over, into LIST. */
void guest_new(struct run *run, struct guest **list, const int ends[2]);

/* Sends it away, without waiting for long until it has read what it was sent. */
void guest_let_go(struct guest *guest);

/* Sends it away at once: what it was busy with is undone. */
void guest_free(struct guest *guest);

/* Answers the request that is being served. */
void guest_reply(struct guest *guest, enum request type, const char *bytes, size_t length);

/* The same, once all that was put into durable queues by now is on the disk; the next requests are
 * served meanwhile. */
void guest_reply_kept(struct guest *guest, const char *bytes, size_t length);

/* The run's store has committed something. */
void guest_committed(struct guest *guest);

/* The run has ended: what the guest is busy with is undone, and it is sent away by ENDED. */
void guest_end(struct guest *guest);

/* Answers it by why it cannot be served, and sends the guest away. */
void guest_refuse(struct guest *guest, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sends it away without a reply: the run has ended. */
void guest_leave(struct guest *guest);

/*
 * The request is answered later. UNDO undoes it where the guest goes before, or where TIMEOUT ns
 * (negative: none) pass, which is answered here.
 */
void guest_wait(struct guest *guest, int64_t timeout, void (*undo)(struct guest *guest));

/* True where the run owes it nothing, and it nothing to the run: it may be sent away. */
bool guest_is_idle(const struct guest *guest);

/* True where it waits for a queue; fills WAIT. */
bool guest_waits(const struct guest *guest, struct part_wait *wait);

/* The queue that FRAME names next; NULL where there is none such: then it was refused. */
struct queue *guest_queue(struct guest *guest, struct frame *frame);

/* True where its body declares this use of QUEUE and goes on; otherwise it was refused. */
bool guest_may(struct guest *guest, const struct queue *queue, enum guest_side side);

/* guest_put.c */
void guest_put(struct guest *guest, struct frame *frame);

/* guest_get.c */
void guest_get(struct guest *guest, struct frame *frame);
void guest_taken(struct guest *guest, struct frame *frame);

/* guest_file.c */
void guest_purge(struct guest *guest, struct frame *frame);
void guest_requeue(struct guest *guest, struct frame *frame);

/* Gives back what the guest has not said to be taken, and frees its taker. */
void guest_return(struct guest *guest);

#endif
