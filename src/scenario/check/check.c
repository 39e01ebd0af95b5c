/* Cross checks. */
#include "scenario/check/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "scenario/bind/depend.h"
#include "scenario/bind/probe.h"
#include "scenario/check/creates.h"
#include "scenario/check/resources.h"
#include "scenario/check/schedule.h"
#include "scenario/check/shared_files.h"
#include "scenario/check/stdin_owner.h"
#include "scenario/loader.h"
#include "scenario/pool_most.h"

static bool holds(const size_t *queues, size_t count, size_t queue)
{
    for (size_t i = 0; i < count; i++)
        if (queues[i] == queue)
            return true;
    return false;
}

/* Adds QUEUE to a list that has room for it, unless it is there. */
static void add_once(size_t *queues, size_t *count, size_t queue)
{
    if (!holds(queues, *count, queue))
        queues[(*count)++] = queue;
}

/* Replaces *QUEUES by a list without repetitions, with room for MORE. */
static size_t *widen(struct loader *loader, const size_t **queues, size_t *count, size_t more)
{
    size_t *wide = arena_alloc(loader->arena, (*count + more) * sizeof(*wide));
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        add_once(wide, &kept, (*queues)[i]);
    *queues = wide;
    *count = kept;
    return wide;
}

static void check_fd(struct loader *loader, struct fd_spec *fd, const struct object_spec *object)
{
    struct stream_spec *stream = &fd->stream;
    if (stream->kind != STREAM_QUEUE)
        return;
    bool in = holds(object->queues.consumes, object->queues.consumes_count, stream->queue);
    bool out = holds(object->queues.produces, object->queues.produces_count, stream->queue);
    const char *queue = loader->scenario->queues[stream->queue].name;
    stream->input = in;
    if (in && out)
        diag_error(loader->diags, loader_reference_mark(loader, &stream->queue), NULL,
                   "process '%s' produces and consumes queue '%s': fd %d could be either",
                   object->name, queue, fd->fd);
    if (!in && !out)
        diag_error(loader->diags, loader_reference_mark(loader, &stream->queue),
                   arena_printf(loader->arena,
                                "add 'produces: %s' if it is written, 'consumes: %s' if it is read",
                                queue, queue),
                   "process '%s' does not say whether fd %d writes to queue '%s' or reads it",
                   object->name, fd->fd, queue);
}

/* What each life of the process has read and not done is gone with it, unless it is asked. */
static void check_ack(struct loader *loader, const struct process_spec *process)
{
    const struct stream_spec *in = process->streams[0];
    const struct stream_spec *out = process->streams[1];
    if (in->kind != STREAM_QUEUE)
        return;
    struct mark mark = loader_reference_mark(loader, &in->queue);
    if (in->ack == ACK_LINE && out->kind != STREAM_LOG && out->kind != STREAM_QUEUE)
        diag_error(loader->diags, mark, "let stdout go to the log or to a queue",
                   "process '%s': with 'ack: line' parrun must see the lines that answer, and stdout "
                   "goes elsewhere", process->object.name);
    if (in->ack == ACK_UNSAID && process->restart->on != RESTART_NEVER)
        diag_warning(loader->diags, mark,
                     "'ack: line' takes a line of output for each message as its end, 'ack: end' the "
                     "success of the process; 'ack: read' accepts it",
                     "process '%s' is started again when it has failed: what it had read of queue '%s' "
                     "and not done may be lost", process->object.name,
                     loader->scenario->queues[in->queue].name);
}

/* One pipe for both: with two, nobody can know which of two lines was written first. Where each line of
 * stdout is an answer, messages must not be among them. */
static void settle_stderr(struct process_spec *process)
{
    static const struct stream_spec apart = {.kind = STREAM_LOG};
    bool joined = process->streams[1]->kind == STREAM_LOG && process->streams[0]->ack != ACK_LINE;
    if (process->streams[2]->kind == STREAM_JOINED && !joined)
        process->streams[2] = &apart;
}

/* Each of its queues once: with the same one twice each message would come twice. */
static void check_ends(struct loader *loader, struct process_spec *process, const struct stream_spec *stream, size_t *produces)
{
    struct object_spec *object = &process->object;
    size_t count;
    const struct stream_spec *ends = stream_ends(stream, &count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; ends[i].kind == STREAM_QUEUE && j < i; j++)
            if (ends[j].kind == STREAM_QUEUE && ends[j].queue == ends[i].queue)
                diag_error(loader->diags, loader_reference_mark(loader, &ends[i].queue), "take one of them away",
                           "process '%s': queue '%s' is one of the ends already", object->name,
                           loader->scenario->queues[ends[i].queue].name);
        if (ends[i].kind == STREAM_QUEUE)
            add_once(produces, &object->queues.produces_count, ends[i].queue);
    }
}

