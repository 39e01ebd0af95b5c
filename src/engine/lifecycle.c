/* The lifecycle table. */
#include "engine/lifecycle.h"

static const struct transition table[OBJECT_STATES][HAPPENINGS] =
    {
        [OBJECT_PENDING] =
            {
                [HAPPENING_START] = {ACTION_START, OBJECT_RUNNING},
                [HAPPENING_STOP] = {ACTION_SKIP, OBJECT_ENDED},
                [HAPPENING_KILL] = {ACTION_SKIP, OBJECT_ENDED},
                [HAPPENING_REST] = {ACTION_NEVER, OBJECT_PENDING},
                [HAPPENING_GONE] = {ACTION_NEVER, OBJECT_PENDING},
                [HAPPENING_LOWER] = {ACTION_DOWN, OBJECT_STOPPED},
                [HAPPENING_DOWN] = {ACTION_NEVER, OBJECT_PENDING},
                [HAPPENING_RAISE] = {ACTION_IGNORE, OBJECT_PENDING},
            },
        [OBJECT_RUNNING] =
            {
                [HAPPENING_START] = {ACTION_NEVER, OBJECT_RUNNING},
                [HAPPENING_STOP] = {ACTION_STOP, OBJECT_STOPPING},
                [HAPPENING_KILL] = {ACTION_KILL, OBJECT_KILLING},
                [HAPPENING_REST] = {ACTION_REST, OBJECT_RESTING},
                [HAPPENING_GONE] = {ACTION_FINISH, OBJECT_ENDED},
                [HAPPENING_LOWER] = {ACTION_STOP, OBJECT_STOPPING},
                [HAPPENING_DOWN] = {ACTION_DOWN, OBJECT_STOPPED},
                [HAPPENING_RAISE] = {ACTION_IGNORE, OBJECT_RUNNING},
            },
        [OBJECT_RESTING] =
            {
                [HAPPENING_START] = {ACTION_START, OBJECT_RUNNING},
                [HAPPENING_STOP] = {ACTION_SETTLE, OBJECT_STOPPING},
                [HAPPENING_KILL] = {ACTION_SETTLE, OBJECT_KILLING},
                [HAPPENING_REST] = {ACTION_NEVER, OBJECT_RESTING},
                [HAPPENING_GONE] = {ACTION_NEVER, OBJECT_RESTING},
                [HAPPENING_LOWER] = {ACTION_CANCEL, OBJECT_STOPPED},
                [HAPPENING_DOWN] = {ACTION_NEVER, OBJECT_RESTING},
                [HAPPENING_RAISE] = {ACTION_CANCEL, OBJECT_PENDING},
            },
        [OBJECT_STOPPING] =
            {
                [HAPPENING_START] = {ACTION_NEVER, OBJECT_STOPPING},
                [HAPPENING_STOP] = {ACTION_IGNORE, OBJECT_STOPPING},
                [HAPPENING_KILL] = {ACTION_KILL, OBJECT_KILLING},
                [HAPPENING_REST] = {ACTION_NEVER, OBJECT_STOPPING},
                [HAPPENING_GONE] = {ACTION_FINISH, OBJECT_ENDED},
                [HAPPENING_LOWER] = {ACTION_IGNORE, OBJECT_STOPPING},
                [HAPPENING_DOWN] = {ACTION_DOWN, OBJECT_STOPPED},
                [HAPPENING_RAISE] = {ACTION_IGNORE, OBJECT_STOPPING},
            },
        [OBJECT_KILLING] =
            {
                [HAPPENING_START] = {ACTION_NEVER, OBJECT_KILLING},
                [HAPPENING_STOP] = {ACTION_IGNORE, OBJECT_KILLING},
                [HAPPENING_KILL] = {ACTION_IGNORE, OBJECT_KILLING},
                [HAPPENING_REST] = {ACTION_NEVER, OBJECT_KILLING},
                [HAPPENING_GONE] = {ACTION_FINISH, OBJECT_ENDED},
                [HAPPENING_LOWER] = {ACTION_IGNORE, OBJECT_KILLING},
                [HAPPENING_DOWN] = {ACTION_DOWN, OBJECT_STOPPED},
                [HAPPENING_RAISE] = {ACTION_IGNORE, OBJECT_KILLING},
            },
        [OBJECT_STOPPED] =
            {
                [HAPPENING_START] = {ACTION_NEVER, OBJECT_STOPPED},
                [HAPPENING_STOP] = {ACTION_STOP, OBJECT_STOPPING},
                [HAPPENING_KILL] = {ACTION_KILL, OBJECT_KILLING},
                [HAPPENING_REST] = {ACTION_NEVER, OBJECT_STOPPED},
                [HAPPENING_GONE] = {ACTION_NEVER, OBJECT_STOPPED},
                [HAPPENING_LOWER] = {ACTION_IGNORE, OBJECT_STOPPED},
                [HAPPENING_DOWN] = {ACTION_NEVER, OBJECT_STOPPED},
                [HAPPENING_RAISE] = {ACTION_AWAIT, OBJECT_PENDING},
            },
        [OBJECT_ENDED] =
            {
                [HAPPENING_START] = {ACTION_IGNORE, OBJECT_ENDED},
                [HAPPENING_STOP] = {ACTION_IGNORE, OBJECT_ENDED},
                [HAPPENING_KILL] = {ACTION_IGNORE, OBJECT_ENDED},
                [HAPPENING_REST] = {ACTION_NEVER, OBJECT_ENDED},
                [HAPPENING_GONE] = {ACTION_NEVER, OBJECT_ENDED},
                [HAPPENING_LOWER] = {ACTION_IGNORE, OBJECT_ENDED},
                [HAPPENING_DOWN] = {ACTION_NEVER, OBJECT_ENDED},
                [HAPPENING_RAISE] = {ACTION_AWAIT, OBJECT_PENDING},
            },
};

struct transition lifecycle(enum object_state state, enum happening happening)
{
    return table[state][happening];
}
