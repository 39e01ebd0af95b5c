/*
 * Clients of the run's socket on another machine: each is a connection to the agent there and one of the runner to its own
 * socket, and a relay at both ends carries its bytes in frames (wire/agent.h). All that a client is told, and what bounds it, is
 * the socket's doing: a relay knows nothing of what it carries.
 *
 * Each side may have sent RELAY_WINDOW bytes, and what one read(2) brought beyond, that the other has not said to be written; it
 * reads no more until then. An end of either direction is passed on once what came before has been written.
 */
#ifndef WIRE_RELAY_H
#define WIRE_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/agent.h"

struct buf;
struct frame;
struct loop;
struct relay;

/* Bytes of a connection that may be under way, in each direction. */
#define RELAY_WINDOW ((int64_t)256 << 10)

/* One side's relays. */
struct relays {
    struct loop *loop;
    struct relay *first;
    size_t count;
    bool held;
    /* Appends to the frames that go to the other side, which SENT(ARG) sends. */
    struct buf *frames;
    void (*sent)(void *arg);
    /* There is one less; never from within a call of this header but relays_take(). NULL: nobody cares. */
    void (*gone)(void *arg);
    void *arg;
};

/* How many there may be at once: more than the run's socket lets in, so that it is who decides whom to send away; and with a lower
 * limit on open files their share of it. */
size_t relays_most(void);

/* Takes over the connection ENDS, one to read and one to write; both are non-blocking. CREDIT: bytes that may be sent at once. */
void relay_add(struct relays *relays, uint32_t number, const int ends[2], int64_t credit);

/* A frame of the other side, CLIENT, CLIENT_ROOM or CLIENT_GONE, behind its number. Of one that is not there it is passed over. */
void relay_take(struct relays *relays, uint32_t number, struct frame *frame);

/* Reads nothing more from the connections while HELD. */
void relays_hold(struct relays *relays, bool held);

/* Ends all connections, without a word to the other side. */
void relays_clear(struct relays *relays);

#endif
