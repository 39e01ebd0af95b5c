/* Files into which several processes write. */
#include "scenario/check/shared_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "scenario/loader.h"
#include "scenario/spec.h"
#include "template/template.h"

struct file_writer {
    const struct object_spec *object;
    const char *kind; /* of object, for a message */
    const char *path;
    size_t length;
    bool append;
};

static void add_end(struct file_writer **writers, size_t *count, size_t *capacity,
                    const struct object_spec *object, const char *kind, const struct stream_spec *stream)
{
    if (stream->kind != STREAM_FILE || !template_is_constant(stream->path))
        return;
    struct file_writer writer = {.object = object, .kind = kind, .append = stream->append};
    writer.path = template_source(stream->path, &writer.length);
    if (writer.length > 5 && !memcmp(writer.path, "/dev/", 5))
        return;
    *writers = mem_grow(*writers, capacity, *count + 1, sizeof(**writers));
    (*writers)[(*count)++] = writer;
}

static void add(struct file_writer **writers, size_t *count, size_t *capacity,
                const struct object_spec *object, const char *kind, const struct stream_spec *stream)
{
    size_t end_count;
    const struct stream_spec *ends = stream_ends(stream, &end_count);
    for (size_t i = 0; i < end_count; i++)
        add_end(writers, count, capacity, object, kind, &ends[i]);
}

static int by_path(const void *left, const void *right)
{
    const struct file_writer *a = left, *b = right;
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->path, b->path, shorter);
    if (order)
        return order;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return (a->object > b->object) - (a->object < b->object); /* as they stand in the scenario */
}

static void warn(struct loader *loader, const struct file_writer *first,
                 const struct file_writer *second)
{
    if (first->object == second->object)
        diag_warning(loader->diags, second->object->mark, "write stderr: stdout",
                     "stdout and stderr of process '%s' empty the same file, '%.*s'",
                     second->object->name, (int)second->length, second->path);
    else
        diag_warning(loader->diags, second->object->mark,
                     "give each a file of its own, or append: true to both",
                     "%s '%s' empties the file '%.*s', into which '%s' writes too", second->kind,
                     second->object->name, (int)second->length, second->path, first->object->name);
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
            add(&writers, &count, &capacity, &process->object, "process", &process->streams[fd]);
        if (process->replicas > 1 && count > before && !writers[before].append)
            diag_warning(loader->diags, process->object.mark,
                         "put ${{ index }} into its name, or write append: true",
                         "each replica of '%s' empties the same file, '%.*s'", process->object.name,
                         (int)writers[before].length, writers[before].path);
    }
    for (size_t i = 0; i < scenario->pool_count; i++)
        add(&writers, &count, &capacity, &scenario->pools[i].object, "pool", &scenario->pools[i].output_file);
    if (count)
        qsort(writers, count, sizeof(*writers), by_path);
    for (size_t i = 1; i < count; i++)
        if (writers[i - 1].length == writers[i].length &&
            !memcmp(writers[i - 1].path, writers[i].path, writers[i].length) &&
            !(writers[i - 1].append && writers[i].append))
            warn(loader, &writers[i - 1], &writers[i]);
    free(writers);
}
