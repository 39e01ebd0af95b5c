/* The words of the command that starts an agent elsewhere, and what it has in its environment. */
#include "pool/launch_command.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "os/spawn.h"
#include "scenario/spec.h"
#include "wire/agent.h"

const char *launch_command_program(const struct on_spec *spec)
{
    static char path[PATH_MAX];
    if (spec->program)
        return spec->program;
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length <= 0)
        return "parrun";
    path[length] = '\0';
    return path;
}

/*
 * What may be left of a job in which parrun, or the shell that it was started from, happens to run, and would be taken for
 * options of this one: all but where Slurm is, and which allocation it is in.
 */
static bool is_of_slurm(const char *entry)
{
    static const char *const prefixes[] = {"SLURM_", "SLURMD_", "SBATCH_", "SALLOC_", "SRUN_", "PMI_", "PMI2_", "PMIX_"};
    static const char *const kept[] = {"SLURM_CONF=", "SLURM_JOB_ID="};
    for (size_t i = 0; i < countof(kept); i++)
        if (!strncmp(entry, kept[i], strlen(kept[i])))
            return false;
    for (size_t i = 0; i < countof(prefixes); i++)
        if (!strncmp(entry, prefixes[i], strlen(prefixes[i])))
            return true;
    return false;
}

static const char **make_environment(bool slurm)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    const char **list = mem_calloc(count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        if (!slurm || !is_of_slurm(environ[i]))
            list[kept++] = environ[i];
    return list;
}

/* The user says which nodes it may be: what is added would take the place of that. */
static bool chooses_nodes(const struct slurm_spec *slurm)
{
    static const char *const options[] = {"--exclud", "--nodel", "--nodef", "-x", "-w", "-F"};
    for (size_t i = 0; i < slurm->option_count; i++)
        for (size_t k = 0; k < countof(options); k++)
            if (!strncmp(slurm->options[i], options[k], strlen(options[k])))
                return true;
    return false;
}

#define MINUTE (60 * NS_PER_S)

/* Slurm counts in these. */
static int64_t whole_minutes(int64_t time)
{
    return (time + MINUTE - 1) / MINUTE;
}

int64_t launch_command_end(const struct on_spec *spec, int64_t begun)
{
    return spec->slurm.time ? begun + whole_minutes(spec->slurm.time) * MINUTE : 0;
}

/* Appends what a launch asks Slurm for; returns how many words there are then. */
static size_t add_slurm(struct launch_command *command, size_t count, const struct on_spec *spec, const char *job,
                        const char *excluded)
{
    const struct slurm_spec *slurm = &spec->slurm;
    struct buf *word = command->words;
    buf_printf(word, "-c%lld", (long long)(slurm->cpus ? slurm->cpus : spec->slots));
    command->argv[count++] = word++->data;
    buf_printf(word, "--job-name=%s", job);
    command->argv[count++] = word++->data;
    if (slurm->time) {
        buf_printf(word, "--time=%lld", (long long)whole_minutes(slurm->time));
        command->argv[count++] = word++->data;
    }
    if (spec->bring) {
        buf_printf(word, "--bcast=" AGENT_BROUGHT_AT "%s", job);
        command->argv[count++] = word++->data;
    }
    if (*excluded && !chooses_nodes(slurm)) {
        buf_printf(word, "--exclude=%s", excluded);
        command->argv[count++] = word->data;
    }
    if (getenv("SLURM_JOB_ID")) { /* steps of one allocation share its memory, and not its CPUs */
        command->argv[count++] = "--exact";
        command->argv[count++] = "--mem=0";
    }
    for (size_t i = 0; i < slurm->option_count; i++)
        command->argv[count++] = slurm->options[i];
    return count;
}

/*
 * Says which machine it is, in answer to which the program comes: its size in a line, then its bytes. They go where a program
 * may run; whatever ends the way there, the directory is removed. Login shells of all kinds pass it on between single quotes: it has
 * none, nor a backslash, an exclamation mark or a newline.
 */
