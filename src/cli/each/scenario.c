/* The scenario that a line of "each" stands for, as YAML. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/each/private.h"
#include "import/yaml_write.h"

/* A text as a scalar that is read back as it is. */
static void put_scalar(struct buf *out, const char *text)
{
    struct buf literal = {0};
    each_put_literal(&literal, text, strlen(text), false);
    import_quote(out, buf_string(&literal));
    buf_release(&literal);
}

void each_put_key(struct buf *out, const char *indent, const char *key, const char *text)
{
    if (!text)
        return;
    buf_printf(out, "%s%s: ", indent, key);
    put_scalar(out, text);
    buf_char(out, '\n');
}

static void put_stream(const struct each *each, struct buf *out)
{
    buf_text(out, "    tasks:\n");
    each_put_key(out, "      ", "lines", each->list_count ? each->lists[0].file : "-");
    if (each->nul)
        buf_text(out, "      nul: true\n");
    each_put_key(out, "      ", "end", each->end);
    each_put_key(out, "      ", "columns", each->columns);
    if (each->header)
        buf_text(out, "      header: true\n");
}

static void put_list(struct buf *out, const char *indent, const struct each_list *list)
{
    buf_text(out, list->count ? "\n" : " []\n");
    for (size_t i = 0; i < list->count; i++) {
        buf_printf(out, "%s- ", indent);
        put_scalar(out, list->words[i]);
        buf_char(out, '\n');
    }
}

static void put_name(struct buf *out, const struct each *each, size_t list)
{
    if (each->lists[list].name)
        put_scalar(out, each->lists[list].name);
    else
        buf_printf(out, "a%zu", list + 1);
}

static void put_matrix(const struct each *each, struct buf *out)
{
    buf_text(out, "    tasks:\n      matrix:\n");
    for (size_t i = 0; i < each->list_count; i++) {
        buf_text(out, "        ");
        put_name(out, each, i);
        buf_char(out, ':');
        put_list(out, "          ", &each->lists[i]);
    }
}

static bool is_linked(const struct each *each, size_t list)
{
    return list && (each->link || each->lists[list].linked);
}

/* Item NUMBER of the combinations: lists that are linked to the one before move with it. */
static void put_combination(const struct each *each, struct buf *out, const size_t *at)
{
    buf_text(out, "      - {");
    for (size_t i = 0; i < each->list_count; i++) {
        buf_text(out, i ? ", " : "");
        put_name(out, each, i);
        buf_text(out, ": ");
        put_scalar(out, each->lists[i].words[at[i]]);
    }
    buf_text(out, "}\n");
}

/* Moves on the last list, and where it is through the one before. False where all are through. */
static bool advance(const struct each *each, size_t *at)
{
    for (size_t i = each->list_count; i--;) {
        size_t first = i;
        while (is_linked(each, first))
            first--;
        bool through = ++at[first] == each->lists[first].count;
        if (through)
            at[first] = 0;
        for (size_t j = first + 1; j <= i; j++)
            at[j] = at[first];
        if (!through)
            return true;
        i = first;
        if (!i)
            return false;
    }
    return false;
}

static bool has_empty(const struct each *each)
{
    for (size_t i = 0; i < each->list_count; i++)
        if (!each->lists[i].count)
            return true;
    return false;
}

static void put_combinations(const struct each *each, struct buf *out)
{
    size_t *at = mem_calloc(each->list_count, sizeof(*at));
    buf_text(out, "    tasks:\n");
    do
        put_combination(each, out, at);
    while (advance(each, at));
    free(at);
}

static void put_tasks(const struct each *each, struct buf *out)
{
    bool linked = false;
    for (size_t i = 0; i < each->list_count; i++)
        linked = linked || is_linked(each, i);
    switch (each_source(each)) {
    case EACH_STREAM:
        put_stream(each, out);
        break;
    case EACH_LIST:
        buf_text(out, "    tasks:");
        put_list(out, "      ", &each->lists[0]);
        break;
    case EACH_LISTS:
        if (linked && !has_empty(each))
            put_combinations(each, out);
        else
            put_matrix(each, out);
        break;
    }
}

/* A bare number is seconds. */
static void put_time(struct buf *out, const char *key, const char *before, const char *text)
{
    bool bare = !text[strspn(text, "0123456789.")];
    buf_printf(out, "    %s: %s%s%s\n", key, before, text, bare ? "s" : "");
}

static void put_halt(const struct each *each, struct buf *out)
{
    static const char *const keys[][2] = {
        {"fail=", "failures"}, {"success=", "successes"}, {"done=", "done"}};
    const char *behind = strchr(each->halt, ',') + 1;
    for (size_t i = 0; i < countof(keys); i++)
        if (!strncmp(behind, keys[i][0], strlen(keys[i][0])))
            buf_printf(out, "    halt: {%s: %s, how: %s}\n", keys[i][1], behind + strlen(keys[i][0]),
                       !strncmp(each->halt, "now", 3) ? "now" : "soon");
}

static void put_policy(const struct each *each, struct buf *out)
{
    if (each->keep_order || each->line_buffer)
        buf_printf(out, "    output: %s\n", each->keep_order ? "ordered" : "lines");
    buf_text(out, "    stderr: apart\n");
    if (each->tag)
        buf_text(out, "    tag: true\n");
    if (each->retries)
        buf_printf(out, "    retry: {attempts: %s, delay: 0s}\n", each->retries);
    if (each->timeout)
        put_time(out, "timeout", "", each->timeout);
    if (each->delay)
        put_time(out, "rate", "1/", each->delay);
    if (each->halt)
        put_halt(each, out);
    if (each->results) {
        buf_text(out, "    results: {dir: ");
        put_scalar(out, each->results);
        buf_text(out, "}\n");
    }
}

static void put_option(struct buf *out, const char *option, const char *value)
{
    if (!value)
        return;
    buf_printf(out, " %s ", option);
    shell_quote(out, value, strlen(value));
}

/* What belongs to a run and stands in no scenario. */
static void put_run(const struct each *each, struct buf *out)
{
    struct buf options = {0};
    put_option(&options, "--joblog", each->run.joblog);
    put_option(&options, "--journal", each->run.journal);
    if (each->run.resume && each->run.journal)
        buf_text(&options, each->run.resume == RESUME_PREVIOUS ? " --resume-previous" : " --resume");
    if (each->run.progress)
        buf_text(&options, " --progress");
    if (options.length && !strpbrk(options.data, "\n\r"))
        buf_printf(out, "# run it with:%s\n", options.data);
    buf_release(&options);
}

int each_write(struct each *each, struct error *error)
{
    struct buf *out = &each->text;
    put_run(each, out);
    buf_text(out, "pools:\n  each:\n");
    if (each->workers)
        buf_printf(out, "    workers: %s\n", each->workers);
    int result = 0;
    if (each_has_blocks(each))
        result = each_put_blocks(each, out, error);
    else
        put_tasks(each, out);
    if (each->batch && !each_has_blocks(each))
        buf_printf(out, "    batch: %lld\n", (long long)each->batch);
    if (!result)
        result = each_put_command(each, out, error);
    put_policy(each, out);
    return result;
}
