/* Rendering a pool's command for one task. */
#include "worker/render.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "os/cgroup.h"
#include "os/spawn.h"
#include "os/spawn_attributes.h"
#include "script/script.h"
#include "template/shell_words.h"
#include "template/template.h"
#include "wire/block.h"
#include "wire/task_variables.h"
#include "worker/private.h"

/* A text that is rendered for each task, or once where no task's name stands in it. */
struct rendered {
    struct template *template;
    const char *head; /* "NAME=" of an environment entry, "" otherwise */
    const char *own;  /* of an entry that differs from task to task: the worker's, "NAME=VALUE", or "NAME": none */
    struct buf text;
    size_t words; /* of an argument: those in TEXT, each with a NUL behind it */
    bool fixed;
};

struct body_command {
    struct arena *arena;
    int null;
    struct rendered *arguments; /* behind the words of the shell */
    size_t argument_count;
    struct rendered *entries;
    size_t entry_count;
    bool env_varies; /* some of the entries differ from task to task */
    struct rendered cwd;
    struct buf directory; /* CWD made absolute */
    enum worker_input input_kind;
    struct rendered input;
    struct buf input_path; /* INPUT made absolute, where it is a file */
    const char *blocks;    /* the file that the blocks are of, as config.input_text says */
    struct input_block block;    /* of the task that was rendered last */
    struct attributes attributes;
    int64_t address_space; /* that they give, bytes; 0: none */
    struct cgroup *cgroup;
    struct variables variables;
    const char **argv;
    size_t argv_count;
    size_t argv_room;
    size_t argv_fixed; /* of ARGV, what stands before the rendered ones */
    const char **environment;
    size_t environment_fixed; /* entries taken over from the worker's own */
};

static int parse_rendered(struct body_command *command, const struct template_scope *scope,
                          enum template_use use, const char *head, const char *text,
                          struct rendered *rendered, struct error *error)
{
    struct template_fault fault = {0};
    rendered->head = arena_strdup(command->arena, head);
    if (template_parse(command->arena, text, strlen(text), use, scope, &rendered->template, &fault))
        return error_set(error, ERROR_FAILED, "in '%s': %s", text, fault.text);
    return 0;
}

/* Of any bytes. */
static int render_bytes(struct rendered *rendered, struct script *script, struct error *error)
{
    if (rendered->fixed)
        return 0;
    buf_clear(&rendered->text);
    buf_text(&rendered->text, rendered->head);
    int result = template_render(rendered->template, script, &rendered->text, error);
    rendered->fixed = !result && !template_uses_task(rendered->template);
    return result;
}

static int render(struct rendered *rendered, struct script *script, struct error *error)
{
    int result = render_bytes(rendered, script, error);
    if (!result && strlen(buf_string(&rendered->text)) != rendered->text.length)
        result = error_set(error, ERROR_FAILED,
                           "a value with a NUL byte cannot be passed to a command");
    return result;
}

/* An argument that uses no name of the task may use a variable that does. */
static bool may_vary(const struct body_command *command, const struct rendered *argument)
{
    return template_uses_task(argument->template) ||
           (command->env_varies && !template_is_constant(argument->template));
}

static int render_argument(const struct body_command *command, struct rendered *rendered,
                           struct script *script, struct error *error)
{
    if (rendered->fixed)
        return 0;
    buf_clear(&rendered->text);
    rendered->words = 0;
    int result = template_arguments(rendered->template, script, &rendered->text, &rendered->words,
                                    error);
    rendered->fixed = !result && !may_vary(command, rendered);
    return result;
}

static void add_word(struct body_command *command, const char *word)
{
    command->argv = mem_grow(command->argv, &command->argv_room, command->argv_count + 2,
                             sizeof(*command->argv));
    command->argv[command->argv_count++] = word;
    command->argv[command->argv_count] = NULL;
}

static void add_words(struct body_command *command, const struct rendered *argument)
{
    const char *at = argument->text.data;
    for (size_t i = 0; i < argument->words; i++) {
        add_word(command, at);
        at += strlen(at) + 1;
    }
}