static const char *bring_script(void)
{
    return "trap : HUP INT TERM PIPE; for d in \"${XDG_RUNTIME_DIR:-/tmp}\" \"$HOME/.cache\" /tmp /dev/shm; do "
           "p=$(mktemp -d \"$d/brought-XXXXXXXX\" 2>/dev/null) || continue; "
           "echo : >\"$p/x\"; chmod 700 \"$p/x\"; \"$p/x\" 2>/dev/null && break; rm -rf \"$p\"; p=; done; "
           "[ \"$p\" ] || { echo no directory there lets a program run >&2; exit 1; }; rm \"$p/x\"; "
           "echo " AGENT_ASKS "$(uname -m); read -r n && head -c $n >\"$p/parrun\" && [ $(wc -c <\"$p/parrun\") -eq $n ] && "
           "chmod 700 \"$p/parrun\" && \"$p/parrun\" --version >/dev/null && exec \"$p/parrun\" " AGENT_BROUGHT_ARGUMENT "; "
           "rm -rf \"$p\"; exit 1";
}

/* The shell there reads the last word. */
static void add_host(struct launch_command *command, size_t count, const struct on_spec *spec, size_t number, const char *program)
{
    buf_text(&command->line, "exec ");
    if (spec->bring) {
        buf_printf(&command->line, "/bin/sh -c '%s'", bring_script());
    } else {
        shell_quote(&command->line, program, strlen(program));
        buf_text(&command->line, " " AGENT_ARGUMENT);
    }
    command->argv[count] = spec->hosts[number % spec->host_count];
    command->argv[count + 1] = command->line.data;
}

void launch_command_make(struct launch_command *command, const struct on_spec *spec, size_t number, const char *job,
                         const char *excluded)
{
    size_t count = spec->command_count;
    const char *program = launch_command_program(spec);
    *command = (struct launch_command){
        .argv = mem_calloc(count + spec->slurm.option_count + 10, sizeof(*command->argv)),
        .environment = make_environment(spec->slurm.given),
    };
    memcpy(command->argv, spec->command, count * sizeof(*command->argv));
    if (spec->slurm.given)
        count = add_slurm(command, count, spec, job, excluded);
    if (spec->host_count) {
        add_host(command, count, spec, number, program);
    } else if (spec->bring && !spec->slurm.given) {
        command->argv[count++] = "/bin/sh";
        command->argv[count++] = "-c";
        command->argv[count] = bring_script();
    } else {
        command->argv[count] = program;
        command->argv[count + 1] = spec->bring ? AGENT_BROUGHT_ARGUMENT : AGENT_ARGUMENT;
    }
}

void launch_command_make_slurm(struct launch_command *command, const char *const *words, size_t count, const char *last)
{
    *command = (struct launch_command){
        .argv = mem_calloc(count + 2, sizeof(*command->argv)),
        .environment = make_environment(true),
    };
    memcpy(command->argv, words, count * sizeof(*words));
    command->argv[count] = last;
}

void launch_command_release(struct launch_command *command)
{
    for (size_t i = 0; i < countof(command->words); i++)
        buf_release(&command->words[i]);
    buf_release(&command->line);
    free(command->environment);
    free(command->argv);
}

void launch_command_print_job(const char *run, const char *pool, size_t number, struct buf *out)
{
    buf_printf(out, "parrun-%s-%s-%zu", run, pool, number + 1);
}

bool launch_command_plan(const struct on_spec *spec, size_t number, const char *pool, struct buf *out)
{
    struct launch_command command;
    struct buf job = {0};
    if (!spec->command_count || number >= (spec->host_count ? spec->host_count : 1))
        return false;
    launch_command_print_job("RUN", pool, 0, &job);
    launch_command_make(&command, spec, number, job.data, "");
    struct spawn_options options = {.argv = command.argv};
    buf_printf(out, spec->slots > 1 ? "%lld workers at a time are started by " : "each worker is started by ", (long long)spec->slots);
    spawn_print(&options, NULL, 0, out);
    launch_command_release(&command);
    buf_release(&job);
    return true;
}
