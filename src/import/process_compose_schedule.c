/* The schedule of a process of a process-compose.yaml. */
#include "base/cron.h"
#include "import/process_compose.h"

#define NO_OVERLAP "one run goes on at a time; 'overlap' says what comes of a time at which one does"

static bool is_cron(const char *text)
{
    struct cron_fault fault = {0};
    struct cron cron;
    bool is = cron_parse(text, &cron, &fault);
    cron_fault_release(&fault);
    return is;
}

static void write_schedule(struct import *import, const struct node *map, const char *times, const char *period)
{
    struct buf pairs = {0};
    const char *zone = times ? import_key_now(import, map, "timezone", "schedule.timezone") : NULL;
    bool now = import_flag(import, map, "run_on_start");
    if (times && now)
        import_dropped(import, "schedule.run_on_start", node_find(map, "run_on_start"), "with 'cron' its times alone start it");
    pair_add(&pairs, times ? "cron" : "every", import_quoted(import->arena, times ? times : period));
    pair_add(&pairs, "timezone", zone && *zone ? import_quoted(import->arena, zone) : NULL);
    pair_add(&pairs, "first", times ? NULL : now ? "now" : "wait");
    draft_pairs(import, "schedule", &pairs);
}

void process_take_schedule(struct import *import, const struct node *value)
{
    const struct node *cron = import_take(import, value, "cron");
    const struct node *interval = import_take(import, value, "interval");
    const struct node *most = import_take(import, value, "max_concurrent");
    int64_t ns;
    const char *times = cron ? import_now(import, "schedule.cron", cron) : NULL;
    const char *period = interval && !cron ? import_duration(import, "schedule.interval", interval, "30m", &ns) : NULL;
    if (times && !is_cron(times))
        import_expected(import, "schedule.cron", cron, "five fields such as \"0 2 * * *\"");
    else if (times || period)
        write_schedule(import, value, times, period);
    if (most && import_number(import, "schedule.max_concurrent", most, 1, 0) > 1)
        import_dropped(import, "schedule.max_concurrent", most, NO_OVERLAP);
}
