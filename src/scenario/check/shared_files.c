/* Files into which several processes write. */
#include "scenario/check/shared_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "scenario/loader.h"
#include "scenario/spec.h"
#include "template/template.h"

struct file_writer {
    const struct object_spec *object; /* NULL: it is the log */
    const char *kind;                 /* of object, for a message */
    const char *written;              /* the path as it stands in the scenario */
    char *path;                       /* absolute */
    size_t length;                    /* of WRITTEN */
    size_t number;                    /* from 1, as they stand in the scenario; 0: the log */
    bool append;
};

static void add_end(struct loader *loader, struct file_writer **writers, size_t *count, size_t *capacity,
                    const struct object_spec *object, const char *kind, const struct stream_spec *stream)
{
    if (stream->kind != STREAM_FILE || !template_is_constant(stream->path))
        return;
    struct file_writer writer = {.object = object, .kind = kind, .append = stream->append};
    writer.written = template_source(stream->path, &writer.length);
    if (writer.length > 5 && !memcmp(writer.written, "/dev/", 5))
        return;
    char *written = mem_copy(writer.written, writer.length);
    writer.path = scenario_path(loader->scenario, written);
    free(written);
    *writers = mem_grow(*writers, capacity, *count + 1, sizeof(**writers));
    writer.number = *count + 1;
    (*writers)[(*count)++] = writer;
}

static void add(struct loader *loader, struct file_writer **writers, size_t *count, size_t *capacity,
                const struct object_spec *object, const char *kind, const struct stream_spec *stream)
{
    size_t end_count;
    if (!object->when)
        return;
    const struct stream_spec *ends = stream_ends(stream, &end_count);
    for (size_t i = 0; i < end_count; i++)
        add_end(loader, writers, count, capacity, object, kind, &ends[i]);
}

static int by_path(const void *left, const void *right)
{
    const struct file_writer *a = left, *b = right;
    int order = strcmp(a->path, b->path);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

/* Whether OBJECT begins after OTHER, for what it depends on. SEEN has an entry an object. */
static bool comes_after(const struct loader *loader, const struct object_spec *object, const struct object_spec *other, bool *seen)
{
    for (size_t i = 0; i < object->depends_on_count; i++) {
        size_t number = object->depends_on[i].object;
        const struct object_spec *before = scenario_object(loader->scenario, number);
        if (seen[number])
            continue;
        seen[number] = true;
        if (before == other || comes_after(loader, before, other, seen))
            return true;
    }
    return false;
}

static bool are_in_order(const struct loader *loader, const struct object_spec *a, const struct object_spec *b)
{
    size_t count = scenario_object_count(loader->scenario);
    bool *seen = mem_calloc(2 * count, sizeof(*seen));
    bool ordered = comes_after(loader, a, b, seen) || comes_after(loader, b, a, seen + count);
    free(seen);
    return ordered;
}

/* A pool and the log hold their file from the first line to the last: another that empties it meanwhile is refused, or
 * takes lines away. */
static bool is_error(const struct loader *loader, const struct file_writer *first, const struct file_writer *second)
{
    if (!first->object)
        return true;
    bool pool = !strcmp(first->kind, "pool") || !strcmp(second->kind, "pool");
    return pool && !are_in_order(loader, first->object, second->object);
}

static void tell(struct loader *loader, const struct file_writer *first, const struct file_writer *second)
{
    static const char hint[] = "give each a file of its own, or append: true to both";
    if (first->object == second->object) {
        diag_warning(loader->diags, second->object->mark, "write stderr: stdout",
                     "stdout and stderr of process '%s' empty the same file, '%.*s'",
                     second->object->name, (int)second->length, second->written);
        return;
    }
    struct buf text = {0};
    buf_printf(&text, "%s '%s' %s the file '%.*s', ", second->kind, second->object->name,
               second->append ? "appends to" : "empties", (int)second->length, second->written);
    if (first->object)
        buf_printf(&text, second->append ? "which '%s' empties" : "into which '%s' writes too", first->object->name);
    else
        buf_text(&text, second->append ? "which the log empties" : "into which the log is written too");
    if (is_error(loader, first, second))
        diag_error(loader->diags, second->object->mark, hint, "%s", buf_string(&text));
    else
        diag_warning(loader->diags, second->object->mark, hint, "%s", buf_string(&text));
    buf_release(&text);
}

void writers_check(struct loader *loader)
{
    const struct scenario *scenario = loader->scenario;
    struct file_writer *writers = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < scenario->process_count; i++) {
        const struct process_spec *process = &scenario->processes[i];
        size_t before = count;
        for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
            add(loader, &writers, &count, &capacity, &process->object, "process", process->streams[fd]);
        if (process->replicas > 1 && count > before && !writers[before].append)
            diag_warning(loader->diags, process->object.mark,
                         "put ${{ index }} into its name, or write append: true",
                         "each replica of '%s' empties the same file, '%.*s'", process->object.name,
                         (int)writers[before].length, writers[before].written);
    }
    for (size_t i = 0; i < scenario->pool_count; i++)
        add(loader, &writers, &count, &capacity, &scenario->pools[i].object, "pool", scenario->pools[i].output_file);
    if (scenario->log.file && count) {
        writers = mem_grow(writers, &capacity, count + 1, sizeof(*writers));
        writers[count++] = (struct file_writer){.path = mem_strdup(scenario->log.file), .append = scenario->log.append};
    }
    if (count)
        qsort(writers, count, sizeof(*writers), by_path);
    for (size_t i = 1; i < count; i++)
        if (!strcmp(writers[i - 1].path, writers[i].path) && !(writers[i - 1].append && writers[i].append))
            tell(loader, &writers[i - 1], &writers[i]);
    for (size_t i = 0; i < count; i++)
        free(writers[i].path);
    free(writers);
}

static bool same_text(const struct template *one, const struct template *other)
{
    size_t length, other_length;
    if (!one || !other)
        return one == other;
    const char *text = template_source(one, &length), *other_text = template_source(other, &other_length);
    return template_is_constant(one) && length == other_length && !memcmp(text, other_text, length);
}

/* Whether the numbers of two processes are written into one file. */
static bool is_one_pidfile(const struct process_spec *one, const struct process_spec *other)
{
    size_t length;
    return one->object.when && other->pidfile && other->object.when && same_text(one->pidfile, other->pidfile) &&
           (*template_source(one->pidfile, &length) == '/' || same_text(one->object.cwd, other->object.cwd));
}

void pidfiles_check(struct loader *loader)
{
    const struct scenario *scenario = loader->scenario;
    for (size_t i = 0; i < scenario->process_count; i++) {
        const struct process_spec *process = &scenario->processes[i];
        if (!process->pidfile)
            continue;
        if (process->replicas > 1 && is_one_pidfile(process, process))
            diag_error(loader->diags, process->object.mark, "put ${{ index }} into its name",
                       "each replica of '%s' has the same pidfile", process->object.name);
        for (size_t j = 0; j < i; j++)
            if (is_one_pidfile(process, &scenario->processes[j])) {
                diag_error(loader->diags, process->object.mark, "give each a file of its own",
                           "process '%s' has the pidfile of '%s'", process->object.name, scenario->processes[j].object.name);
                break;
            }
    }
}
