/* Where the workers of a pool run. */
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/unit.h"
#include "scenario/loader.h"
#include "scenario/types.h"

/* What "slurm" alone stands for: {slurm: }. */
static const struct node *short_form(struct loader *loader, const struct node *word)
{
    struct node *map = arena_alloc(loader->arena, 3 * sizeof(*map));
    map[0] = *word;
    map[0].kind = NODE_MAP;
    map[0].size = 1;
    map[0].items = map + 1;
    map[1] = *word;
    map[2] = *word;
    map[2].size = 0;
    map[2].text = "";
    map[2].style = STYLE_PLAIN;
    return map;
}

/* How long what is not queued has to answer, where nothing is said. */
#define ANSWER_TIME (20 * NS_PER_S)

static void bind_on(struct loader *loader, const struct field *field, const struct node *node)
{
    struct on_spec *on = field->member;
    on->mark = loader_mark(loader, node);
    const struct node *workers = block_given(field->block, "workers");
    if (workers && workers->kind == NODE_MAP)
        workers = node_find(workers, "most");
    on->as_many = !workers || (workers->kind == NODE_SCALAR && !strcmp(workers->text, "auto"));
    if (node_is_nothing(node))
        return;
    if (node->kind == NODE_SCALAR && !strcmp(node->text, "slurm"))
        node = short_form(loader, node);
    if (node->kind == NODE_MAP)
        field_block(loader, field, node, on);
    else
        field_expected(loader, field, node, field->key->type->wording, "for example: on: {ssh: [host1, host2]}");
    if (node->kind == NODE_MAP && !node_find(node, "timeout"))
        on->timeout = on->slurm.given ? 0 : ANSWER_TIME;
}

/* The texts of a list of at least one; NULL where it is none, which was told with HINT. */
static const char **bind_words(struct loader *loader, const struct field *field, const struct node *node, const char *hint)
{
    if (node->kind != NODE_LIST || !node->size) {
        field_expected(loader, field, node, field->key->type->wording, hint);
        return NULL;
    }
    const char **words = arena_alloc(loader->arena, node->size * sizeof(*words));
    for (size_t i = 0; i < node->size; i++)
        if (!field_text(loader, field, &node->items[i], &words[i]))
            return NULL;
    return words;
}

static void bind_launcher(struct loader *loader, const struct field *field, const struct node *node)
{
    struct on_spec *on = field->block->spec;
    const char **words = bind_words(loader, field, node,
                                    node->kind == NODE_SCALAR ? "each word is an item of a list: [PROGRAM, ARGUMENT]" : NULL);
    if (words && !*words[0]) {
        field_expected(loader, field, &node->items[0], "a program", NULL);
        return;
    }
    on->command = words;
    on->command_count = words ? node->size : 0;
}

/* Nothing of ssh(1) may ask, or be shared with what the user does; what stands behind is no option. */
static const char *const ssh_command[] = {"ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o",
                                          "ControlMaster=no", "-o", "ControlPath=none", "--"};

static void bind_hosts(struct loader *loader, const struct field *field, const struct node *node)
{
    struct on_spec *on = field->block->spec;
    const char **hosts = bind_words(loader, field, node, "for example: ssh: [host1, alice@host2]");
    if (!hosts)
        return;
    for (size_t i = 0; i < node->size; i++) {
        if (!*hosts[i] || *hosts[i] == '-') {
            field_expected(loader, field, &node->items[i], "a host as ssh takes it", NULL);
            return;
        }
    }
    const char **words = arena_alloc(loader->arena, sizeof(ssh_command));
    memcpy(words, ssh_command, sizeof(ssh_command));
    on->command = words;
    on->command_count = countof(ssh_command);
    on->hosts = hosts;
    on->host_count = node->size;
}

/* Each start is one job of one task, whose streams are srun's and nothing else's; no library of MPI is to wait for it. */
static const char *const srun_command[] = {"srun", "-Q", "-N1", "-n1", "--mpi=none"};

static void bind_slurm(struct loader *loader, const struct field *field, const struct node *node)
{
    struct on_spec *on = field->block->spec;
    if (node->kind != NODE_MAP && !node_is_nothing(node)) {
        field_expected(loader, field, node, field->key->type->wording, "for example: slurm: {cpus: 4, time: 2h}");
        return;
    }
    on->slurm.given = true;
    field_block(loader, field, node, &on->slurm);
    const char **words = arena_alloc(loader->arena, sizeof(srun_command));
    memcpy(words, srun_command, sizeof(srun_command));
    on->command = words;
    on->command_count = countof(srun_command);
}

