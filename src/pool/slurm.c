/* Slurm, as a pool sees it: turns, reasons, and jobs that nobody wants any more. */
#include "pool/slurm.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "os/guard.h"
#include "pool/agent_private.h"
#include "pool/launch_command.h"
#include "pool/launcher.h"
#include "pool/private.h"

/* A controller serves a whole site: so many are asked for at once, and then one each time that a turn has passed. */
#define TURN (250 * NS_PER_MS)
#define TURNS_AT_ONCE 8

/* When Slurm is first asked why a worker does not come, and how often then. */
#define PATIENCE (5 * NS_PER_S)
#define LATE (PATIENCE / 2)
#define TELL_AGAIN (60 * NS_PER_S)

/* squeue(1) has so long to answer. */
#define ANSWER_TIME (10 * NS_PER_S)

/* Of so many jobs it is asked. */
#define ASKED_MOST 100

/* What srun(1) needs to take a job back that is not there yet: where the runner is killed, too. */
#define GIVE_BACK (8 * NS_PER_S)

/* Starts that fail on one node, with none between that goes well, until it is asked for no more: fewer than those that end a
 * pool, so that a node which is broken does not. */
#define NODE_FAILS 2

/* No more nodes are left out: where all fail, it is not they. */
#define NODES_MOST 32

struct node_fails {
    char *name;
    int count;
};

struct slurm {
    struct pool *pool;
    int64_t turn;           /* clock_monotonic() of the next one */
    struct timer *timer;    /* runs while any has not come */
    bool watched;           /* it does */
    struct launcher *query; /* squeue(1); NULL: it does not run */
    struct buf answer;      /* one reason a line */
    struct node_fails *nodes;
    size_t node_count;
};

static void look(void *arg);

/* NULL: the pool has nothing to do with it. */
static struct slurm *slurm_of(struct pool *pool)
{
    if (pool->elsewhere.slurm || !pool->spec->on->slurm.given)
        return pool->elsewhere.slurm;
    struct slurm *slurm = mem_calloc(1, sizeof(*slurm));
    slurm->pool = pool;
    slurm->timer = timer_new(pool->object.run->loop, look, slurm);
    pool->elsewhere.slurm = slurm;
    guard_grace(GIVE_BACK);
    return slurm;
}

void slurm_print_job(const struct pool *pool, size_t number, struct buf *out)
{
    launch_command_print_job(pool->object.run->identity.id, pool->object.name, number, out);
}

int64_t slurm_turn(struct pool *pool)
{
    struct slurm *slurm = slurm_of(pool);
    int64_t now = clock_monotonic();
    if (!slurm)
        return 0;
    if (slurm->turn < now - (TURNS_AT_ONCE - 1) * TURN)
        slurm->turn = now - (TURNS_AT_ONCE - 1) * TURN;
    int64_t wait = slurm->turn - now;
    slurm->turn += TURN;
    return wait > 0 ? wait : 0;
}

bool slurm_has_ended(struct pool *pool, const char *words)
{
    return slurm_of(pool) && strstr(words, "Timed out waiting for job step to complete");
}

/* Appends the node whose task has failed, as srun tells it: "srun: error: n1: task 0: Exited with exit code 2". */
static void print_node(const char *words, struct buf *out)
{
    static const char before[] = "srun: error: ", after[] = ": task 0: ";
    for (const char *at = words; (at = strstr(at, before));) {
        at += strlen(before);
        size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
        if (!length || strncmp(at + length, after, strlen(after)) != 0)
            continue;
        buf_append(out, at, length);
        return;
    }
}

/* Its place, made where there is none; NULL where there are too many. */
static struct node_fails *node_of(struct slurm *slurm, const char *name)
{
    for (size_t i = 0; i < slurm->node_count; i++)
        if (!strcmp(slurm->nodes[i].name, name))
            return &slurm->nodes[i];
    if (slurm->node_count == NODES_MOST)
        return NULL;
    slurm->nodes = mem_realloc(slurm->nodes, slurm->node_count + 1, sizeof(*slurm->nodes));
    slurm->nodes[slurm->node_count] = (struct node_fails){.name = mem_strdup(name)};
    return &slurm->nodes[slurm->node_count++];
}

void slurm_blame(struct pool *pool, struct buf *words)
{
    struct slurm *slurm = slurm_of(pool);
    struct buf name = {0};
    print_node(buf_string(words), &name);
    struct node_fails *node = slurm && name.length ? node_of(slurm, buf_string(&name)) : NULL;
    buf_release(&name);
    if (node && ++node->count == NODE_FAILS)
        buf_printf(words, ", so that node %s is left out from now on", node->name);
}

void slurm_praise(struct pool *pool)
{
    struct slurm *slurm = slurm_of(pool);
    for (size_t i = 0; slurm && i < slurm->node_count; i++)
        if (slurm->nodes[i].count < NODE_FAILS)
            slurm->nodes[i].count = 0;
}

