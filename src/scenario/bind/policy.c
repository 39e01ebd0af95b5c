/* The types of a pool's policies: shares, rates, sizes, factors, exit codes. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/unit.h"
#include "scenario/hints/values.h"
#include "scenario/loader.h"
#include "scenario/types.h"

#define CODE_MOST 255

/* A whole number from 1 at the start of TEXT; *END is what stands behind. 0 where there is none. */
/* Of a command line, as xargs has them: what it takes, what is left to the environment, and the least that is tried. */
#define COMMAND_USUAL (INT64_C(128) << 10)
#define COMMAND_SPARE 2048
#define COMMAND_LEAST 2048

static int64_t leading_number(const char *text, const char **end)
{
    char *behind;
    long long number = strtoll(text, &behind, 10);
    *end = behind;
    return behind == text || number < 1 || number > 1000000000 ? 0 : number;
}

/* "3" tasks or "10%" of them. */
static void bind_share(struct loader *loader, const struct field *field, const struct node *node)
{
    struct share_spec *share = field->member;
    const char *text, *end;
    if (!field_text(loader, field, node, &text))
        return;
    share->number = leading_number(text, &end);
    share->percent = !strcmp(end, "%");
    if (!share->number || (*end && !share->percent) || (share->percent && share->number > 100))
        field_wrong(loader, field, node);
}

/* "10/s": so many beginnings in a unit of time. */
static void bind_rate(struct loader *loader, const struct field *field, const struct node *node)
{
    static const struct {
        const char *unit;
        int64_t length;
    } units[] = {{"/s", NS_PER_S}, {"/m", 60 * NS_PER_S}, {"/h", 3600 * NS_PER_S}};
    const char *text, *end;
    if (!field_text(loader, field, node, &text))
        return;
    int64_t number = leading_number(text, &end);
    for (size_t i = 0; number && i < sizeof(units) / sizeof(*units); i++) {
        if (!strcmp(end, units[i].unit)) {
            *(int64_t *)field->member = units[i].length / number;
            return;
        }
    }
    int64_t length = 0;
    struct error error = {0};
    bool known = number && *end == '/' && !duration_parse(end + 1, &length, &error);
    error_release(&error);
    *(int64_t *)field->member = known ? length / number : 0;
    if (known && length)
        return;
    field_meant(loader, field, node, meant_rate(loader->arena, text));
}

/* "30s", or "300%" of what a task usually takes; what depends on the task is worked out before each attempt. */
static void bind_task_timeout(struct loader *loader, const struct field *field,
                              const struct node *node)
{
    struct pool_spec *pool = field->block->spec;
    struct error error = {0};
    const char *text, *end;
    if (field_of_task(loader, field, node, &pool->own_timeout) || !field_text(loader, field, node, &text))
        return;
    int64_t percent = leading_number(text, &end);
    if (percent && !strcmp(end, "%"))
        pool->timeout_percent = percent;
    else if (duration_parse(text, &pool->object.timeout, &error))
        duration_wrong(loader, field, node, text, &error);
    error_release(&error);
}

static void bind_size(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text;
    uint64_t bytes;
    struct error error = {0};
    if (!field_text(loader, field, node, &text))
        return;
    if (size_parse(text, &bytes, &error))
        field_meant(loader, field, node, meant_size(loader->arena, text));
    else if (bytes > INT64_MAX || (int64_t)bytes < field->key->least)
        field_wrong(loader, field, node);
    else
        *(int64_t *)field->member = (int64_t)bytes;
    error_release(&error);
}

/* A number, whole or not, of at least the key's least. */
static void bind_number(struct loader *loader, const struct field *field, const struct node *node)
{
    struct value value;
    if (!field_value(loader, field, node, &value))
        return;
    double number = value.type == VALUE_INTEGER  ? (double)value.integer
                    : value.type == VALUE_NUMBER ? value.number
                                                 : NAN;
    if (isfinite(number) && number >= (double)field->key->least)
        *(double *)field->member = number;
    else if (isfinite(number))
        field_expected(loader, field, node,
                       arena_printf(loader->arena, "a number of %" PRId64 " or more", field->key->least), NULL);
    else
        field_wrong(loader, field, node);
}

/* "12.5%", above 0. */
static void bind_percent(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text;
    char *end;
    if (!field_text(loader, field, node, &text))
        return;
    double number = strtod(text, &end);
    if (end != text && !strcmp(end, "%") && number > 0 && number <= 100)
        *(double *)field->member = number;
    else
        field_wrong(loader, field, node);
}

