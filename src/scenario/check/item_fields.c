/* The names that items have. */
#include "scenario/check/item_fields.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/error.h"
#include "base/mem.h"
#include "scenario/loader.h"

/* A header that is longer is not looked at. */
#define HEADER_MOST ((size_t)64 << 10)

static void add_name(struct loader *loader, struct value *names, const char *name)
{
    size_t count = names->table.count;
    struct value_pair *pairs = arena_alloc(loader->arena, (count + 1) * sizeof(*pairs));
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(names->table.pairs[i].key.string.bytes, name))
            return;
        pairs[i] = names->table.pairs[i];
    }
    pairs[count] = (struct value_pair){.key = value_of_string(name)};
    names->table.pairs = pairs;
    names->table.count = count + 1;
}

/* True for a value whose names are known: a mapping, or no table at all. */
static bool add_names(struct loader *loader, struct value *names, const struct value *item)
{
    for (size_t i = 0; item->type == VALUE_TABLE && i < item->table.count; i++) {
        if (item->table.pairs[i].key.type != VALUE_STRING)
            return false;
        add_name(loader, names, item->table.pairs[i].key.string.bytes);
    }
    return true;
}

static bool names_of_list(struct loader *loader, struct value *names,
                          const struct source_spec *source)
{
    for (int64_t i = 0; i < source->count; i++)
        if (!add_names(loader, names, &source->items[i]))
            return false;
    return true;
}

static bool names_of_matrix(struct loader *loader, struct value *names,
                            const struct source_spec *source)
{
    for (size_t i = 0; i < source->matrix.axis_count; i++)
        add_name(loader, names, source->matrix.axes[i].name);
    for (size_t i = 0; i < source->matrix.include_count; i++)
        if (!add_names(loader, names, &source->matrix.include[i]))
            return false;
    return true;
}

/* The first bytes of the file PATH; 0 where it cannot be read. */
static size_t read_start(const char *path, char *bytes, size_t size)
{
    struct stat status;
    bool regular =
        !stat(path, &status) && S_ISREG(status.st_mode); /* of others it would be taken */
    int fd = regular ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t got = fd >= 0 ? read(fd, bytes, size) : -1;
    if (fd >= 0)
        close(fd);
    return got > 0 ? (size_t)got : 0;
}

static bool names_of_csv(struct loader *loader, struct value *names,
                         const struct source_spec *source)
{
    struct csv csv = {0};
    struct error error = {0};
    char *bytes = arena_alloc(loader->arena, HEADER_MOST);
    size_t length = read_start(source->path, bytes, HEADER_MOST), taken;
    size_t mark = length >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3) ? 3 : 0;
    bool row = csv_take(&csv, bytes + mark, length - mark, &taken, &error) == CSV_ROW;
    for (size_t i = 0; row && i < csv.count; i++) {
        size_t size;
        const char *name = csv_field(&csv, i, &size);
        add_name(loader, names, arena_copy(loader->arena, name, size));
    }
    csv_release(&csv);
    error_release(&error);
    return row;
}

static bool names_of_values(struct loader *loader, struct value *names,
                            const struct source_spec *source)
{
    (void)loader, (void)names, (void)source;
    return true;
}

static bool names_of_blocks(struct loader *loader, struct value *names,
                            const struct source_spec *source)
{
    (void)source;
    add_name(loader, names, "offset");
    add_name(loader, names, "size");
    add_name(loader, names, "header");
    add_name(loader, names, "begin");
    return true;
}

const struct value *item_names(struct loader *loader, const struct block *pool,
                               const struct source_spec *source)
{
    static bool (*const readers[])(struct loader *, struct value *, const struct source_spec *) = {
        [SOURCE_LIST] = names_of_list,    [SOURCE_MATRIX] = names_of_matrix,
        [SOURCE_CSV] = names_of_csv,      [SOURCE_COUNT] = names_of_values,
        [SOURCE_RANGE] = names_of_values, [SOURCE_LINES] = names_of_values,
        [SOURCE_GLOB] = names_of_values,  [SOURCE_OUTPUT] = names_of_values,
        [SOURCE_BLOCKS] = names_of_blocks,
    };
    if (source->columns || (source->header && source->kind != SOURCE_BLOCKS))
        return NULL;
    bool later = source->kind == SOURCE_CSV && block_given(pool, "depends_on");
    if (later || block_given(pool, "batch") || source->kind >= countof(readers) ||
        !readers[source->kind])
        return NULL;
    struct value *names = arena_alloc(loader->arena, sizeof(*names));
    *names = (struct value){.type = VALUE_TABLE};
    return readers[source->kind](loader, names, source) ? names : NULL;
}