void slurm_print_excluded(const struct pool *pool, struct buf *out)
{
    const struct slurm *slurm = pool->elsewhere.slurm;
    const char *comma = "";
    for (size_t i = 0; slurm && i < slurm->node_count; i++) {
        if (slurm->nodes[i].count < NODE_FAILS)
            continue;
        buf_printf(out, "%s%s", comma, slurm->nodes[i].name);
        comma = ",";
    }
}

static void start_timer(struct slurm *slurm, int64_t wait)
{
    slurm->watched = true;
    timer_start(slurm->timer, wait);
}

void slurm_watch(struct pool *pool)
{
    struct slurm *slurm = slurm_of(pool);
    if (slurm && !slurm->watched)
        start_timer(slurm, PATIENCE);
}

/* Appends the names of the jobs that were asked for AGE ns ago and have not come, with commas; returns how many there are. */
static size_t list_pending(const struct pool *pool, int64_t age, struct buf *out)
{
    int64_t before = clock_monotonic() - age;
    size_t count = 0;
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++) {
        if (!agent_is_awaited(pool->elsewhere.agents[i], before))
            continue;
        if (count < ASKED_MOST) {
            buf_text(out, count ? "," : "");
            slurm_print_job(pool, i, out);
        }
        count++;
    }
    return count;
}

/* The reason on the first line, and that of each line which is another: "Resources, Priority". */
static void print_reasons(const struct buf *answer, struct buf *out)
{
    const char *end = answer->data + answer->length;
    for (const char *line = answer->data; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = newline ? (size_t)(newline - line) : (size_t)(end - line);
        if (length && (!out->length || !memmem(out->data, out->length, line, length))) {
            buf_text(out, out->length ? ", " : "");
            buf_append(out, line, length);
        }
        line += length + (newline != NULL);
    }
}

static void tell_pending(struct slurm *slurm)
{
    struct buf names = {0}, reasons = {0}, text = {0};
    size_t count = list_pending(slurm->pool, LATE, &names);
    struct event event = {.kind = EVENT_POOL_PENDING};
    print_reasons(&slurm->answer, &reasons);
    buf_printf(&text, count == 1 ? "%zu start of workers has not come" : "%zu starts of workers have not come", count);
    if (reasons.length)
        buf_printf(&text, ": %s", reasons.data);
    else
        agents_print_words(slurm->pool, &text);
    event.reason = text.data;
    if (count)
        pool_emit(slurm->pool, &event);
    buf_release(&names);
    buf_release(&reasons);
    buf_release(&text);
}

static void on_answer(void *arg, const char *bytes, size_t length)
{
    struct slurm *slurm = arg;
    buf_append(&slurm->answer, bytes, length);
}

static void on_answered(void *arg)
{
    struct slurm *slurm = arg;
    launcher_read_output(slurm->query);
    launcher_free(slurm->query);
    slurm->query = NULL;
    tell_pending(slurm);
    start_timer(slurm, TELL_AGAIN);
}

/* Starts one of Slurm's programs, which reads nothing. */
static struct launcher *start(struct pool *pool, const char *const *words, size_t count, const char *jobs,
                              const struct launcher_callbacks *callbacks, void *arg)
{
    struct launch_command command;
    struct error error = {0};
    struct buf names = {0};
    buf_printf(&names, "--name=%s", jobs);
    launch_command_make_slurm(&command, words, count, names.data);
    struct launcher *launcher = launcher_start(pool->object.run, &command, callbacks, arg, &error);
    if (launcher)
        launcher_finish(launcher);
    launch_command_release(&command);
    error_release(&error);
    buf_release(&names);
    return launcher;
}

static void look(void *arg)
{
    static const struct launcher_callbacks callbacks = {.output = on_answer, .exited = on_answered};
    static const char *const words[] = {"squeue", "-h", "-t", "PD", "-o", "%r"};
    struct slurm *slurm = arg;
    struct buf names = {0};
    if (slurm->query) {
        launcher_signal(slurm->query, SIGKILL);
        return;
    }
    slurm->watched = list_pending(slurm->pool, 0, &names);
    buf_clear(&slurm->answer);
    buf_clear(&names);
    if (slurm->watched && !list_pending(slurm->pool, LATE, &names))
        start_timer(slurm, PATIENCE);
    else if (slurm->watched)
        slurm->query = start(slurm->pool, words, countof(words), names.data, &callbacks, slurm);
    if (slurm->query)
        timer_start(slurm->timer, ANSWER_TIME);
    else if (slurm->watched && names.length)
        slurm->watched = false; /* there is no squeue */
    buf_release(&names);
}

struct launcher *slurm_cancel(struct pool *pool, const char *job, const struct launcher_callbacks *callbacks, void *arg)
{
    static const char *const words[] = {"scancel"};
    return slurm_of(pool) ? start(pool, words, countof(words), job, callbacks, arg) : NULL;
}

void slurm_free(struct pool *pool)
{
    struct slurm *slurm = pool->elsewhere.slurm;
    if (!slurm)
        return;
    launcher_free(slurm->query);
    timer_free(slurm->timer);
    buf_release(&slurm->answer);
    for (size_t i = 0; i < slurm->node_count; i++)
        free(slurm->nodes[i].name);
    free(slurm->nodes);
    free(slurm);
}
