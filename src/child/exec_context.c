/* The context of a body. */
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
#include "engine/hook.h"
#include "engine/resources.h"
#include "engine/run.h"
#include "queue/queue.h"
#include "scenario/spec.h"
#include "scenario/uses.h"
#include "script/script.h"
#include "serve/control_socket.h"
#include "serve/queue_session.h"
#include "template/template.h"
#include "value/message_check.h"
#include "wire/worker_config.h"

/* The names that a body finds in its environment: PARRUN_NAME, PARRUN_RUN, PARRUN_SOCKET,
 * PARRUN_INDEX, with a user of its own HOME, USER and LOGNAME, and those of a hook. */
#define OWN_VARIABLES (7 + HOOK_VARIABLES)

/* What a process has been given; a pool's tasks are given their own. */
static const struct claim *find_granted(const struct exec_context *context)
{
    return context->index ? resources_granted(context->run->machine.resources, context->name) : NULL;
}

void exec_context_put_uses(const struct exec_context *context, struct buf *out)
{
    const struct claim *granted = find_granted(context);
    if (granted)
        resources_put_granted(context->run->machine.resources, granted, out);
}

/* The same as a value; no table where it is nothing. ENCODED holds what it borrows. */
static struct value find_uses(const struct exec_context *context, struct buf *encoded)
{
    struct value uses = {0};
    struct error error = {0};
    exec_context_put_uses(context, encoded);
    const char *at = encoded->data;
    size_t left = encoded->length;
    if (left)
        value_decode(context->arena, &at, &left, &uses, &error);
    error_release(&error);
    return uses;
}

/* What it follows has ended, or is said to be unknown. */
static bool is_hook(const struct exec_context *context)
{
    return context->spec->hook.when || context->spec->hook.alone;
}

struct script *exec_context_script(struct exec_context *context)
{
    struct buf encoded = {0};
    if (context->script)
        return context->script;
    context->script = script_new_expressions(context->name, &context->run->scenario->vars);
    if (context->index)
        script_set_index(context->script, context->index);
    for (size_t i = 0; is_hook(context) && i < HOOK_VARIABLES; i++)
        script_set_env(context->script, exec_context_entry(context, hook_variables[i]));
    for (size_t i = 0; i < context->declared_count; i++)
        script_set_env(context->script, context->declared[i]);
    struct value uses = find_uses(context, &encoded);
    if (uses.type == VALUE_TABLE)
        script_set_uses(context->script, &uses);
    buf_release(&encoded);
    return context->script;
}

/* For what TEMPLATE needs of it. */
static void need_script(struct exec_context *context, const struct template *template)
{
    if (!template_is_constant(template))
        exec_context_script(context);
}

int exec_context_render(struct exec_context *context, const struct template *template,
                        struct buf *out, struct error *error)
{
    need_script(context, template);
    int result = template_render(template, context->script, out, error);
    if (!result && out->length != strlen(buf_string(out)))
        result = error_set(error, ERROR_FAILED, "a value with a NUL byte cannot be used here");
    return result;
}

