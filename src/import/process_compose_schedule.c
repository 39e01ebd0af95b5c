/* The schedule of a process of a process-compose.yaml. */
#include "base/cron.h"
#include "base/unit.h"
#include "import/process_compose.h"
#include "yaml/tree.h"

#define NO_OVERLAP "one run goes on at a time; 'overlap' says what comes of a time at which one does"

static bool is_cron(const char *text)
{
    struct cron_fault fault = {0};
    struct cron cron;
    bool is = cron_parse(text, &cron, &fault);
    cron_fault_release(&fault);
    return is;
}

static void write_cron(struct import *import, const struct node *map, const char *text, struct buf *out)
{
    const char *name = import_key_now(import, map, "timezone", "schedule.timezone");
    if (import_flag(import, map, "run_on_start"))
        import_dropped(import, "schedule.run_on_start", node_find(map, "run_on_start"), "with 'cron' its times alone start it");
    buf_text(out, "    schedule: {cron: ");
    import_quote(out, text);
    if (name && *name) {
        buf_text(out, ", timezone: ");
        import_quote(out, name);
    }
    buf_text(out, "}\n");
}

static void write_every(struct import *import, const struct node *map, const char *text, struct buf *out)
{
    buf_text(out, "    schedule: {every: ");
    import_quote(out, text);
    buf_printf(out, ", first: %s}\n", import_flag(import, map, "run_on_start") ? "now" : "wait");
}

void process_take_schedule(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    struct import *import = process->draft.import;
    const struct node *cron = import_take(import, value, "cron");
    const struct node *interval = import_take(import, value, "interval");
    const struct node *most = import_take(import, value, "max_concurrent");
    const char *times = cron ? import_now(import, "schedule.cron", cron) : NULL;
    int64_t ns;
    const char *period = interval && !cron ? import_duration(import, "schedule.interval", interval, "30m", &ns) : NULL;
    if (value->kind != NODE_MAP)
        import_expected(import, row->path, value, "a mapping");
    else if (times && !is_cron(times))
        import_expected(import, "schedule.cron", cron, "five fields such as \"0 2 * * *\"");
    else if (times)
        write_cron(import, value, times, &process->draft.keys);
    else if (period)
        write_every(import, value, period, &process->draft.keys);
    if (most && import_number(import, "schedule.max_concurrent", most, 1, 0) > 1)
        import_dropped(import, "schedule.max_concurrent", most, NO_OVERLAP);
}
