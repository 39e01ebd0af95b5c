/*
 * The frames between the runner and an agent: parrun on another machine, reached by the standard input and output
 * of a launcher's command (ssh, srun, docker exec, ...). The agent starts workers, and passes their frames on.
 *
 * Before its first frame the agent writes AGENT_MARK. What stands before that is a greeting: the words of shells and
 * login scripts on the way. The runner sends nothing before HELLO has come.
 *
 *     to the agent                          from the agent
 *     SETUP       struct agent_setup        HELLO        struct agent_hello
 *     SLOT_START  u32 slot                  SLOT_STARTED u32 slot, i64 pid
 *     SLOT        u32 slot, the rest are    SLOT         u32 slot, the rest are bytes of the worker's
 *                 bytes for the worker      SLOT_ERROR   u32 slot, the rest is of the worker's standard error
 *     SLOT_KILL   u32 slot                  SLOT_ENDED   u32 slot, u32 exit code, u32 signal; the last of a worker
 *                                           CLIENT_BEGIN u32 client (one has come to the socket of the agent's tasks)
 *     CLIENT      u32 client, bytes; none:  CLIENT       the same
 *                 the end of that direction
 *     CLIENT_ROOM u32 client, u32 bytes     CLIENT_ROOM  the same
 *                 that may be sent
 *     CLIENT_GONE u32 client                CLIENT_GONE  the same (nothing follows, in either direction)
 *     BEAT                                  BEAT
 *                                           UNABLE       bytes reason (it cannot go on, or that slot's worker
 *                                                        cannot be started)
 *                                           LEAVING      (it was told to end: what its workers run ends with it)
 *                                           NEWLINE      a newline, the last byte of all that is sent at once
 *
 * Both sides send a BEAT every AGENT_BEAT, and give the other up when nothing has come between AGENT_SILENT of their
 * own in a row: who was not run for a while, on a machine that has much to do, sends none and judges nobody. End of file
 * ends the agent, its workers and all that these have started.
 */
#ifndef WIRE_AGENT_H
#define WIRE_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/unit.h"
#include "wire/frame.h"

struct buf;

/* The argument that makes this program an agent. */
#define AGENT_ARGUMENT "--agent"

/* The same of a copy that was made for it: it removes its file. */
#define AGENT_BROUGHT_ARGUMENT "--brought-agent"

/* What begins the path of such a copy that a batch system has made, and what stands in that of all. */
#define AGENT_BROUGHT_AT "/tmp" AGENT_BROUGHT
#define AGENT_BROUGHT "/brought-"

/* What a shell there prints where the program is to come through it; the machine that it must be for follows, and a newline. */
#define AGENT_ASKS "parrun-asks-for-itself:"

#define AGENT_MARK "\x16parrun\x02\xfe" "agent\x03\xff"
#define AGENT_MARK_LENGTH (sizeof(AGENT_MARK) - 1)
_Static_assert(AGENT_MARK_LENGTH == 16, "long enough to stand in no greeting");

#define AGENT_VERSION 3
#define AGENT_BEAT (1 * NS_PER_S)
#define AGENT_SILENT 4

enum agent_frame {
    FRAME_AGENT_SETUP = FRAME_OF_AGENTS,
    FRAME_SLOT_START,
    FRAME_SLOT,
    FRAME_SLOT_KILL,
    FRAME_AGENT_BEAT,
    FRAME_AGENT_HELLO,
    FRAME_SLOT_STARTED,
    FRAME_SLOT_ERROR,
    FRAME_SLOT_ENDED,
    FRAME_AGENT_UNABLE,
    FRAME_AGENT_LEAVING,
    FRAME_AGENT_NEWLINE,
    FRAME_CLIENT_BEGIN,
    FRAME_CLIENT,
    FRAME_CLIENT_ROOM,
    FRAME_CLIENT_GONE,
};

/* Who an agent is. */
struct agent_hello {
    uint32_t version; /* AGENT_VERSION */
    char *program;    /* the version of parrun; the texts are from malloc() */
    char *host;
    char *job;        /* of Slurm; "": none */
    int64_t pid;
    int64_t left; /* ns until its job ends; 0: it does not know */
};

void agent_hello_write(struct buf *out, const struct agent_hello *hello);
void agent_hello_read(struct frame *frame, struct agent_hello *hello);
void agent_hello_release(struct agent_hello *hello);

/* What holds for all workers of an agent. */
struct agent_setup {
    const char *directory;          /* where they run; NULL: where the agent does */
    const char *socket;             /* PARRUN_SOCKET of the tasks; "": one of the agent, whose clients the runner serves */
    const char *attributes;         /* as os/spawn_attributes.h writes them; "": none */
    int64_t grace;                  /* ns that what its workers run has to end, when the agent is told to */
    const char *const *environment; /* "NAME=VALUE", COUNT of them: laid over the agent's own */
    size_t count;
};

void agent_setup_write(struct buf *out, const struct agent_setup *setup);

/* The strings borrow from copies in *HELD, which holds COUNT + 3 of them; the caller frees these and the list. */
void agent_setup_read(struct frame *frame, struct agent_setup *setup, char ***held);

/* A frame of a slot, without more. */
void slot_frame(struct buf *out, enum agent_frame type, uint32_t slot);

/* Appends LENGTH bytes of a slot's worker, or for it, as a frame of TYPE. */
void slot_frame_bytes(struct buf *out, enum agent_frame type, uint32_t slot, const char *bytes, size_t length);

/*
 * Looks for the mark in the LENGTH bytes that have come first: how many bytes stand before what follows it, with the
 * greeting's length in *GREETING; 0 where it has not come yet.
 */
size_t agent_find_mark(const char *bytes, size_t length, size_t *greeting);

#endif
