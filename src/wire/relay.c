/* Connections whose bytes go through frames. */
#include "wire/relay.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/mem.h"
#include "loop/pipe.h"
#include "wire/frame.h"

/* Half as many again as the run's socket has clients. */
#define RELAYS_MOST 384
#define RELAYS_SHARE 6

struct relay {
    struct relay *next;
    struct relays *relays;
    uint32_t number;
    struct pipe_reader *reader;
    struct pipe_writer *writer;
    int64_t credit; /* bytes that may be read and sent */
    size_t owed;    /* that have come, and were not said to be written */
    bool read_all;  /* no more will be read */
    bool took_all;  /* no more will come */
};

size_t relays_most(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / RELAYS_SHARE > RELAYS_MOST)
        return RELAYS_MOST;
    return limit.rlim_cur / RELAYS_SHARE + 1;
}

static void tell(struct relay *relay, enum agent_frame type, const char *bytes, size_t length)
{
    slot_frame_bytes(relay->relays->frames, type, relay->number, bytes, length);
    relay->relays->sent(relay->relays->arg);
}

static void relay_free(struct relay *relay)
{
    struct relay **place = &relay->relays->first;
    while (*place != relay)
        place = &(*place)->next;
    *place = relay->next;
    relay->relays->count--;
    reader_free(relay->reader);
    writer_free(relay->writer);
    free(relay);
}

static void end(struct relay *relay)
{
    struct relays *relays = relay->relays;
    relay_free(relay);
    if (relays->gone)
        relays->gone(relays->arg);
}

static void break_off(struct relay *relay)
{
    tell(relay, FRAME_CLIENT_GONE, "", 0);
    end(relay);
}

static void watch(struct relay *relay)
{
    if (relay->credit > 0 && !relay->relays->held && !relay->read_all)
        reader_resume(relay->reader);
    else
        reader_pause(relay->reader);
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct relay *relay = arg;
    relay->credit -= (int64_t)length;
    tell(relay, FRAME_CLIENT, bytes, length);
    watch(relay);
}

/* Both directions are at their end, and all is written. */
static bool is_over(const struct relay *relay)
{
    return relay->read_all && relay->took_all && !writer_pending(relay->writer);
}

static void on_end(void *arg, int status)
{
    struct relay *relay = arg;
    if (status) {
        break_off(relay);
        return;
    }
    relay->read_all = true;
    tell(relay, FRAME_CLIENT, "", 0);
    if (is_over(relay))
        end(relay);
}

/* What was written makes room for more; told in few frames. */
static void tell_room(struct relay *relay)
{
    struct buf room = {0};
    frame_u32(&room, (uint32_t)relay->owed);
    relay->owed = 0;
    tell(relay, FRAME_CLIENT_ROOM, room.data, room.length);
    buf_release(&room);
}

static void on_drained(void *arg)
{
    struct relay *relay = arg;
    if (relay->took_all)
        shutdown(writer_fd(relay->writer), SHUT_WR);
    if (is_over(relay))
        end(relay);
    else if (!relay->took_all && relay->owed >= RELAY_WINDOW / 2)
        tell_room(relay);
}

static void on_failed(void *arg, int status)
{
    (void)status;
    break_off(arg);
}

void relay_add(struct relays *relays, uint32_t number, const int ends[2], int64_t credit)
{
    static const struct reader_callbacks reading = {.data = on_data, .end = on_end};
    static const struct writer_callbacks writing = {.drained = on_drained, .failed = on_failed};
    struct relay *relay = mem_calloc(1, sizeof(*relay));
    *relay = (struct relay){.next = relays->first, .relays = relays, .number = number, .credit = credit};
    relays->first = relay;
    relays->count++;
    relay->reader = reader_new(relays->loop, ends[0], &reading, relay);
    relay->writer = writer_new(relays->loop, ends[1], &writing, relay);
    watch(relay);
}

static void take_bytes(struct relay *relay, const struct frame *frame)
{
    if (frame->left) {
        relay->owed += frame->left;
        writer_put(relay->writer, frame->at, frame->left);
        return;
    }
    relay->took_all = true;
    if (!writer_pending(relay->writer))
        on_drained(relay);
}

void relay_take(struct relays *relays, uint32_t number, struct frame *frame)
{
    struct relay *relay = relays->first;
    while (relay && relay->number != number)
        relay = relay->next;
    if (!relay)
        return;
    if ((int)frame->type == FRAME_CLIENT_GONE) {
        end(relay);
    } else if ((int)frame->type == FRAME_CLIENT_ROOM) {
        relay->credit += frame_read_u32(frame);
        watch(relay);
    } else {
        take_bytes(relay, frame);
    }
}

void relays_hold(struct relays *relays, bool held)
{
    relays->held = held;
    for (struct relay *relay = relays->first; relay; relay = relay->next)
        watch(relay);
}

void relays_clear(struct relays *relays)
{
    while (relays->first)
        relay_free(relays->first);
}
