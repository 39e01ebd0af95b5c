/* What the files that steer a run share: steer.c has the words, steer_turn.c brings about what they want. */
#ifndef ENGINE_STEER_PRIVATE_H
#define ENGINE_STEER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct object;
struct run;
struct steer_answer;
struct steer_request;

/* A request while it is checked and done. */
struct steering {
    struct run *run;
    const struct steer_request *request;
    struct object **objects; /* those that are meant, and behind NAMED those that follow from these */
    size_t count;
    size_t named;
    struct buf faults; /* lines */
    int code;          /* of those; 0: there is none */
};

/* Something is in the way of the request. */
void steering_fault(struct steering *steering, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a line to the answer; TEXT is owned by it. */
void steer_answer_add(struct steer_answer *answer, struct object *object, bool already, char *text);

/* steer_scale.c: checks the whole request, and where nothing is in its way does it. */
void steer_scale(struct steering *steering, struct steer_answer *answer);

/* steer_turn.c: brings about what words want, as far as it can be done now. */
void steer_advance(struct run *run);

/* steer_turn.c: the run is being stopped: what words have wanted holds no more. */
void steer_forget(struct run *run);

/* steer_turn.c: tasks that run now, of all pools. */
size_t steer_tasks(const struct run *run);

/* steer_watch.c: tells those who wait for what has come. */
void steer_look(struct run *run);

#endif