static bool bind_code(struct loader *loader, const struct field *field, const struct node *node, int64_t least, int64_t *code)
{
    struct value value;
    if (!field_value(loader, field, node, &value))
        return false;
    if (value.type != VALUE_INTEGER || value.integer < least || value.integer > CODE_MOST) {
        field_wrong(loader, field, node);
        return false;
    }
    *code = value.integer;
    return true;
}

static void bind_codes(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    int64_t *codes = arena_alloc(loader->arena, count * sizeof(*codes));
    for (size_t i = 0; i < count; i++)
        bind_code(loader, field, &items[i], 1, &codes[i]);
    *(int64_t **)field->member = codes;
    *field->count = count;
}

/* Those that depend on the task are worked out before each attempt. */
static void bind_success_codes(struct loader *loader, const struct field *field,
                               const struct node *node)
{
    struct codes_spec *codes = field->member;
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    codes->codes = arena_alloc(loader->arena, count * sizeof(*codes->codes));
    codes->own = arena_alloc(loader->arena, count * sizeof(*codes->own));
    codes->count = codes->own_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (field_of_task(loader, field, &items[i], &codes->own[codes->own_count]))
            codes->own_count += codes->own[codes->own_count] != NULL;
        else if (bind_code(loader, field, &items[i], 0, &codes->codes[codes->count]))
            codes->count++;
    }
}

/* Of a pool; which of its tasks may fail may depend on them. */
static void bind_allow_failure(struct loader *loader, const struct field *field, const struct node *node)
{
    struct pool_spec *pool = field->block->spec;
    if (!field_of_task(loader, field, node, &pool->own_allowed))
        type_boolean.bind(loader, field, node);
}

static void bind_results_path(struct loader *loader, const struct field *field,
                              const struct node *node, enum results_kind kind)
{
    struct results_spec *results = field->block->spec;
    const char *path;
    if (!field_text(loader, field, node, &path))
        return;
    if (!*path) {
        field_wrong(loader, field, node);
        return;
    }
    char *absolute = scenario_path(loader->scenario, path);
    results->kind = kind;
    results->mark = loader_mark(loader, node);
    results->path = arena_strdup(loader->arena, absolute);
    free(absolute);
}

static void bind_results_file(struct loader *loader, const struct field *field,
                              const struct node *node)
{
    bind_results_path(loader, field, node, RESULTS_FILE);
}

static void bind_results_csv(struct loader *loader, const struct field *field,
                             const struct node *node)
{
    struct results_spec *results = field->block->spec;
    results->separator = ',';
    bind_results_path(loader, field, node, RESULTS_FILE);
}

static void bind_results_tsv(struct loader *loader, const struct field *field,
                             const struct node *node)
{
    struct results_spec *results = field->block->spec;
    results->separator = '\t';
    bind_results_path(loader, field, node, RESULTS_FILE);
}

static void bind_results_dir(struct loader *loader, const struct field *field,
                             const struct node *node)
{
    bind_results_path(loader, field, node, RESULTS_DIRECTORY);
}

static void bind_batch(struct loader *loader, const struct field *field, const struct node *node)
{
    struct pool_spec *pool = field->block->spec;
    if (node->kind != NODE_MAP) {
        type_integer.bind(loader, field, node);
        return;
    }
    field_block(loader, field, node, pool);
    if (!pool->batches.items)
        pool->batches.items = BATCH_MOST;
}

/* What is taken by xargs where nothing else is said: 128 KiB, or what the system has beside the environment. */
static int64_t usual_bytes(void)
{
    int64_t most = sysconf(_SC_ARG_MAX) - COMMAND_SPARE;
    for (char **entry = environ; *entry; entry++)
        most -= (int64_t)strlen(*entry) + 1;
    return most < COMMAND_LEAST ? COMMAND_LEAST : most > COMMAND_USUAL ? COMMAND_USUAL : most;
}

static void bind_batch_bytes(struct loader *loader, const struct field *field, const struct node *node)
{
    if (node->kind == NODE_SCALAR && !strcmp(node->text, "auto"))
        *(int64_t *)field->member = usual_bytes();
    else
        type_size.bind(loader, field, node);
}

static void bind_block(struct loader *loader, const struct field *field, const struct node *node)
{
    field_block(loader, field, node, field->member);
}

