/* When something runs by the clock. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "base/cron_next.h"
#include "base/error.h"
#include "base/unit.h"
#include "base/zone.h"
#include "os/zone_file.h"
#include "scenario/hints/values.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "yaml/scalar_mark.h"

/* Less could not be kept. */
#define PERIOD_LEAST (100 * NS_PER_MS)

/* Times of an expression that are looked at for how near to each other they are. */
#define TIMES_COMPARED 1000

#define FORM "write schedule: {cron: \"*/5 * * * *\"} or schedule: {every: 30s}"

/* The form of a schedule for what was written as a text, which stands in it. */
static const char *form_hint(struct loader *loader, const struct node *node)
{
    struct error error = {0};
    struct cron cron;
    struct cron_fault fault = {0};
    int64_t every;
    const char *hint = FORM;
    if (node->kind != NODE_SCALAR)
        return hint;
    if (!duration_parse(node->text, &every, &error))
        hint = arena_printf(loader->arena, "write schedule: {every: %s}", node->text);
    else if (cron_parse(node->text, &cron, &fault))
        hint = arena_printf(loader->arena, "write schedule: {cron: \"%s\"}", node->text);
    error_release(&error);
    cron_fault_release(&fault);
    return hint;
}

static void report_fault(struct loader *loader, const struct field *field, const struct node *node, const struct cron_fault *fault)
{
    struct mark mark = node_has_template(node)
                           ? loader_mark(loader, node)
                           : place_in_scalar(loader_source(loader, node), node, fault->offset, fault->length ? fault->length : 1);
    diag_error(loader->diags, mark, fault->hint.length ? fault->hint.data : NULL, "%s: %s", field_label(loader, field),
               loader_shown(loader, buf_string(&fault->text)));
}

static void warn(struct loader *loader, const struct field *field, const struct node *node, const char *text)
{
    struct buf warnings = {0};
    cron_warn(text, &warnings);
    for (char *line = warnings.data; line && *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        diag_warning(loader->diags, loader_mark(loader, node), "'every' has no such gap", "%s: %s", field_label(loader, field), line);
        line = end + 1;
    }
    buf_release(&warnings);
}

static void bind_cron(struct loader *loader, const struct field *field, const struct node *node)
{
    struct schedule_spec *schedule = field->member;
    struct cron_fault fault = {0};
    const char *text;
    if (!field_text(loader, field, node, &text))
        return;
    if (cron_parse(text, &schedule->cron, &fault)) {
        schedule->expression = text;
        warn(loader, field, node, text);
    } else {
        report_fault(loader, field, node, &fault);
    }
    cron_fault_release(&fault);
}

static void bind_zone(struct loader *loader, const struct field *field, const struct node *node)
{
    const char **zone = field->member;
    struct zone_file file;
    struct error error = {0};
    const char *hint = NULL;
    if (!field_text(loader, field, node, zone))
        return;
    if (!zone_file_open(&file, *zone, &error)) {
        zone_file_release(&file);
        return;
    }
    char *nearest = zone_file_nearest(*zone);
    if (nearest)
        hint = arena_printf(loader->arena, "did you mean '%s'?", nearest);
    free(nearest);
    diag_error(loader->diags, loader_mark(loader, node), hint, "%s: %s", field_label(loader, field),
               loader_shown(loader, error.text));
    error_release(&error);
    *zone = NULL;
}

static void bind_period(struct loader *loader, const struct field *field, const struct node *node)
{
    int64_t *period = field->member;
    size_t before = diags_count(loader->diags);
    type_duration.bind(loader, field, node);
    if (diags_count(loader->diags) == before && *period < PERIOD_LEAST)
        diag_error(loader->diags, loader_mark(loader, node), "100ms is the shortest", "%s: so short a time cannot be kept",
                   field_label(loader, field));
}

/* The shortest time from one run to the next; 0: nobody knows. */
static int64_t shortest(const struct schedule_spec *schedule)
{
    struct zone *utc = zone_utc();
    int64_t at = calendar_day(2000, 1, 1) * DAY_SECONDS - 1;
    int64_t before = 0, least = 0;
    for (int i = 0; schedule->expression && i < TIMES_COMPARED && cron_next(&schedule->cron, utc, at, &at); i++) {
        if (i && (!least || at - before < least))
            least = at - before;
        before = at;
    }
    zone_free(utc);
    return schedule->expression ? least * NS_PER_S : schedule->every;
}

static void check_jitter(struct loader *loader, const struct block *block, const struct schedule_spec *schedule)
{
    int64_t least = shortest(schedule);
    struct buf text = {0};
    if (!block_given(block, "jitter") || !least || schedule->jitter < least)
        return;
    duration_print(&text, least);
    diag_error(loader->diags, loader_mark(loader, block_given(block, "jitter")),
               arena_printf(loader->arena, "let it be less than %s", buf_string(&text)),
               "%s: 'jitter' would put one run behind the next", block_label(loader, block));
    buf_release(&text);
}

/* A clock that nobody has named must be known too. */
static void check_machine(struct loader *loader, const struct block *block)
{
    struct zone_file file;
    struct error error = {0};
    if (!zone_file_open(&file, NULL, &error)) {
        zone_file_release(&file);
        return;
    }
    diag_error(loader->diags, loader_mark(loader, block_given(block, "cron")), "set TZ to the name of a zone, or write 'timezone'",
               "%s: %s", block_label(loader, block), loader_shown(loader, error.text));
    error_release(&error);
}

static void bind_schedule(struct loader *loader, const struct field *field, const struct node *node)
{
    struct schedule_spec *schedule = field->member;
    struct block block = {
        .kind = BLOCK_SCHEDULE, .name = field->key->name, .parent = field->block, .spec = schedule, .mark = loader_mark(loader, node)};
    if (node->kind == NODE_BROKEN)
        return;
    if (node->kind != NODE_MAP) {
        field_expected(loader, field, node, "a mapping of keys", form_hint(loader, node));
        return;
    }
    size_t before = diags_count(loader->diags);
    schedule->mark = block.mark;
    schedule->given = true;
    block_read(loader, &block, node);
    if (diags_count(loader->diags) > before)
        return;
    if (!block_given(&block, "queue"))
        schedule->queue = 1;
    else if (schedule->overlap != OVERLAP_QUEUE)
        diag_error(loader->diags, loader_mark(loader, block_given(&block, "queue")), "write overlap: queue",
                   "%s: 'queue' says how many runs wait, and none waits", block_label(loader, &block));
    if (schedule->expression && !schedule->zone)
        check_machine(loader, &block);
    check_jitter(loader, &block, schedule);
}

const struct type type_schedule = {
    .name = "schedule",
    .wording = "a mapping of keys",
    .bind = bind_schedule,
    .block = BLOCK_SCHEDULE,
    .json = "@block",
};
const struct type type_cron = {
    .name = "cron expression",
    .wording = "a cron expression in quotes, such as \"*/5 * * * *\"",
    .bind = bind_cron,
    .early = true,
    .json = "'type':'string'",
};
const struct type type_zone = {
    .name = "time zone",
    .wording = "the name of a time zone, such as Europe/Berlin",
    .bind = bind_zone,
    .early = true,
    .json = "'type':'string'",
};
const struct type type_period = {
    .name = "period",
    .wording = "a duration such as 30s, 5m or 1h30m",
    .bind = bind_period,
    .early = true,
    .json = "@duration",
};
