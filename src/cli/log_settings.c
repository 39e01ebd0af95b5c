/* What shapes the log of a run. */
#include "cli/log_settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/options.h"
#include "cli/runner/complain.h"
#include "scenario/spec.h"
#include "value/value.h"

static const char *const levels[] = {
    [FILTER_QUIET] = "quiet", [FILTER_STORY] = "story", [FILTER_ALL] = "all"};

/* Members of the JSON object, each true or not there. */
static const struct {
    const char *name;
    size_t flag;
} flags[] = {
    {"dry", offsetof(struct log_settings, dry)},
    {"json", offsetof(struct log_settings, json)},
    {"timestamps", offsetof(struct log_settings, timestamps)},
    {"prefix", offsetof(struct log_settings, prefix)},
    {"stderr_apart", offsetof(struct log_settings, apart)},
    {"each", offsetof(struct log_settings, each)},
    {"screen", offsetof(struct log_settings, screen)},
    {"commands", offsetof(struct log_settings, commands)},
};

static void add_wish(struct log_settings *settings, bool shown, const char *names)
{
    settings->wishes = mem_grow(settings->wishes, &settings->wish_capacity, settings->wish_count + 1,
                                sizeof(*settings->wishes));
    settings->wishes[settings->wish_count++] = (struct log_wish){shown, mem_strdup(names)};
}

static void add_wishes(struct log_settings *settings, bool shown, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_wish(settings, shown, names[i]);
}

/* True where some pool keeps the standard error of its tasks apart. */
static bool has_errors(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->pool_count; i++)
        if (scenario->pools[i].separate)
            return true;
    return false;
}

void log_settings_init(struct log_settings *settings, const struct scenario *scenario, const struct options *options)
{
    const struct log_spec *spec = &scenario->log;
    *settings = (struct log_settings){
        .level = options->story.level,
        .dry = options->plan.dry,
        .json = spec->format == LOG_JSON,
        .timestamps = spec->timestamps,
        .prefix = spec->prefix,
        .apart = has_errors(scenario),
        .each = options->each,
        .screen = spec->screen,
        .commands = options->story.trace,
        .file = options->files.log ? options->files.log : options->plan.dry ? NULL : spec->file,
    };
    if (!options->plan.dry) {
        add_wishes(settings, true, spec->show, spec->show_count);
        add_wishes(settings, false, spec->hide, spec->hide_count);
    }
    log_settings_add(settings, options);
}

void log_settings_add(struct log_settings *settings, const struct options *options)
{
    if (options->story.level_given)
        settings->level = options->story.level;
    settings->timestamps = settings->timestamps || options->story.timestamps;
    if (options->story.format)
        settings->json = !strcmp(options->story.format, "json");
    add_wishes(settings, true, options->story.show.items, options->story.show.count);
    add_wishes(settings, false, options->story.hide.items, options->story.hide.count);
}

void log_settings_write(const struct log_settings *settings, struct buf *out)
{
    buf_printf(out, "{\"level\":\"%s\",\"events\":[", levels[settings->level]);
    for (size_t i = 0; i < settings->wish_count; i++) {
        struct buf wish = {0};
        buf_printf(&wish, "%s%s", settings->wishes[i].shown ? "+" : "-", settings->wishes[i].names);
        buf_text(out, i ? "," : "");
        json_quote(out, wish.data, wish.length);
        buf_release(&wish);
    }
    buf_char(out, ']');
    for (size_t i = 0; i < countof(flags); i++)
        if (*(const bool *)((const char *)settings + flags[i].flag))
            buf_printf(out, ",\"%s\":true", flags[i].name);
    if (settings->file) {
        buf_text(out, ",\"file\":");
        json_quote(out, settings->file, strlen(settings->file));
    }
    buf_char(out, '}');
}

static bool is_text(const struct value *value, const char *text)
{
    return value->type == VALUE_STRING && value->string.length == strlen(text) &&
           !memcmp(value->string.bytes, text, value->string.length);
}

static void read_wishes(struct log_settings *settings, const struct value *list)
{
    for (size_t i = 0; list->type == VALUE_TABLE && i < list->table.count; i++) {
        const struct value *wish = &list->table.pairs[i].value;
        if (wish->type != VALUE_STRING || wish->string.length < 2)
            continue;
        char *names = mem_copy(wish->string.bytes + 1, wish->string.length - 1);
        add_wish(settings, *wish->string.bytes == '+', names);
        free(names);
    }
}

static void read_level(struct log_settings *settings, const struct value *value)
{
    for (size_t i = 0; i < countof(levels); i++)
        if (is_text(value, levels[i]))
            settings->level = (enum filter_level)i;
}

static void read_flag(struct log_settings *settings, const struct value *key, const struct value *value)
{
    for (size_t i = 0; i < countof(flags); i++)
        if (is_text(key, flags[i].name) && value->type == VALUE_BOOLEAN)
            *(bool *)((char *)settings + flags[i].flag) = value->boolean;
}

void log_settings_read(struct log_settings *settings, const struct value *value)
{
    *settings = (struct log_settings){.level = FILTER_STORY};
    for (size_t i = 0; value->type == VALUE_TABLE && i < value->table.count; i++) {
        const struct value_pair *pair = &value->table.pairs[i];
        if (is_text(&pair->key, "level"))
            read_level(settings, &pair->value);
        else if (is_text(&pair->key, "events"))
            read_wishes(settings, &pair->value);
        else
            read_flag(settings, &pair->key, &pair->value);
    }
}

void log_settings_release(struct log_settings *settings)
{
    for (size_t i = 0; i < settings->wish_count; i++)
        free(settings->wishes[i].names);
    free(settings->wishes);
    *settings = (struct log_settings){0};
}

static int no_event(const char *name, struct error *error)
{
    struct nearest nearest = {.wrong = name};
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        nearest_offer(&nearest, event_row((enum event_kind)kind)->name);
    return unknown_name("no event is called", &nearest, "EVENTS in parrun(1)", error);
}

/* Shows or hides the events that a list such as "task.*,worker.lost" names. */
static int apply_names(struct filter *filter, const char *names, bool shown, struct error *error)
{
    while (*names) {
        size_t length = strcspn(names, ",");
        char *pattern = mem_copy(names, length);
        size_t matched = filter_set(filter, pattern, shown);
        if (!matched)
            no_event(pattern, error);
        free(pattern);
        if (!matched)
            return ERROR_FAILED;
        names += length + (names[length] != '\0');
    }
    return 0;
}

/* What a plan tells, and behind the first one with -v: what is not run, or is run again, and why. */
static const char *const in_plan[] = {"*.planned", "*.skipped", "*.current", "*.resumed", "*.undone"};

int log_settings_filter(const struct log_settings *settings, struct filter *filter, struct error *error)
{
    int result = 0;
    filter_init(filter, settings->dry ? FILTER_QUIET : settings->level);
    for (size_t i = 0; settings->dry && i < (settings->level == FILTER_ALL ? countof(in_plan) : 1); i++)
        filter_set(filter, in_plan[i], true);
    for (size_t i = 0; !result && i < settings->wish_count; i++)
        result = apply_names(filter, settings->wishes[i].names, settings->wishes[i].shown, error);
    return result;
}
