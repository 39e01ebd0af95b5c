/* The scenario that a line of "each" stands for, as YAML. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/each/private.h"
#include "yaml/text.h"

/* A text as a scalar that is read back as it is. */
static void put_scalar(struct buf *out, const char *text)
{
    struct buf literal = {0};
    each_put_literal(&literal, text, strlen(text), false);
    yaml_quote(out, buf_string(&literal));
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
    each_put_key(out, "      ", "lines", each->input.list_count ? each->input.lists[0].file : "-");
    if (each->reading.nul)
        buf_text(out, "      nul: true\n");
    each_put_key(out, "      ", "end", each->reading.end);
    each_put_key(out, "      ", "columns", each->reading.columns);
    if (each->reading.header)
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
    if (each->input.lists[list].name)
        put_scalar(out, each->input.lists[list].name);
    else
        buf_printf(out, "a%zu", list + 1);
}

static void put_matrix(const struct each *each, struct buf *out)
{
    buf_text(out, "    tasks:\n      matrix:\n");
    for (size_t i = 0; i < each->input.list_count; i++) {
        buf_text(out, "        ");
        put_name(out, each, i);
        buf_char(out, ':');
        put_list(out, "          ", &each->input.lists[i]);
    }
}

static bool is_linked(const struct each *each, size_t list)
{
    return list && (each->reading.link || each->input.lists[list].linked);
}

/* Item NUMBER of the combinations: lists that are linked to the one before move with it. */
static void put_combination(const struct each *each, struct buf *out, const size_t *at)
{
    buf_text(out, "      - {");
    for (size_t i = 0; i < each->input.list_count; i++) {
        buf_text(out, i ? ", " : "");
        put_name(out, each, i);
        buf_text(out, ": ");
        put_scalar(out, each->input.lists[i].words[at[i]]);
    }
    buf_text(out, "}\n");
}

/* Moves on the last list, and where it is through the one before. False where all are through. */
static bool advance(const struct each *each, size_t *at)
{
    for (size_t i = each->input.list_count; i--;) {
        size_t first = i;
        while (is_linked(each, first))
            first--;
        bool through = ++at[first] == each->input.lists[first].count;
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
    for (size_t i = 0; i < each->input.list_count; i++)
        if (!each->input.lists[i].count)
            return true;
    return false;
}

static void put_combinations(const struct each *each, struct buf *out)
{
    size_t *at = mem_calloc(each->input.list_count, sizeof(*at));
    buf_text(out, "    tasks:\n");
    do
        put_combination(each, out, at);
    while (advance(each, at));
    free(at);
}

static void put_tasks(const struct each *each, struct buf *out)
{
    bool linked = false;
    for (size_t i = 0; i < each->input.list_count; i++)
        linked = linked || is_linked(each, i);
    switch (each_source(each)) {
    case EACH_STREAM:
        put_stream(each, out);
        break;
    case EACH_LIST:
        buf_text(out, "    tasks:");
        put_list(out, "      ", &each->input.lists[0]);
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
    const char *behind = strchr(each->rules.halt, ',') + 1;
    for (size_t i = 0; i < countof(keys); i++)
        if (!strncmp(behind, keys[i][0], strlen(keys[i][0])))
            buf_printf(out, "    halt: {%s: %s, how: %s}\n", keys[i][1], behind + strlen(keys[i][0]),
                       !strncmp(each->rules.halt, "now", 3) ? "now" : "soon");
}

static void put_policy(const struct each *each, struct buf *out)
{
    if (each->keep_order || each->line_buffer)
        buf_printf(out, "    output: %s\n", each->keep_order ? "ordered" : "lines");
    buf_text(out, "    stderr: apart\n");
    if (each->tag)
        buf_text(out, "    tag: true\n");
    if (each->rules.retries)
        buf_printf(out, "    retry: {attempts: %s, delay: 0s}\n", each->rules.retries);
    if (each->rules.timeout)
        put_time(out, "timeout", "", each->rules.timeout);
    if (each->rules.delay)
        put_time(out, "rate", "1/", each->rules.delay);
    if (each->rules.halt)
        put_halt(each, out);
    if (each->rules.results) {
        buf_text(out, "    results: {dir: ");
        put_scalar(out, each->rules.results);
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
    put_option(&options, "--joblog", each->run.files.joblog);
    put_option(&options, "--journal", each->run.files.journal);
    if (each->run.select.resume && each->run.files.journal)
        buf_text(&options, each->run.select.resume == RESUME_PREVIOUS ? " --resume-previous" : " --resume");
    if (each->run.story.progress)
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
    if (each->rules.workers)
        buf_printf(out, "    workers: %s\n", each->rules.workers);
    int result = 0;
    if (each_has_blocks(each))
        result = each_put_blocks(each, out, error);
    else
        put_tasks(each, out);
    if (each->reading.batch && !each_has_blocks(each))
        buf_printf(out, "    batch: %lld\n", (long long)each->reading.batch);
    if (!result)
        result = each_put_command(each, out, error);
    put_policy(each, out);
    return result;
}