int exec_context_path(struct exec_context *context, const struct template *template,
                      const char **path, struct error *error)
{
    struct buf text = {0};
    int result = exec_context_render(context, template, &text, error);
    if (!result) {
        char *absolute = scenario_path(context->run->scenario, buf_string(&text));
        *path = arena_strdup(context->arena, absolute);
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

static int set_declared(struct exec_context *context, size_t *count, struct error *error)
{
    for (size_t i = 0; i < context->spec->env_count; i++) {
        const struct env_spec *env = &context->spec->env[i];
        if (template_uses_task(env->value))
            continue; /* the worker renders it for each task */
        struct buf entry = {0};
        buf_printf(&entry, "%s=", env->name);
        int result = exec_context_render(context, env->value, &entry, error);
        if (!result) {
            const char *copy = arena_copy(context->arena, entry.data, entry.length);
            environment_set(context->environment, count, copy);
            environment_set(context->declared, &context->declared_count, copy);
            if (context->script)
                script_set_env(context->script, copy);
        }
        buf_release(&entry);
        if (result)
            return error_wrap(error, "env %s", env->name);
    }
    return 0;
}

void exec_context_set(struct exec_context *context, const char *name, const char *value)
{
    environment_set(context->environment, &context->environment_count,
                    arena_printf(context->arena, "%s=%s", name, value));
    context->environment[context->environment_count] = NULL;
}

const char *exec_context_entry(const struct exec_context *context, const char *name)
{
    const char **entry = context->environment;
    size_t length = strlen(name);
    while (strncmp(*entry, name, length) != 0 || (*entry)[length] != '=')
        entry++;
    return *entry;
}

/* What programs look for the user's own files by. */
static void set_user(struct exec_context *context)
{
    const struct passwd *user = attributes_user(context->spec->attributes);
    if (!user)
        return;
    exec_context_set(context, "HOME", user->pw_dir);
    exec_context_set(context, "USER", user->pw_name);
    exec_context_set(context, "LOGNAME", user->pw_name);
}

static void set_uses(struct exec_context *context)
{
    struct buf encoded = {0};
    struct value uses = find_uses(context, &encoded);
    for (size_t i = 0; uses.type == VALUE_TABLE && i < uses.table.count; i++) {
        const struct value_pair *pair = &uses.table.pairs[i];
        struct buf name = {0}, text = {0};
        uses_variable(pair->key.string.bytes, pair->key.string.length, &name);
        value_text(&text, &pair->value);
        exec_context_set(context, name.data, buf_string(&text));
        buf_release(&name);
        buf_release(&text);
    }
    buf_release(&encoded);
}

/* Tells a hook what has ended, and how. */
static void set_ended(struct exec_context *context)
{
    for (size_t i = 0; is_hook(context) && i < HOOK_VARIABLES; i++) {
        struct buf text = {0};
        hook_print(context->run, context->spec, (enum hook_variable)i, &text);
        exec_context_set(context, hook_variables[i], buf_string(&text));
        buf_release(&text);
    }
}

static int make_environment(struct exec_context *context, struct error *error)
{
    size_t count = 0;
    while (environ[count])
        count++;
    context->environment = arena_alloc(context->arena, (count + context->spec->env_count +
                                                        context->spec->needs->uses_count + OWN_VARIABLES +
                                                        WORLD_MORE_VARIABLES + 1) *
                                                           sizeof(char *));
    context->declared = arena_alloc(context->arena, context->spec->env_count * sizeof(char *));
    memcpy(context->environment, environ, count * sizeof(char *));
    context->environment_count = count;
    exec_context_set(context, "PARRUN_NAME", context->name);
    exec_context_set(context, "PARRUN_RUN", context->run->identity.id);
    if (context->run->service.control)
        exec_context_set(context, "PARRUN_SOCKET", control_socket_address(context->run->service.control));
    if (context->index)
        exec_context_set(context, "PARRUN_INDEX",
                         arena_printf(context->arena, "%" PRId64, context->index));
    set_uses(context);
    set_ended(context);
    set_user(context);
    int result = set_declared(context, &context->environment_count, error);
    context->environment[context->environment_count] = NULL;
    return result;
}

int exec_context_init(struct exec_context *context, const struct run *run,
                      const struct object_spec *spec, const char *name, int64_t index,
                      struct error *error)
{
    *context = (struct exec_context){
        .arena = arena_new(), .run = run, .spec = spec, .name = name, .index = index};
    int result = make_environment(context, error);
    if (!result && spec->cwd && !template_uses_task(spec->cwd))
        result = exec_context_path(context, spec->cwd, &context->directory, error);
    if (!result)
        result = attributes_find(&context->attributes, spec->attributes, error);
    return result;
}

void exec_context_release(struct exec_context *context)
{
    attributes_release(&context->attributes);
    arena_free(context->arena);
    script_free(context->script);
    *context = (struct exec_context){0};
}

int exec_context_arguments(struct exec_context *context, const struct body_spec *body,
                           const char ***argv, struct error *error)
{
    struct template *const *templates = body->kind == BODY_RUN ? &body->run : body->arguments;
    size_t count = body->kind == BODY_RUN ? 1 : body->argument_count;
    size_t words = 0, at = 0;
    struct buf text = {0};
    int result = 0;
    for (size_t i = 0; !result && i < count; i++) {
        need_script(context, templates[i]);
        result = template_arguments(templates[i], context->script, &text, &words, error);
    }
    if (!result && !words)
        result = error_set(error, ERROR_FAILED, "an empty list has no program to run");
    *argv = arena_alloc(context->arena, (body->shell_count + words + 1) * sizeof(char *));
    for (size_t i = 0; body->kind == BODY_RUN && i < body->shell_count; i++)
        (*argv)[at++] = body->shell[i];
    const char *word = arena_copy(context->arena, buf_string(&text), text.length);
    for (size_t i = 0; i < words; i++, word += strlen(word) + 1)
        (*argv)[at++] = word;
    buf_release(&text);
    return result;
}

static void add_source(struct config_texts *texts, const struct template *template)
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
static char *print_attributes(const struct exec_context *context)
{
    struct buf words = {0};
    attributes_print(&words, &context->attributes);
    return buf_take(&words);
}

static void add_queues(struct config_texts *texts, const struct run *run, const size_t *queues,
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
static bool is_overruled(const struct exec_context *context, const struct env_spec *env)
{
    return context->overruled && !strcmp(env->name, context->overruled) &&
           !template_uses_task(env->value);
}

void exec_context_config(const struct exec_context *context, struct worker_config *config)
{
    const struct run *run = context->run;
    const struct object_spec *spec = context->spec;
    const struct body_spec *body = &spec->body;
    size_t length;
    *config = (struct worker_config){
        .body = body_of(body->kind),
        .name = mem_strdup(context->name),
        .run = mem_strdup(run->identity.id),
        .directory = mem_strdup(run->scenario->source.directory),
        .lua = chunk_copy(body->lua.text, body->lua.length, body->lua.file, body->lua.line),
        .json = body->format == LINE_JSON,
        .dry = run->plan.dry,
        .tell_command = run->plan.tells_commands,
        .queues.window = queue_session_window(run, spec->queues.produces, spec->queues.produces_count),
        .stdin_fd = -1,
        .stdout_fd = -1,
        .blocks = -1,
    };
    value_encode(&config->vars, &run->scenario->vars);
    add_queues(&config->queues.produces, run, spec->queues.produces, spec->queues.produces_count);
    add_queues(&config->queues.consumes, run, spec->queues.consumes, spec->queues.consumes_count);
    for (size_t i = 0; i < spec->queues.produces_count; i++)
        buf_char(&config->queues.rules, (char)rules_of(run->queue_set.list[spec->queues.produces[i]]));
    if (body->kind == BODY_LUA)
        return;
    config->attributes = print_attributes(context);
    if (spec->cwd)
        config->cwd = mem_strdup(template_source(spec->cwd, &length));
    for (size_t i = 0; i < spec->env_count; i++) {
        if (is_overruled(context, &spec->env[i]))
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