/* True where one of the entries, or of the task's variables, sets the variable of ENTRY. */
static bool is_overridden(const struct body_command *command, const char *entry)
{
    for (size_t i = 0; i < command->entry_count; i++)
        if (!strncmp(entry, command->entries[i].head, strlen(command->entries[i].head)))
            return true;
    return variables_name(entry);
}

static void take_environment(struct body_command *command)
{
    size_t count = 0;
    while (environ[count])
        count++;
    command->environment = arena_alloc(
        command->arena, (count + command->entry_count + VARIABLES + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++)
        if (!is_overridden(command, environ[i]))
            command->environment[command->environment_fixed++] = environ[i];
}

/* What is the same for each task the worker has got already; to work it out once more would build on that. */
static void take_own(struct body_command *command, struct rendered *entry, const char *name)
{
    const char *value = getenv(name);
    if (template_uses_task(entry->template)) {
        entry->own = value ? arena_printf(command->arena, "%s=%s", name, value) : name;
        return;
    }
    if (!value)
        return;
    buf_text(&entry->text, entry->head);
    buf_text(&entry->text, value);
    entry->fixed = true;
}

static int parse_entries(struct body_command *command, const struct worker_config *config,
                         const struct template_scope *scope, struct error *error)
{
    const struct config_texts *env = &config->env;
    command->entry_count = env->count / 2;
    command->entries =
        arena_alloc(command->arena, command->entry_count * sizeof(*command->entries));
    for (size_t i = 0; i < command->entry_count; i++) {
        char *head = arena_printf(command->arena, "%s=", env->items[2 * i]);
        int result = parse_rendered(command, scope, TEMPLATE_TEXT, head, env->items[2 * i + 1],
                                    &command->entries[i], error);
        if (result)
            return error_wrap(error, "env %s", env->items[2 * i]);
        take_own(command, &command->entries[i], env->items[2 * i]);
    }
    return 0;
}

static int parse_arguments(struct body_command *command, const struct worker_config *config,
                           const struct template_scope *scope, struct error *error)
{
    const struct config_texts *shell = &config->shell;
    enum template_use use = TEMPLATE_TEXT;
    command->argument_count = config->command.count;
    command->arguments =
        arena_alloc(command->arena, command->argument_count * sizeof(*command->arguments));
    if (config->body == WORKER_RUN)
        use = shell_use((const char *const *)shell->items, shell->count);
    for (size_t i = 0; config->body == WORKER_RUN && i < shell->count; i++)
        add_word(command, shell->items[i]);
    command->argv_fixed = command->argv_count;
    for (size_t i = 0; i < command->argument_count; i++) {
        int result = parse_rendered(command, scope, use, "", config->command.items[i],
                                    &command->arguments[i], error);
        if (result)
            return result;
    }
    return 0;
}

static bool is_block(enum worker_input input)
{
    return input == WORKER_INPUT_BLOCK || input == WORKER_INPUT_STREAM;
}

static int parse_input(struct body_command *command, const struct worker_config *config,
                       const struct template_scope *scope, struct error *error)
{
    command->input_kind = config->input;
    command->blocks = config->input_text;
    if (!config->input || is_block(config->input))
        return 0;
    int result = parse_rendered(command, scope, TEMPLATE_TEXT, "", config->input_text, &command->input, error);
    return result ? error_wrap(error, "stdin") : 0;
}

int command_prepare(struct worker *worker, struct error *error)
{
    const struct worker_config *config = &worker->config;
    struct body_command *command = mem_calloc(1, sizeof(*command));
    worker->command = command;
    command->arena = arena_new();
    command->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (command->null < 0)
        return error_system(error, errno, "cannot open /dev/null");
    if (config->blocks >= 0)
        fcntl(config->blocks, F_SETFD, FD_CLOEXEC);
    struct value vars = {0};
    const char *at = config->vars.data;
    size_t left = config->vars.length;
    int result = value_decode(command->arena, &at, &left, &vars, error);
    if (result)
        return result;
    if (config->attributes && !attributes_parse(&command->attributes, config->attributes))
        return error_set(error, ERROR_FAILED, "'%s' are no attributes", config->attributes);
    if (attributes_given(&command->attributes, ATTRIBUTE_AS))
        command->address_space = command->attributes.values[ATTRIBUTE_AS];
    if (command->attributes.cgroup)
        command->cgroup = cgroup_at(command->attributes.cgroup);
    bool once = config->body == WORKER_COPROCESS;
    struct value any = {.type = VALUE_TABLE};
    struct template_scope scope = {.vars = &vars, .task = !once, .worker = once, .output_tmp = !once, .uses = once ? NULL : &any};
    worker->expressions = script_new_expressions(config->name, &vars);
    result = parse_entries(command, config, &scope, error);
    if (!result)
        result = parse_arguments(command, config, &scope, error);
    if (!result && config->cwd)
        result = parse_rendered(command, &scope, TEMPLATE_TEXT, "", config->cwd, &command->cwd,
                                error);
    if (!result)
        result = parse_input(command, config, &scope, error);
    if (!result)
        take_environment(command);
    return result;
}

void command_release(struct worker *worker)
{
    struct body_command *command = worker->command;
    if (!command)
        return;
    for (size_t i = 0; i < command->argument_count; i++)
        buf_release(&command->arguments[i].text);
    for (size_t i = 0; i < command->entry_count; i++)
        buf_release(&command->entries[i].text);
    free(command->argv);
    variables_release(&command->variables);
    buf_release(&command->cwd.text);
    buf_release(&command->directory);
    buf_release(&command->input.text);
    buf_release(&command->input_path);
    if (command->null >= 0)
        close(command->null);
    attributes_release(&command->attributes);
    cgroup_free(command->cgroup);
    arena_free(command->arena);
    free(command);
    worker->command = NULL;
}

static void fill_environment(struct body_command *command)
{
    size_t count = command->environment_fixed;
    for (size_t i = 0; i < command->entry_count; i++)
        command->environment[count++] = command->entries[i].text.data;
    count += variables_put(&command->variables, command->environment + count);
    command->environment[count] = NULL;
}

/* A file has a path without NUL bytes, a text any bytes. */
static int render_read(struct body_command *command, struct script *script, struct error *error)
{
    if (!command->input.template)
        return 0;
    int result = command->input_kind == WORKER_INPUT_FILE ? render(&command->input, script, error)
                                                          : render_bytes(&command->input, script, error);
    return result ? error_wrap(error, "stdin") : 0;
}

static int render_all(struct body_command *command, struct script *script, struct error *error)
{
    int result = 0;
    command->argv_count = command->argv_fixed;
    /* Those of the task before are none of this one's: what it makes from them it makes from the worker's. */
    for (size_t i = 0; command->env_varies && i < command->entry_count; i++)
        if (command->entries[i].own)
            script_set_env(script, command->entries[i].own);
    for (size_t i = 0; !result && i < command->entry_count; i++) {
        const char *head = command->entries[i].head;
        result = render(&command->entries[i], script, error);
        if (result)
            error_wrap(error, "env %.*s", (int)strcspn(head, "="), head);
        if (result || !template_uses_task(command->entries[i].template))
            continue; /* the worker has it in its own environment */
        script_set_env(script, command->entries[i].text.data);
        command->env_varies = true;
    }
    for (size_t i = 0; !result && i < command->argument_count; i++) {
        result = render_argument(command, &command->arguments[i], script, error);
        if (!result)
            add_words(command, &command->arguments[i]);
    }
    if (!result && !command->argv_count)
        result = error_set(error, ERROR_FAILED, "an empty list has no program to run");
    if (!result && command->cwd.template)
        result = render(&command->cwd, script, error) ? error_wrap(error, "cwd") : 0;
    return result ? result : render_read(command, script, error);
}

/* PATH made absolute, into WHOLE: relative to the scenario's directory. */
static void put_path(const struct worker *worker, const struct buf *path, struct buf *whole)
{
    buf_clear(whole);
    if (*buf_string(path) != '/')
        buf_printf(whole, "%s/", worker->config.directory);
    buf_append(whole, path->data, path->length);
}

/* Where the task runs; NULL: where parrun runs. */
static const char *find_directory(struct body_command *command, const struct worker *worker)
{
    if (!command->cwd.template)
        return NULL;
    put_path(worker, &command->cwd.text, &command->directory);
    return command->directory.data;
}

/* The limit on memory of this one task: its cgroup's, or where that counts none the address space of each process. */
static void limit_memory(struct body_command *command, int64_t memory)
{
    const struct cgroup_limits limits = {.memory = memory};
    if (command->cgroup && !cgroup_limit(cgroup_path(command->cgroup), &limits))
        attributes_set(&command->attributes, ATTRIBUTE_MEMORY, memory);
    else
        attributes_set(&command->attributes, ATTRIBUTE_AS,
                       command->address_space && command->address_space < memory ? command->address_space : memory);
}

/* Where its cgroup cannot have such, there is none: that is told when the run starts. */
static void limit_processors(struct body_command *command, int64_t share)
{
    const struct cgroup_limits limits = {.cpu_share = share};
    if (command->cgroup)
        cgroup_limit(cgroup_path(command->cgroup), &limits);
}

/* The limits of this one task, over those of all. */
static void limit_task(struct body_command *command, const char *written)
{
    struct attributes own = {0};
    if (!written)
        return;
    attributes_parse(&own, written);
    for (enum attribute i = 0; i < ATTRIBUTES; i++)
        if (attributes_given(&own, i) && i != ATTRIBUTE_MEMORY && i != ATTRIBUTE_CPUS)
            attributes_set(&command->attributes, i, own.values[i]);
    if (attributes_given(&own, ATTRIBUTE_AS))
        command->address_space = own.values[ATTRIBUTE_AS];
    if (attributes_given(&own, ATTRIBUTE_MEMORY))
        limit_memory(command, own.values[ATTRIBUTE_MEMORY]);
    if (attributes_given(&own, ATTRIBUTE_CPUS))
        limit_processors(command, own.values[ATTRIBUTE_CPUS]);
    attributes_release(&own);
}

static void fill_options(struct body_command *command, const struct worker *worker,
                         struct spawn_options *options)
{
    fill_environment(command);
    options->argv = command->argv;
    options->environment = command->environment;
    options->directory = find_directory(command, worker);
    options->attributes = &command->attributes;
    if (command->input_kind == WORKER_INPUT_FILE)
        put_path(worker, &command->input.text, &command->input_path);
}

int render_command(struct body_command *command, struct worker *worker,
                   const struct worker_task *task, struct spawn_options *options,
                   struct error *error)
{
    struct arena *arena = worker_task_needs_arena(task) ? arena_new() : NULL;
    struct value item = {0}, uses;
    int result = worker_task_decode(task, arena, &item, &uses, error);
    if (!result) {
        if (task->uses_size)
            script_set_uses(worker->expressions, &uses);
        if (task->output_tmp)
            script_set_output_tmp(worker->expressions, task->output_tmp);
        script_set_task(worker->expressions, &item, task->index, worker->config.worker,
                        task->attempt);
        result = render_all(command, worker->expressions, error);
        command->block = is_block(command->input_kind) ? block_of(&item) : (struct input_block){0};
    }
    if (!result) {
        variables_fill(&command->variables,
                       &(struct variables_task){&item, task->index, worker->config.worker,
                                                task->attempt, &uses});
        limit_task(command, task->limits);
        fill_options(command, worker, options);
        result = variables_fit(&command->variables, options->argv, error);
    }
    arena_free(arena);
    return result;
}

int render_program(struct body_command *command, struct worker *worker,
                   struct spawn_options *options, struct error *error)
{
    struct value none = {0};
    script_set_task(worker->expressions, &none, 0, worker->config.worker, 0);
    int result = render_all(command, worker->expressions, error);
    if (result)
        return result;
    variables_fill_worker(&command->variables, worker->config.worker);
    fill_options(command, worker, options);
    return 0;
}

/* Whether the command learns its task from the environment: it names one of these variables, or
 * nothing else tells one task from another. */
static bool needs_variables(const struct body_command *command)
{
    bool told = !variables_tell_task(&command->variables); /* a coprocess: by its line */
    for (size_t i = command->argv_fixed; i < command->argv_count; i++)
        if (strstr(command->argv[i], "PARRUN_"))
            return true;
    for (size_t i = 0; i < command->argument_count; i++)
        told = told || template_uses_task(command->arguments[i].template);
    for (size_t i = 0; i < command->entry_count; i++)
        told = told || template_uses_task(command->entries[i].template);
    told = told || is_block(command->input_kind) || (command->input.template && template_uses_task(command->input.template));
    return !told && !(command->cwd.template && template_uses_task(command->cwd.template));
}

/* "tail -c +101 FILE | head -c 50"; of a stream FILE is left out, as it would be that of the shell. */
static void print_block(const struct body_command *command, struct buf *line)
{
    const struct input_block *block = &command->block;
    struct buf file = {0};
    if (*command->blocks) {
        buf_char(&file, ' ');
        shell_quote(&file, command->blocks, strlen(command->blocks));
    }
    if (block->header)
        buf_printf(line, "{ tail -c +%lld%s | head -c %lld; ", (long long)block->begin + 1, buf_string(&file),
                   (long long)block->header);
    buf_printf(line, "tail -c +%lld%s | head -c %lld%s", (long long)block->offset + 1, buf_string(&file),
               (long long)block->size, block->header ? "; }" : "");
    buf_release(&file);
}

/* A text that is longer is told of, and not shown. */
#define TEXT_SHOWN 4096

/* The command, which begins at FROM in OUT, with what it reads. */
static void print_input(const struct body_command *command, const struct spawn_options *options, size_t from,
                        struct buf *out)
{
    const struct buf *text = &command->input.text;
    struct buf line = {0};
    if (is_block(command->input_kind)) {
        print_block(command, &line);
    } else if (command->input_kind == WORKER_INPUT_FILE) {
        buf_text(out, " <");
        shell_quote(out, command->input_path.data, command->input_path.length);
    } else if (text->length > TEXT_SHOWN) {
        buf_printf(out, " # stdin: %zu bytes of text", text->length);
    } else {
        buf_text(&line, "printf %s ");
        shell_quote(&line, text->data, text->length);
    }
    if (line.length) {
        buf_printf(&line, options->directory ? " | (%s)" : " | %s", out->data + from);
        buf_truncate(out, from);
        buf_append(out, line.data, line.length);
    }
    buf_release(&line);
}

void render_print(const struct body_command *command, const struct spawn_options *options,
                  struct buf *out)
{
    /* The entries stand behind those taken over, as fill_environment() put them there, and the
     * task's variables behind these. */
    const char *const *entries = command->environment + command->environment_fixed;
    size_t count = command->entry_count;
    if (needs_variables(command))
        while (entries[count])
            count++;
    size_t from = out->length;
    spawn_print(options, entries, count, out);
    if (command->input_kind)
        print_input(command, options, from, out);
}

const struct attributes *render_attributes(const struct body_command *command)
{
    return &command->attributes;
}

struct cgroup *render_cgroup(const struct body_command *command)
{
    return command->cgroup;
}

const struct buf *render_input(const struct body_command *command)
{
    return command->input_kind == WORKER_INPUT_FILE ? &command->input_path : &command->input.text;
}

const struct input_block *render_block(const struct body_command *command)
{
    return &command->block;
}

int render_null(const struct body_command *command)
{
    return command->null;
}
