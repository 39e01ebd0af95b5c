/* The world of a body. */
#include "child/exec_context.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "child/limits.h"
#include "engine/run.h"
#include "queue/queue.h"
#include "scenario/spec.h"
#include "script/script.h"
#include "serve/control_socket.h"
#include "serve/queue_session.h"
#include "template/template.h"
#include "value/message_check.h"
#include "wire/worker_config.h"

/* The names that a body finds in its environment: PARRUN_NAME, PARRUN_RUN, PARRUN_SOCKET,
 * PARRUN_INDEX, and with a user of its own HOME, USER and LOGNAME. */
#define OWN_VARIABLES 7

/* For what TEMPLATE needs of it. */
static void need_script(struct world *world, const struct template *template)
{
    if (template_is_constant(template) || world->script)
        return;
    world->script = script_new_expressions(world->name, &world->run->scenario->vars);
    if (world->index)
        script_set_index(world->script, world->index);
    for (size_t i = 0; i < world->declared_count; i++)
        script_set_env(world->script, world->declared[i]);
}

int world_render(struct world *world, const struct template *template, struct buf *out,
                 struct error *error)
{
    need_script(world, template);
    int result = template_render(template, world->script, out, error);
    if (!result && out->length != strlen(buf_string(out)))
        result = error_set(error, ERROR_FAILED, "a value with a NUL byte cannot be used here");
    return result;
}

int world_path(struct world *world, const struct template *template, const char **path,
               struct error *error)
{
    struct buf text = {0};
    int result = world_render(world, template, &text, error);
    if (!result) {
        char *absolute = scenario_path(world->run->scenario, buf_string(&text));
        *path = arena_strdup(world->arena, absolute);
        free(absolute);
    }
    buf_release(&text);
    return result;
}

/* Puts "NAME=VALUE" into LIST, in place of an entry of that name. */
static void environment_set(const char **list, size_t *count, const char *entry)
{
    size_t head = (size_t)(strchr(entry, '=') - entry) + 1;
    for (size_t i = 0; i < *count; i++) {
        if (!strncmp(list[i], entry, head)) {
            list[i] = entry;
            return;
        }
    }
    list[(*count)++] = entry;
}

static int set_declared(struct world *world, size_t *count, struct error *error)
{
    for (size_t i = 0; i < world->spec->env_count; i++) {
        const struct env_spec *env = &world->spec->env[i];
        if (template_uses_task(env->value))
            continue; /* the worker renders it for each task */
        struct buf entry = {0};
        buf_printf(&entry, "%s=", env->name);
        int result = world_render(world, env->value, &entry, error);
        if (!result) {
            const char *copy = arena_copy(world->arena, entry.data, entry.length);
            environment_set(world->environment, count, copy);
            environment_set(world->declared, &world->declared_count, copy);
            if (world->script)
                script_set_env(world->script, copy);
        }
        buf_release(&entry);
        if (result)
            return error_wrap(error, "env %s", env->name);
    }
    return 0;
}

void world_set(struct world *world, const char *name, const char *value)
{
    environment_set(world->environment, &world->environment_count,
                    arena_printf(world->arena, "%s=%s", name, value));
    world->environment[world->environment_count] = NULL;
}

/* What programs look for the user's own files by. */
static void set_user(struct world *world)
{
    const struct passwd *user = attributes_user(&world->spec->attributes);
    if (!user)
        return;
    world_set(world, "HOME", user->pw_dir);
    world_set(world, "USER", user->pw_name);
    world_set(world, "LOGNAME", user->pw_name);
}

static int make_environment(struct world *world, struct error *error)
{
    size_t count = 0;
    while (environ[count])
        count++;
    world->environment = arena_alloc(
        world->arena, (count + world->spec->env_count + OWN_VARIABLES + WORLD_MORE_VARIABLES + 1) *
                          sizeof(char *));
    world->declared = arena_alloc(world->arena, world->spec->env_count * sizeof(char *));
    memcpy(world->environment, environ, count * sizeof(char *));
    world->environment_count = count;
    world_set(world, "PARRUN_NAME", world->name);
    world_set(world, "PARRUN_RUN", world->run->id);
    if (world->run->door)
        world_set(world, "PARRUN_SOCKET", door_address(world->run->door));
    if (world->index)
        world_set(world, "PARRUN_INDEX", arena_printf(world->arena, "%" PRId64, world->index));
    set_user(world);
    int result = set_declared(world, &world->environment_count, error);
    world->environment[world->environment_count] = NULL;
    return result;
}

int world_init(struct world *world, const struct run *run, const struct object_spec *spec,
               const char *name, int64_t index, struct error *error)
{
    *world = (struct world){
        .arena = arena_new(), .run = run, .spec = spec, .name = name, .index = index};
    int result = make_environment(world, error);
    if (!result && spec->cwd && !template_uses_task(spec->cwd))
        result = world_path(world, spec->cwd, &world->directory, error);
    if (!result)
        result = attributes_find(&world->attributes, &spec->attributes, error);
    return result;
}

