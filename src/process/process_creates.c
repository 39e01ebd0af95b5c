/* A process that creates a file, and is not started where that is up to date. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "child/creates.h"
#include "child/dry_run.h"
#include "child/exec_context.h"
#include "engine/run.h"
#include "loop/thread.h"
#include "os/sync_file.h"
#include "process/private.h"
#include "scenario/spec.h"
#include "script/script.h"

static void tell_current(struct process *process, const struct buf *why)
{
    bool dry = process->object.run->plan.dry;
    struct event event = {.kind = dry ? EVENT_PROCESS_PLANNED : EVENT_PROCESS_CURRENT};
    struct buf text = {0};
    plan_current(why, &text);
    if (dry) {
        event.output.bytes = text.data;
        event.output.length = text.length;
    } else {
        event.reason = why->data;
    }
    process_emit(process, &event);
    buf_release(&text);
}

static void tell_file(struct process *process, const struct buf *note)
{
    struct event event = {.kind = EVENT_PROCESS_FILE, .reason = note->data};
    if (note->length)
        process_emit(process, &event);
}

static int find_file(struct process *process, struct error *error)
{
    const struct object_spec *spec = &process->spec->object;
    struct exec_context context;
    int result = exec_context_init(&context, process->object.run, spec, process->object.name, process->index, error);
    if (!result)
        result = creates_new(&spec->creates, exec_context_script(&context), context.directory, &process->creates, error);
    exec_context_release(&context);
    return result;
}

int process_look_at_file(struct process *process, bool *current, struct error *error)
{
    struct buf why = {0};
    if (!process->spec->object.creates.path || process->creates)
        return 0;
    int result = find_file(process, error);
    if (!result)
        result = creates_is_current(process->creates, &why, error);
    *current = result > 0;
    if (*current)
        tell_current(process, &why);
    buf_release(&why);
    return result < 0 ? result : 0;
}

void process_begin_file(struct process *process, struct exec_context *context)
{
    if (!process->creates)
        return;
    if (process->spec->object.creates.renames)
        script_set_output_tmp(exec_context_script(context), creates_temporary(process->creates));
    if (!process->object.run->plan.dry)
        creates_begin(process->creates);
}

/* In a thread: that may take long. */
static void sync_output(void *arg)
{
    struct process *process = arg;
    struct error error = {0};
    if (sync_file(creates_temporary(process->creates), &error))
        process->life.file.unsynced = mem_strdup(error.text);
    error_release(&error);
}

static void on_synced(void *arg)
{
    struct process *process = arg;
    process->life.file.synced = true;
    process_check_soon(process);
}

bool process_keeps_file(struct process *process)
{
    struct life *life = &process->life;
    if (!process->creates || !process->spec->object.creates.renames || process_has_failed(process) || life->file.synced)
        return true;
    if (!life->file.syncing && work_start(process->object.run->loop, sync_output, on_synced, process))
        return true;
    life->file.syncing = true;
    return false;
}

static int keep_file(struct process *process, struct buf *note, struct error *error)
{
    const char *unsynced = process->life.file.unsynced;
    if (unsynced)
        return error_set(error, ERROR_FAILED, "%s", unsynced);
    return creates_keep(process->creates, note, error);
}

void process_settle_file(struct process *process, bool ended_by_us)
{
    struct life *life = &process->life;
    struct error error = {0};
    struct buf note = {0};
    if (!process->creates || !life->exited)
        return;
    bool failed = ended_by_us || life->failed;
    if (!failed && keep_file(process, &note, &error)) {
        process_fail(process, error.text);
        failed = true;
    }
    if (failed)
        creates_drop(process->creates, &note);
    tell_file(process, &note);
    buf_release(&note);
    error_release(&error);
}

void process_forget_file(struct process *process)
{
    creates_free(process->creates);
    process->creates = NULL;
}