const struct type type_share = {
    .name = "share",
    .wording = "a number of tasks such as 3, or a share such as 10%",
    .bind = bind_share,
    .early = true,
    .json = "'anyOf':[{'type':'integer','minimum':1},{'type':'string',"
            "'pattern':'^0*([1-9][0-9]*|([1-9][0-9]?|100)%)$'},@template]",
};
const struct type type_task_timeout = {
    .name = "task timeout",
    .wording = "a duration such as 30s, or a percentage such as 300%",
    .bind = bind_task_timeout,
    .early = true,
    .json = "'anyOf':[@duration,{'type':'string','pattern':'^0*[1-9][0-9]*%$'}]",
};
const struct type type_allow_failure = {
    .name = "allow failure",
    .wording = "true or false, or a template of the task",
    .bind = bind_allow_failure,
    .early = true,
    .json = "'anyOf':[{'type':'boolean'},@template]",
};
const struct type type_batch = {
    .name = "batch",
    .wording = "a whole number from 1 to 1000000, or a mapping such as {bytes: auto}",
    .bind = bind_batch,
    .block = BLOCK_BATCH,
    .early = true,
    .json = "'anyOf':[{'type':'integer'@range},@block,@template]",
};
const struct type type_batch_bytes = {
    .name = "bytes",
    .wording = "auto, or a size such as 64K",
    .bind = bind_batch_bytes,
    .early = true,
    .json = "'anyOf':[{'const':'auto'},{'type':'integer','minimum':1},{'type':'string','pattern':'^" SIZE_PATTERN "$'},@template]",
};
const struct type type_rate = {
    .name = "rate",
    .wording = "a rate such as 10/s, 30/m or 100/h, or 1/500ms",
    .bind = bind_rate,
    .early = true,
    .json = "'anyOf':[{'type':'string','pattern':'^[0-9]+/([0-9.]*(s|m|h)|[0-9.]+ms)$'},@template]",
};
const struct type type_size = {
    .name = "size",
    .wording = "a size such as 64K, 10M or 1G",
    .bind = bind_size,
    .early = true,
    .json = "'anyOf':[{'type':'number'@least},{'type':'string','pattern':'^@nonzero" SIZE_PATTERN "$'},@template]",
};
const struct type type_number = {
    .name = "number",
    .wording = "a number",
    .bind = bind_number,
    .early = true,
    .json = "'anyOf':[{'type':'number'@least},@template]",
};
const struct type type_codes = {
    .name = "codes",
    .wording = "an exit code from 1 to 255, or a list of them",
    .bind = bind_codes,
    .early = true,
    .json = "'anyOf':[{'type':'integer','minimum':1,'maximum':255},{'type':'array',"
            "'items':{'anyOf':[{'type':'integer','minimum':1,'maximum':255},@template]}},@template]",
};
const struct type type_success_codes = {
    .name = "success codes",
    .wording = "an exit code from 0 to 255, or a list of them",
    .bind = bind_success_codes,
    .early = true,
    .json = "'anyOf':[{'type':'integer','minimum':0,'maximum':255},{'type':'array',"
            "'items':{'anyOf':[{'type':'integer','minimum':0,'maximum':255},@template]}},@template]",
};
const struct type type_retry = {
    .name = "retry",
    .wording = "a mapping of keys",
    .bind = bind_block,
    .block = BLOCK_RETRY,
    .json = "@block",
};
const struct type type_halt = {
    .name = "halt",
    .wording = "a mapping of keys",
    .bind = bind_block,
    .block = BLOCK_HALT,
    .json = "@block",
};
const struct type type_percent = {
    .name = "percent",
    .wording = "a percentage above 0% and up to 100%",
    .bind = bind_percent,
    .early = true,
    .json = "'anyOf':[{'type':'string','pattern':"
            "'^(?=.*[1-9])(0*([0-9]?[0-9]([.][0-9]*)?|100([.]0*)?)|[.][0-9]+)%$'},@template]",
};
const struct type type_pressure = {
    .name = "pressure",
    .wording = "a mapping of keys",
    .bind = bind_block,
    .block = BLOCK_PRESSURE,
    .json = "@block",
};
const struct type type_throttle = {
    .name = "throttle",
    .wording = "a mapping of keys",
    .bind = bind_block,
    .block = BLOCK_THROTTLE,
    .json = "@block",
};
const struct type type_results = {
    .name = "results",
    .wording = "a mapping of keys",
    .bind = bind_block,
    .block = BLOCK_RESULTS,
    .json = "@block",
};
const struct type type_results_file = {
    .name = "results file",
    .wording = "a path",
    .bind = bind_results_file,
    .early = true,
    .json = "@text",
};
const struct type type_results_csv = {
    .name = "results csv",
    .wording = "a path",
    .bind = bind_results_csv,
    .early = true,
    .json = "@text",
};
const struct type type_results_tsv = {
    .name = "results tsv",
    .wording = "a path",
    .bind = bind_results_tsv,
    .early = true,
    .json = "@text",
};
const struct type type_results_dir = {
    .name = "results directory",
    .wording = "a path",
    .bind = bind_results_dir,
    .early = true,
    .json = "@text",
};