/* Options of srun(1) that a worker cannot live with, and what is meant instead; LETTER 0: it has none. */
static const struct {
    const char *name;
    char letter;
    const char *hint;
} srun_refused[] = {
    {"ntasks", 'n', "each start is one task; 'workers' of the pool says how many there are"},
    {"nodes", 'N', "each start is on one node; 'workers' of the pool says how many there are"},
    {"cpus-per-task", 'c', "write 'cpus' beside 'options'"},
    {"time", 't', "write 'time' beside 'options'"},
    {"job-name", 'J', "parrun finds its jobs by their names"},
    {"label", 'l', "the worker's output must come as it is"},
    {"output", 'o', "the worker's output must come to parrun"},
    {"error", 'e', "the worker's errors must come to parrun"},
    {"input", 'i', "the worker's input must come from parrun"},
    {"pty", 0, "a terminal changes what goes through it"},
    {"verbose", 'v', "it cannot stand beside -Q, which parrun gives"},
    {"multi-prog", 0, "each start is one task"},
    {"no-allocate", 'Z', "a worker needs a job"},
    {"test-only", 0, "a worker is to run"},
};

/* Those letters that are whole options: others may stand behind them in a word. */
#define SRUN_FLAGS "EhHjkKOqQsuVX"

/* The refused option that WORD is or has; COUNT of them where it is none. */
static size_t find_refused(const char *word)
{
    size_t i;
    if (word[0] != '-' || !word[1])
        return countof(srun_refused);
    size_t length = word[1] == '-' ? strcspn(word + 2, "=") : 0;
    for (i = 0; length && i < countof(srun_refused); i++)
        if (!strncmp(word + 2, srun_refused[i].name, length)) /* which srun takes short ones for */
            return i;
    for (word++; !length && *word; word++) {
        for (i = 0; i < countof(srun_refused); i++)
            if (*word == srun_refused[i].letter)
                return i;
        if (!strchr(SRUN_FLAGS, *word))
            break;
    }
    return countof(srun_refused);
}

static void bind_srun(struct loader *loader, const struct field *field, const struct node *node)
{
    struct slurm_spec *slurm = field->block->spec;
    const char **words = bind_words(loader, field, node,
                                    node->kind == NODE_SCALAR ? "each option is an item of a list: [--partition=short]" : NULL);
    for (size_t i = 0; words && i < node->size; i++) {
        bool value = i && *words[i - 1] == '-' && !strchr(words[i - 1], '=') && *words[i] && *words[i] != '-';
        size_t refused = find_refused(words[i]);
        if (!value && (*words[i] != '-' || !strcmp(words[i], "--")))
            field_expected(loader, field, &node->items[i], "an option of srun", "options begin with '-'; what stands behind them would be run");
        else if (!value && refused < countof(srun_refused))
            field_expected(loader, field, &node->items[i], "an option of srun that leaves the worker alone", srun_refused[refused].hint);
    }
    slurm->options = words;
    slurm->option_count = words ? node->size : 0;
}

const struct type type_on = {
    .name = "on",
    .wording = "a mapping of keys or slurm",
    .bind = bind_on,
    .block = BLOCK_ON,
    .json = "'anyOf':[{'enum':['slurm',null]},@block]",
};
const struct type type_launcher = {
    .name = "launcher",
    .wording = "a list of a program and its arguments",
    .bind = bind_launcher,
    .early = true,
    .json = "'type':'array','minItems':1,'items':@text",
};
const struct type type_hosts = {
    .name = "hosts",
    .wording = "a list of hosts",
    .bind = bind_hosts,
    .early = true,
    .json = "'type':'array','minItems':1,'items':@text",
};
const struct type type_slurm = {
    .name = "slurm",
    .wording = "a mapping of keys",
    .bind = bind_slurm,
    .early = true,
    .block = BLOCK_SLURM,
    .json = "'anyOf':[@block,{'type':'null'}]",
};
const struct type type_srun = {
    .name = "srun",
    .wording = "a list of options of srun",
    .bind = bind_srun,
    .early = true,
    .json = "'type':'array','minItems':1,'items':@text",
};