void world_release(struct world *world)
{
    attributes_release(&world->attributes);
    arena_free(world->arena);
    script_free(world->script);
    *world = (struct world){0};
}

int world_arguments(struct world *world, const struct body_spec *body, const char ***argv,
                    struct error *error)
{
    struct template *const *templates = body->kind == BODY_RUN ? &body->run : body->arguments;
    size_t count = body->kind == BODY_RUN ? 1 : body->argument_count;
    size_t words = 0, at = 0;
    struct buf text = {0};
    int result = 0;
    for (size_t i = 0; !result && i < count; i++) {
        need_script(world, templates[i]);
        result = template_arguments(templates[i], world->script, &text, &words, error);
    }
    if (!result && !words)
        result = error_set(error, ERROR_FAILED, "an empty list has no program to run");
    *argv = arena_alloc(world->arena, (body->shell_count + words + 1) * sizeof(char *));
    for (size_t i = 0; body->kind == BODY_RUN && i < body->shell_count; i++)
        (*argv)[at++] = body->shell[i];
    const char *word = arena_copy(world->arena, buf_string(&text), text.length);
    for (size_t i = 0; i < words; i++, word += strlen(word) + 1)
        (*argv)[at++] = word;
    buf_release(&text);
    return result;
}

static void add_source(struct texts *texts, const struct template *template)
{
    size_t length;
    config_texts_add(texts, template_source(template, &length));
}

static enum worker_body body_of(enum body_kind kind)
{
    static const enum worker_body bodies[] = {
        [BODY_RUN] = WORKER_RUN,
        [BODY_EXEC] = WORKER_EXEC,
        [BODY_LUA] = WORKER_LUA,
        [BODY_COPROCESS] = WORKER_COPROCESS,
    };
    return bodies[kind];
}

/* A worker that runs commands gives each of them what it is to have, and itself has nothing. */
static char *print_attributes(const struct world *world)
{
    struct buf words = {0};
    attributes_print(&words, &world->attributes);
    return buf_take(&words);
}

static void add_queues(struct texts *texts, const struct run *run, const size_t *queues,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        config_texts_add(texts, run->scenario->queues[queues[i]].name);
}

/* What holds for messages of QUEUE. */
static unsigned rules_of(const struct queue *queue)
{
    unsigned rules = queue_is_ordered(queue) ? RULE_NO_PRIORITY : 0;
    int end;
    if (queue_is_read_as_text(queue, &end))
        rules |= end == '\n'           ? RULE_LINES
                 : end == '\0'         ? RULE_PIECES
                 : end == MESSAGE_JSON ? RULE_JSON
                                       : RULE_LENGTHS;
    return rules;
}

/* True for a variable that the worker has with another value, which its commands must have too. */
static bool is_overruled(const struct world *world, const struct env_spec *env)
{
    return world->overruled && !strcmp(env->name, world->overruled) &&
           !template_uses_task(env->value);
}

void world_config(const struct world *world, struct worker_config *config)
{
    const struct run *run = world->run;
    const struct object_spec *spec = world->spec;
    const struct body_spec *body = &spec->body;
    size_t length;
    *config = (struct worker_config){
        .body = body_of(body->kind),
        .name = mem_strdup(world->name),
        .run = mem_strdup(run->id),
        .directory = mem_strdup(run->scenario->directory),
        .lua = chunk_copy(body->lua.text, body->lua.length, body->lua.file, body->lua.line),
        .json = body->format == LINE_JSON,
        .dry = run->dry,
        .tell_command = run->tells_commands,
        .window = client_window(run, spec->produces, spec->produces_count),
        .stdin_fd = -1,
        .stdout_fd = -1,
    };
    value_encode(&config->vars, &run->scenario->vars);
    add_queues(&config->produces, run, spec->produces, spec->produces_count);
    add_queues(&config->consumes, run, spec->consumes, spec->consumes_count);
    for (size_t i = 0; i < spec->produces_count; i++)
        buf_char(&config->rules, (char)rules_of(run->queues[spec->produces[i]]));
    if (body->kind == BODY_LUA)
        return;
    config->attributes = print_attributes(world);
    if (spec->cwd)
        config->cwd = mem_strdup(template_source(spec->cwd, &length));
    for (size_t i = 0; i < spec->env_count; i++) {
        if (is_overruled(world, &spec->env[i]))
            continue;
        config_texts_add(&config->env, spec->env[i].name);
        add_source(&config->env, spec->env[i].value);
    }
    if (body->kind == BODY_RUN) {
        for (size_t i = 0; i < body->shell_count; i++)
            config_texts_add(&config->shell, body->shell[i]);
        add_source(&config->command, body->run);
    }
    for (size_t i = 0; i < body->argument_count; i++)
        add_source(&config->command, body->arguments[i]);
}
