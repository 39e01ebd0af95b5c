/* The schema table. A new key is a new row in keys/; a new kind of value is a row in types.h too. */
#include "scenario/schema.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "scenario/spec.h"
#include "scenario/types.h"

#define IN(block, structure, member)                                                               \
    {                                                                                              \
        BLOCK_##block, offsetof(struct structure, member), 0, 0, 0                                 \
    }
#define LIST_IN(block, structure, member)                                                          \
    {                                                                                              \
        BLOCK_##block, offsetof(struct structure, member##s),                                      \
            offsetof(struct structure, member##_count), 0, 0                                       \
    }
#define COUNTED(block, structure, member, number)                                                  \
    {                                                                                              \
        BLOCK_##block, offsetof(struct structure, member), offsetof(struct structure, number), 0, 0 \
    }

/* A part that is pointed to, and members of one. */
#define PART_TYPE(structure, part) __typeof__(*((struct structure *)0)->part)
#define PART(block, structure, part)                                                               \
    {                                                                                              \
        BLOCK_##block, 0, 0, offsetof(struct structure, part), sizeof(PART_TYPE(structure, part))  \
    }
#define IN_PART(block, structure, part, member)                                                    \
    {                                                                                              \
        BLOCK_##block, offsetof(PART_TYPE(structure, part), member), 0,                            \
            offsetof(struct structure, part), sizeof(PART_TYPE(structure, part))                   \
    }
#define COUNTED_IN_PART(block, structure, part, member, number)                                    \
    {                                                                                              \
        BLOCK_##block, offsetof(PART_TYPE(structure, part), member),                               \
            offsetof(PART_TYPE(structure, part), number), offsetof(struct structure, part),        \
            sizeof(PART_TYPE(structure, part))                                                     \
    }

/* The object_spec comes first in what these blocks fill in, so its members have one offset. */
#define IN_OBJECTS(member)                                                                         \
    {                                                                                              \
        IN(PROCESS, object_spec, member), IN(POOL, object_spec, member),                           \
            IN(THREAD, object_spec, member)                                                        \
    }
#define IN_OBJECTS_AND_HOOKS(member)                                                               \
    {                                                                                              \
        IN(PROCESS, object_spec, member), IN(POOL, object_spec, member),                           \
            IN(THREAD, object_spec, member), IN(HOOK, object_spec, member)                         \
    }
#define COUNTED_IN_OBJECTS_AND_HOOKS(member)                                                       \
    {                                                                                              \
        COUNTED(PROCESS, object_spec, member, member##_count),                                     \
            COUNTED(POOL, object_spec, member, member##_count),                                    \
            COUNTED(THREAD, object_spec, member, member##_count),                                  \
            COUNTED(HOOK, object_spec, member, member##_count)                                     \
    }
#define COUNTED_IN_OBJECTS(member)                                                                 \
    {                                                                                              \
        COUNTED(PROCESS, object_spec, member, member##_count),                                     \
            COUNTED(POOL, object_spec, member, member##_count),                                    \
            COUNTED(THREAD, object_spec, member, member##_count)                                   \
    }

/* These fill in the block's whole struct. */
#define IN_PROBES                                                                                  \
    {                                                                                              \
        {.block = BLOCK_READY}, {.block = BLOCK_HEALTH}                                               \
    }

_Static_assert(offsetof(struct process_spec, object) == 0, "process_spec begins with its object");
_Static_assert(offsetof(struct pool_spec, object) == 0, "pool_spec begins with its object");
_Static_assert(offsetof(struct thread_spec, object) == 0, "thread_spec begins with its object");

static const struct block_info blocks[BLOCK_COUNT] = {
    [BLOCK_SCENARIO] = {"scenario", "the scenario", false, NULL},
    [BLOCK_LOG] = {"log", "'log'", false, NULL},
    [BLOCK_QUEUE] = {"queue", "a queue", true, NULL},
    [BLOCK_PROCESS] = {"process", "a process", true, "has no body: nothing says what it runs"},
    [BLOCK_POOL] = {"pool", "a pool", true, "has no body: nothing says what it runs"},
    [BLOCK_THREAD] = {"thread", "a thread", true, "has no body: nothing says what it runs"},
    [BLOCK_HOOK] = {"hook", "a hook", false, "has no body: nothing says what it runs"},
    [BLOCK_STOP] = {"stop", "'stop'", false, NULL},
    [BLOCK_STREAM] = {"stream", "a stream", false, "does not say where the stream leads"},
    [BLOCK_TASKS] = {"tasks", "'tasks'", false, "does not say where the tasks come from"},
    [BLOCK_LUA] = {"lua", "'lua'", false, "has no chunk"},
    [BLOCK_COPROCESS] = {"coprocess", "'coprocess'", false, NULL},
    [BLOCK_RETRY] = {"retry", "'retry'", false, NULL},
    [BLOCK_WORKERS] = {"workers", "'workers'", false, NULL},
    [BLOCK_BATCH] = {"batch", "'batch'", false, NULL},
    [BLOCK_HALT] = {"halt", "'halt'", false, NULL},
    [BLOCK_ON] = {"on", "'on'", false, "does not say how a worker is started"},
    [BLOCK_SLURM] = {"slurm", "'slurm'", false, NULL},
    [BLOCK_THROTTLE] = {"throttle", "'throttle'", false, NULL},
    [BLOCK_PRESSURE] = {"pressure", "'pressure'", false, NULL},
    [BLOCK_LIMITS] = {"limits", "'limits'", false, NULL},
    [BLOCK_RESULTS] = {"results", "'results'", false, "does not say where results go"},
    [BLOCK_ROTATE] = {"rotate", "'rotate'", false, NULL},
    [BLOCK_READY] = {"ready", "'ready'", false, "does not say what to look at"},
    [BLOCK_HEALTH] = {"health", "'health'", false, "does not say what to look at"},
    [BLOCK_RESTART] = {"restart", "'restart'", false, NULL},
    [BLOCK_SCHEDULE] = {"schedule", "'schedule'", false, "does not say when"},
    [BLOCK_WATCH] = {"watch", "'watch'", false, NULL},
    [BLOCK_DO] = {"do", "'do'", false, NULL},
};

static const struct choice log_formats[] = {{"story", LOG_STORY}, {"json", LOG_JSON}, {0}};
static const struct choice pool_kinds[] = {{"process", POOL_PROCESS}, {"thread", POOL_THREAD}, {0}};
static const struct choice line_formats[] = {{"text", LINE_TEXT}, {"json", LINE_JSON}, {0}};
static const struct choice halt_ways[] = {{"soon", 0}, {"now", 1}, {0}};
static const struct choice restarts[] = {{"never", RESTART_NEVER},
                                         {"failure", RESTART_FAILURE},
                                         {"always", RESTART_ALWAYS},
                                         {0}};
static const struct choice overlaps[] = {
    {"skip", OVERLAP_SKIP}, {"queue", OVERLAP_QUEUE}, {"stop", OVERLAP_STOP}, {0}};
static const struct choice first_times[] = {{"now", false}, {"wait", true}, {0}};
static const struct choice statuses[] = {{"any", false}, {"last", true}, {0}};
static const struct choice watch_acts[] = {{"restart", WATCH_RESTART}, {"run", WATCH_RUN}, {0}};
static const struct choice stop_targets[] = {
    {"group", STOP_GROUP}, {"leader", STOP_LEADER}, {0}};
static const struct choice outputs[] = {{"group", OUTPUT_GROUP},
                                        {"lines", OUTPUT_LINES},
                                        {"ordered", OUTPUT_ORDERED},
                                        {"discard", OUTPUT_DISCARD},
                                        {0}};
static const struct choice errors_of_tasks[] = {{"stdout", false}, {"apart", true}, {0}};
static const struct choice retries[] = {{"failure", RETRY_FAILURE}, {"memory", RETRY_MEMORY}, {0}};
static const struct choice leftovers[] = {{"fail", false}, {"drop", true}, {0}};
static const struct choice closings[] = {{"auto", true}, {"never", false}, {0}};
static const struct choice acks[] = {
    {"read", ACK_READ}, {"line", ACK_LINE}, {"end", ACK_END}, {0}};
static const struct choice deliveries[] = {
    {"share", DELIVERY_SHARE}, {"broadcast", DELIVERY_BROADCAST}, {0}};
static const struct choice conflicts[] = {
    {"fail", CONFLICT_FAIL}, {"wait", CONFLICT_WAIT}, {"accept", CONFLICT_ACCEPT}, {0}};
static const struct choice framings[] = {{"line", FRAMING_LINE},
                                         {"nul", FRAMING_NUL},
                                         {"length", FRAMING_LENGTH},
                                         {"json", FRAMING_JSON},
                                         {0}};
static const struct choice inputs[] = {{"inherit", STREAM_INHERIT}, {"null", STREAM_NULL}, {0}};
static const struct choice task_inputs[] = {{"null", STREAM_NULL}, {0}};
static const struct choice task_outputs[] = {{"log", STREAM_LOG}, {0}};
static const struct choice stdouts[] = {
    {"log", STREAM_LOG}, {"inherit", STREAM_INHERIT}, {"null", STREAM_NULL}, {0}};
static const struct choice others[] = {{"log", STREAM_LOG},
                                       {"inherit", STREAM_INHERIT},
                                       {"null", STREAM_NULL},
                                       {"stdout", STREAM_STDOUT},
                                       {0}};

static const struct key keys[] = {
#include "scenario/keys/scenario.def"
#include "scenario/keys/pool.def"
#include "scenario/keys/on.def"
#include "scenario/keys/source.def"
#include "scenario/keys/policy.def"
#include "scenario/keys/body.def"
#include "scenario/keys/process.def"
#include "scenario/keys/schedule.def"
#include "scenario/keys/watch.def"
#include "scenario/keys/attribute.def"
#include "scenario/keys/probe.def"
#include "scenario/keys/stream.def"
#include "scenario/keys/queue.def"
};

_Static_assert(countof(keys) <= SCHEMA_KEYS_MOST, "SCHEMA_KEYS_MOST is too small");

const struct key *schema_keys(size_t *count)
{
    *count = countof(keys);
    return keys;
}

const struct place *schema_place(const struct key *key, enum block_kind block)
{
    for (const struct place *place = key->places; place->block != BLOCK_NONE; place++)
        if (place->block == block)
            return place;
    return NULL;
}

/* More rows than the blocks will have together. */
#define ROWS_MOST 1024

/* Their rows, one kind behind the other as they were asked for first: a short file has few kinds, and touches little memory. */
static struct schema_row sorted_out[ROWS_MOST];
static size_t sorted_count;
static struct {
    const struct schema_row *rows; /* NULL: it was not asked for */
    size_t count;
} in_blocks[BLOCK_COUNT];

static void sort_out(enum block_kind block)
{
    in_blocks[block].rows = &sorted_out[sorted_count];
    for (size_t i = 0; i < countof(keys); i++) {
        const struct place *place = schema_place(&keys[i], block);
        if (!place)
            continue;
        assert(sorted_count < ROWS_MOST);
        sorted_out[sorted_count++] = (struct schema_row){&keys[i], place, i};
        in_blocks[block].count++;
    }
}

const struct schema_row *schema_rows(enum block_kind block, size_t *count)
{
    if (!in_blocks[block].rows)
        sort_out(block);
    *count = in_blocks[block].count;
    return in_blocks[block].rows;
}

const struct key *schema_find(enum block_kind block, const char *name)
{
    size_t count;
    const struct schema_row *rows = schema_rows(block, &count);
    for (size_t i = 0; i < count; i++)
        if (*rows[i].key->name == *name && !strcmp(rows[i].key->name, name))
            return rows[i].key;
    return NULL;
}

bool schema_has_key(const char *name)
{
    for (int kind = BLOCK_SCENARIO; kind < BLOCK_COUNT; kind++)
        if (schema_find((enum block_kind)kind, name))
            return true;
    return false;
}

const struct block_info *schema_block(enum block_kind block)
{
    return &blocks[block];
}

bool schema_is_own(const char *name)
{
    return !strncmp(name, "x-", 2);
}