static size_t count_ends(const struct process_spec *process)
{
    size_t total = 0, count;
    for (size_t i = 0; i < countof(process->streams); i++) {
        stream_ends(process->streams[i], &count);
        total += count;
    }
    return total;
}

static void join_streams(struct loader *loader, struct process_spec *process)
{
    struct object_spec *object = &process->object;
    size_t *produces = widen(loader, &object->queues.produces, &object->queues.produces_count, count_ends(process));
    size_t *consumes = widen(loader, &object->queues.consumes, &object->queues.consumes_count, 1);
    for (size_t i = 0; i < process->fd_count; i++)
        check_fd(loader, &process->fds[i], object);
    for (size_t i = 0; i < countof(process->streams); i++) {
        const struct stream_spec *stream = process->streams[i];
        if (stream->kind == STREAM_QUEUE && stream->input)
            add_once(consumes, &object->queues.consumes_count, stream->queue);
        else
            check_ends(loader, process, stream, produces);
    }
}

/* What a cgroup enforces. */
static bool has_shared_limit(const struct limits_spec *limits)
{
    return limits->memory.given || limits->memory.own || limits->cpus.given || limits->cpus.own;
}

/* True where a limit depends on the task. */
static bool has_own_limit(const struct limits_spec *limits)
{
    const struct option_spec options[] = {limits->nofile, limits->nproc, limits->core,   limits->fsize, limits->stack,
                                          limits->as,     limits->memory, limits->cpu, limits->cpus};
    for (size_t i = 0; i < countof(options); i++)
        if (options[i].own)
            return true;
    return false;
}

/* What of a pool holds for this machine alone, and not where its workers run elsewhere. */
static void check_elsewhere(struct loader *loader, const struct pool_spec *pool)
{
    const struct object_spec *object = &pool->object;
    const struct attributes_spec *attributes = object->attributes;
    const struct {
        bool given;
        const char *what;
        const char *hint;
    } keys[] = {
        {attributes->user.name || attributes->group.name || attributes->group_count, "'user', 'group' and 'groups'",
         "let the launcher's command log in as that user"},
        {has_shared_limit(&attributes->limits), "'memory' and 'cpus' of 'limits'",
         "ask for them in the launcher's command; 'as' limits the address space"},
        {pool->jobserver, "'jobserver'", "take it away"},
    };
    for (size_t i = 0; pool->on->command_count && i < countof(keys); i++)
        if (keys[i].given)
            diag_error(loader->diags, pool->on->mark, keys[i].hint,
                       "pool '%s': its workers run elsewhere, where %s cannot be had", object->name, keys[i].what);
    if (pool->on->slurm.time && object->timeout >= pool->on->slurm.time)
        diag_error(loader->diags, pool->on->mark, "let 'time' of 'slurm' be longer, or 'timeout' of the pool shorter",
                   "pool '%s': a task may run as long as a worker lives, and could never use its 'timeout'", object->name);
}

/* What only a task that is a command has. */
static void check_no_command(struct loader *loader, const struct pool_spec *pool)
{
    const struct object_spec *object = &pool->object;
    bool none = (object->body.kind == BODY_LUA && pool->kind == POOL_PROCESS) || object->body.kind == BODY_COPROCESS;
    if (none && (pool->success->count || pool->success->own_count))
        diag_error(loader->diags, object->mark, "take 'success_codes' away",
                   "pool '%s': only a command has an exit code, and its tasks are none", object->name);
    if (none && pool->input->kind != STREAM_NULL)
        diag_error(loader->diags, object->mark,
                   object->body.kind == BODY_LUA ? "take 'stdin' away: the chunk has the item" : "take 'stdin' away: each item is a line for the program",
                   "pool '%s': only a command has a standard input of its own, and its tasks are none", object->name);
    if (none && has_own_limit(&object->attributes->limits))
        diag_error(loader->diags, object->mark, "let 'limits' be the same for all of them",
                   "pool '%s': only a command has limits of its own, and its tasks are none", object->name);
    if (none && pool->retry->when == RETRY_MEMORY)
        diag_error(loader->diags, object->mark, "take 'when' away",
                   "pool '%s': 'when: memory' of 'retry' is for commands, and its tasks are none", object->name);
    if (pool->retry->when == RETRY_MEMORY && !object->attributes->limits.memory.given && !object->attributes->limits.memory.own)
        diag_error(loader->diags, object->mark, "write limits: {memory: \"${{ attempt }}G\"}",
                   "pool '%s': 'when: memory' of 'retry' needs a limit on memory that a task can meet", object->name);
}

