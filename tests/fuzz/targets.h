/*
 * What is fuzzed: a row a target, each fed with any bytes. None may crash, hang or leak, whatever
 * they are. The fuzzers (fuzz.c) and the replay of their corpora (replay_test.c) include this.
 */
#ifndef TESTS_FUZZ_TARGETS_H
#define TESTS_FUZZ_TARGETS_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cron.h"
#include "base/cron_next.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "base/zone.h"
#include "scenario/dotenv.h"
#include "scenario/spec.h"
#include "template/template.h"
#include "wire/worker_config.h"
#include "wire/frame.h"

/* Loads a text as a scenario; what is said of it is appended to SAID. False where it is wrong. */
static inline bool load_text(const void *text, size_t size, struct buf *said)
{
    char path[] = "/tmp/parrun-fuzz-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0 || write(fd, text, size) != (ssize_t)size || close(fd))
        abort();
    struct diags *diags = diags_new();
    struct scenario_sources *held;
    struct scenario *scenario = scenario_load(path, NULL, diags, &held);
    if ((scenario == NULL) != (diags_count(diags) > 0))
        abort();
    diags_print(diags, said);
    bool right = scenario;
    scenario_free(scenario);
    scenario_free_sources(held);
    diags_free(diags);
    unlink(path);
    return right;
}

static inline void fuzz_loader(const char *text, size_t size)
{
    struct buf said = {0};
    load_text(text, size, &said);
    buf_release(&said);
}

static inline void fuzz_template(const char *text, size_t size)
{
    static const enum template_use uses[] = {TEMPLATE_TEXT, TEMPLATE_SHELL};
    struct value vars = {.type = VALUE_TABLE};
    struct template_scope scope = {.vars = &vars, .task = true};
    for (size_t i = 0; i < countof(uses); i++) {
        struct arena *arena = arena_new();
        struct template *parsed;
        struct template_fault fault = {0};
        if (template_parse(arena, text, size, uses[i], &scope, &parsed, &fault) &&
            (!fault.text || fault.offset > size))
            abort();
        arena_free(arena);
    }
}

/* What was read is written as it would be, and reads back as the same. */
static inline void fuzz_unit(const char *text, size_t size)
{
    char *copy = mem_copy(text, size);
    struct error error = {0};
    struct buf printed = {0};
    int64_t ns, again;
    uint64_t bytes;
    int number;
    if (!duration_parse(copy, &ns, &error)) {
        duration_print(&printed, ns);
        if (duration_parse(buf_string(&printed), &again, &error) || again != ns)
            abort();
    }
    error_release(&error);
    if (size_parse(copy, &bytes, &error))
        error_release(&error);
    if (signal_parse(copy, &number, &error))
        error_release(&error);
    buf_release(&printed);
    free(copy);
}

static inline void fuzz_dotenv(const char *text, size_t size)
{
    static const char *const environment[] = {"HOME=/home/u", "EMPTY=", NULL};
    char *copy = mem_copy(text, size);
    struct source source = {.name = "f", .text = copy, .length = size};
    struct diags *diags = diags_new();
    struct buf said = {0};
    struct dotenv env = {.arena = arena_new(), .environment = environment};
    dotenv_read(&env, &source, diags);
    diags_print(diags, &said);
    buf_release(&said);
    diags_free(diags);
    dotenv_release(&env);
    arena_free(env.arena);
    free(copy);
}

static inline void fuzz_frame(const char *bytes, size_t size)
{
    struct frame frame = {.at = bytes, .left = size};
    struct worker_config config = {0};
    config_read(&frame, &config);
    config_release(&config);
    struct result result;
    frame = (struct frame){.at = bytes, .left = size};
    frame_read_result(&frame, &result);
    if (!frame.bad && result.text_length > size)
        abort();
}

static inline void fuzz_zone(const char *bytes, size_t size)
{
    struct error error = {0};
    char *copy = mem_copy(bytes, size);
    struct zone *zones[] = {zone_read(bytes, size, &error), zone_read_rule(copy, &error)};
    for (size_t i = 0; i < countof(zones); i++) {
        int64_t at = -4000000000;
        for (int j = 0; zones[i] && j < 100 && at < INT64_MAX / 8; j++) {
            struct zone_span span = zone_span(zones[i], at);
            if (span.from > at || span.to <= at)
                abort();
            at = span.to;
        }
        zone_free(zones[i]);
    }
    error_release(&error);
    free(copy);
}

/* What is read comes at some time. */
static inline void fuzz_cron(const char *text, size_t size)
{
    char *copy = mem_copy(text, size);
    struct zone *utc = zone_utc();
    struct cron_fault fault = {0};
    struct buf warnings = {0};
    struct cron cron;
    int64_t next;
    bool read = cron_parse(copy, &cron, &fault);
    if (read ? !cron_next(&cron, utc, 0, &next) : !fault.text.length || fault.offset + fault.length > strlen(copy))
        abort();
    if (read)
        cron_warn(copy, &warnings);
    buf_release(&warnings);
    cron_fault_release(&fault);
    zone_free(utc);
    free(copy);
}

static const struct target {
    const char *name;
    void (*feed)(const char *bytes, size_t size);
} targets[] = {
    {"loader", fuzz_loader}, {"template", fuzz_template}, {"unit", fuzz_unit},
    {"dotenv", fuzz_dotenv}, {"frame", fuzz_frame},       {"zone", fuzz_zone},
    {"cron", fuzz_cron},
};

#endif