/* A block is the standard input of one command on this machine. */
static void check_blocks(struct loader *loader, const struct pool_spec *pool)
{
    const struct object_spec *object = &pool->object;
    const struct {
        bool given;
        const char *what;
        const char *hint;
    } keys[] = {
        {object->body.kind == BODY_LUA, "its body is Lua, which reads none", "take the tasks from lines"},
        {object->body.kind == BODY_COPROCESS, "a coprocess reads its items there", "take the tasks from lines"},
        {pool->input->kind != STREAM_NULL, "'stdin' says something else", "take 'stdin' away"},
        {pool->batches.items, "with 'batch' there would be several", "let 'size' or 'records' be larger"},
        {pool->on->command_count, "its workers run elsewhere, where the file is not", "take 'on' away, or the tasks from lines"},
    };
    for (size_t i = 0; pool->tasks.kind == SOURCE_BLOCKS && i < countof(keys); i++)
        if (keys[i].given)
            diag_error(loader->diags, pool->tasks.mark, keys[i].hint,
                       "pool '%s': a block is a task's standard input, and %s", object->name, keys[i].what);
}

/* A worker for each slot of its hosts; and no more processes or threads than this machine may want. */
static void check_workers(struct loader *loader, struct pool_spec *pool)
{
    int64_t slots = (int64_t)pool->on->host_count * pool->on->slots;
    if (slots && pool->on->as_many)
        pool->staff.workers = slots < POOL_WORKERS_MOST_ELSEWHERE ? slots : POOL_WORKERS_MOST_ELSEWHERE;
    if (slots && pool->on->as_many && pool->staff.workers < pool->staff.least)
        pool->staff.workers = pool->staff.least;
    if (pool->staff.workers > pool_spec_most(pool))
        diag_error(loader->diags, pool->staff.mark, "more may be elsewhere, as 'on' says",
                   "pool '%s': %lld workers, and on this machine a pool has at most %d", pool->object.name,
                   (long long)pool->staff.workers, POOL_WORKERS_MOST);
}

static void join_pool(struct loader *loader, struct pool_spec *pool)
{
    struct object_spec *object = &pool->object;
    size_t *produces = widen(loader, &object->queues.produces, &object->queues.produces_count, 1);
    size_t *consumes = widen(loader, &object->queues.consumes, &object->queues.consumes_count, 1);
    if (pool->tasks.kind == SOURCE_QUEUE)
        add_once(consumes, &object->queues.consumes_count, pool->tasks.queue);
    if (pool->results->kind == RESULTS_QUEUE)
        add_once(produces, &object->queues.produces_count, pool->results->queue);
    check_no_command(loader, pool);
    check_workers(loader, pool);
    check_blocks(loader, pool);
    if (pool->batches.bytes && (pool->tasks.kind == SOURCE_QUEUE || object->body.kind == BODY_LUA || object->body.kind == BODY_COPROCESS))
        diag_error(loader->diags, pool->tasks.mark, "write 'batch: N'",
                   "pool '%s': 'bytes' of 'batch' is the length of a command line, and %s", object->name,
                   pool->tasks.kind == SOURCE_QUEUE ? "a batch of messages is those that are there" : "its tasks have none");
    if (pool->output_file->kind != STREAM_LOG && pool->output == OUTPUT_DISCARD)
        diag_error(loader->diags, object->mark, "take 'output' away, or 'stdout'",
                   "pool '%s': 'output: discard' leaves nothing for the file of 'stdout'", object->name);
    if (pool->tasks.kind != SOURCE_QUEUE && pool->batches.split)
        diag_error(loader->diags, pool->tasks.mark, "take 'split' away, or take the tasks from a queue",
                   "pool '%s': 'split' gives the messages of a queue again one by one, and its tasks "
                   "are none", object->name);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length >= size && !strcmp(text + length - size, end);
}

/* A table has the columns of one pool, and is no file of JSON. */
static void check_table(struct loader *loader, const struct pool_spec *pool)
{
    const struct scenario *scenario = loader->scenario;
    const struct results_spec *results = pool->results;
    if (results->kind != RESULTS_FILE)
        return;
    bool csv = ends_with(results->path, ".csv");
    if (!results->separator && (csv || ends_with(results->path, ".tsv")))
        diag_warning(loader->diags, results->mark, csv ? "write csv in place of file for a table" : "write tsv in place of file for a table",
                     "pool '%s': the results in this file are lines of JSON", pool->object.name);
    for (const struct pool_spec *other = scenario->pools; other < pool; other++)
        if (other->results->kind == RESULTS_FILE && !strcmp(other->results->path, results->path) &&
            (results->separator || other->results->separator))
            diag_error(loader->diags, results->mark, "give each pool a table of its own",
                       "pool '%s' writes its results to the same file, and a table has the columns of one pool", other->object.name);
}

/* Who fills and who reads each queue. */
struct sides {
    bool *produced;
    bool *consumed;
};

static void note_sides(struct sides *sides, const struct object_spec *object)
{
    for (size_t i = 0; i < object->queues.produces_count; i++)
        sides->produced[object->queues.produces[i]] = true;
    for (size_t i = 0; i < object->queues.consumes_count; i++)
        sides->consumed[object->queues.consumes[i]] = true;
}

/* A queue of which a process does not say what it does with it has been told of. */
static void note_unsaid(struct sides *sides, const struct process_spec *process)
{
    for (size_t i = 0; i < process->fd_count; i++) {
        const struct stream_spec *stream = &process->fds[i].stream;
        if (stream->kind == STREAM_QUEUE)
            sides->produced[stream->queue] = sides->consumed[stream->queue] = true;
    }
}

/* Where the dead messages of a queue go, theirs and so on, must not be that queue again. */
static void check_dead_letters(struct loader *loader, const struct queue_spec *queue)
{
    const struct scenario *scenario = loader->scenario;
    const char *way = arena_printf(loader->arena, "'%s'", queue->name);
    const struct queue_spec *next = queue;
    for (size_t i = 0; i < scenario->queue_count && next->dead_letter; i++) {
        next = &scenario->queues[*next->dead_letter];
        way = arena_printf(loader->arena, "%s, '%s'", way, next->name);
        if (next != queue)
            continue;
        diag_error(loader->diags, loader_reference_mark(loader, queue->dead_letter),
                   "give them to a queue of their own",
                   "dead letters would go round in a circle: %s", way);
        return;
    }
}

static void check_leftover(struct loader *loader, const struct queue_spec *queue)
{
    if (queue->durable && queue->leftover_drop)
        diag_error(loader->diags, queue->mark, "take 'leftover' away",
                   "queue '%s': a durable queue keeps for the next run what nobody took", queue->name);
}

static void check_queue(struct loader *loader, const struct queue_spec *queue)
{
    check_leftover(loader, queue);
    check_dead_letters(loader, queue);
    if (queue->ordered && queue->delivery == DELIVERY_BROADCAST)
        diag_error(loader->diags, queue->mark, "take 'ordered' away",
                   "queue '%s': with 'delivery: broadcast' each consumer gets all messages in order "
                   "already", queue->name);
    if (queue->durable && queue->delivery == DELIVERY_BROADCAST)
        diag_error(loader->diags, queue->mark,
                   "give each consumer a durable queue of its own, and let the producer put into each",
                   "queue '%s': a durable queue keeps a message until one consumer is done with it, and "
                   "with 'delivery: broadcast' that would be all of them", queue->name);
}

static void check_queues(struct loader *loader, const struct sides *sides)
{
    const struct scenario *scenario = loader->scenario;
    for (size_t i = 0; i < scenario->queue_count; i++) {
        const struct queue_spec *queue = &scenario->queues[i];
        if (queue->durable)
            continue; /* another run may have filled it, or may read it */
        if (!sides->produced[i] && !queue->item_count)
            diag_error(
                loader->diags, queue->mark,
                arena_printf(loader->arena, "add 'produces: %s' to what fills it", queue->name),
                "nothing produces into queue '%s'", queue->name);
        if (!sides->consumed[i])
            diag_error(
                loader->diags, queue->mark,
                arena_printf(loader->arena, "add 'consumes: %s' to what reads it", queue->name),
                "nothing consumes queue '%s'", queue->name);
    }
}

static bool names_shared(const struct lua_spec *lua)
{
    static const char name[] = "parrun.shared";
    return lua->text && memmem(lua->text, lua->length, name, sizeof(name) - 1);
}

/* What looks as if the workers had it in common. */
static void check_shared(struct loader *loader, const struct pool_spec *pool)
{
    bool is_lua = pool->object.body.kind == BODY_LUA && pool->kind == POOL_PROCESS;
    bool is_one = pool->staff.workers == 1 || (pool->tasks.kind <= SOURCE_MATRIX && pool->tasks.count == 1);
    if (is_lua && !is_one && (names_shared(&pool->object.body.lua) || names_shared(&pool->setup)))
        diag_warning(loader->diags, pool->object.mark,
                     "kind: thread shares it among all workers; between processes a queue passes values on",
                     "parrun.shared is shared by nobody in pool '%s': each of its %lld workers, which are processes, "
                     "has its own", pool->object.name, (long long)pool->staff.workers);
}

static void check_uses(struct loader *loader)
{
    struct scenario *scenario = loader->scenario;
    struct sides sides = {
        .produced = mem_calloc(scenario->queue_count, sizeof(bool)),
        .consumed = mem_calloc(scenario->queue_count, sizeof(bool)),
    };
    for (size_t i = 0; i < scenario->process_count; i++) {
        settle_stderr(&scenario->processes[i]);
        join_streams(loader, &scenario->processes[i]);
        tty_check(loader, &scenario->processes[i]);
        forking_check(loader, &scenario->processes[i]);
        probe_check(loader, &scenario->processes[i]);
        check_ack(loader, &scenario->processes[i]);
        note_sides(&sides, &scenario->processes[i].object);
        note_unsaid(&sides, &scenario->processes[i]);
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        check_elsewhere(loader, &scenario->pools[i]);
        join_pool(loader, &scenario->pools[i]);
        check_table(loader, &scenario->pools[i]);
        check_shared(loader, &scenario->pools[i]);
        note_sides(&sides, &scenario->pools[i].object);
    }
    for (size_t i = 0; i < scenario->thread_count; i++) {
        struct object_spec *object = &scenario->threads[i].object;
        widen(loader, &object->queues.produces, &object->queues.produces_count, 0);
        widen(loader, &object->queues.consumes, &object->queues.consumes_count, 0);
        note_sides(&sides, object);
    }
    for (size_t i = 0; i < scenario->queue_count; i++) {
        check_queue(loader, &scenario->queues[i]);
        if (scenario->queues[i].dead_letter)
            sides.produced[*scenario->queues[i].dead_letter] = true;
    }
    if (!loader->unsure)
        check_queues(loader, &sides);
    free(sides.produced);
    free(sides.consumed);
}

/* Standard input can be read to its end once. */
static void check_standard_input(struct loader *loader)
{
    const struct scenario *scenario = loader->scenario;
    const struct source_spec *first = NULL;
    for (size_t i = 0; i < scenario->pool_count; i++) {
        const struct source_spec *tasks = &scenario->pools[i].tasks;
        if (!tasks->path || strcmp(tasks->path, "-"))
            continue;
        if (loader->standard_input) {
            diag_error(loader->diags, tasks->mark, "give one of them as a file",
                       "standard input cannot hold the tasks: it holds the scenario");
        } else if (first) {
            diag_error(loader->diags, tasks->mark, "give one of them as a file",
                       "standard input is read by another pool already");
            diag_note(loader->diags, first->mark, "by this one");
        } else {
            first = tasks;
        }
    }
}

/* Nothing keeps such a run going. */
static void check_daemons(struct loader *loader)
{
    const struct scenario *scenario = loader->scenario;
    if (!scenario->process_count || scenario->processes[0].object.hook.when || scenario->pool_count || scenario->thread_count)
        return;
    for (size_t i = 0; i < scenario->process_count; i++)
        if (!scenario->processes[i].daemon && !scenario->processes[i].object.hook.when)
            return;
    diag_warning(loader->diags, scenario->processes[0].object.mark,
                 "leave out daemon where the run is to last as long as the process",
                 "the run ends as soon as it has begun: all that it has are daemons, which are ended with "
                 "the last that is none");
}

/* Hooks alone follow nothing. */
static bool runs_nothing(const struct scenario *scenario)
{
    size_t count = scenario_object_count(scenario);
    for (size_t i = 0; i < count; i++)
        if (!scenario_object(scenario, i)->hook.when)
            return false;
    return true;
}

void scenario_check(struct loader *loader)
{
    if (runs_nothing(loader->scenario) && !diags_count(loader->diags))
        diag_error(loader->diags, (struct mark){loader->source, 1, 1, 1},
                   "declare one under 'processes', 'pools' or 'threads'",
                   "the scenario runs nothing: it has no process, no pool and no thread");
    check_standard_input(loader);
    if (!loader_resolve(loader))
        return;
    check_uses(loader);
    creates_check(loader);
    schedule_check(loader);
    depend_check(loader);
    foreground_check(loader);
    check_daemons(loader);
    resources_check(loader);
    writers_check(loader);
    pidfiles_check(loader);
}
