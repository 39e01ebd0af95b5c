/* What the commands of a pool's tasks read. */
#include <string.h>

#include "base/mem.h"
#include "pool/private.h"
#include "pool/source/source.h"
#include "scenario/spec.h"
#include "template/template.h"
#include "wire/worker_config.h"

static void fill_blocks(const struct pool *pool, struct worker_config *config)
{
    const char *path = pool->spec->tasks.path;
    bool stream;
    items_blocks(pool->feed.items, &stream);
    config->input = stream ? WORKER_INPUT_STREAM : WORKER_INPUT_BLOCK;
    config->input_text = mem_strdup(strcmp(path, "-") ? path : "");
}

void pool_fill_input(const struct pool *pool, struct worker_config *config)
{
    const struct stream_spec *input = pool->spec->input;
    size_t length;
    if (pool->spec->tasks.kind == SOURCE_BLOCKS)
        fill_blocks(pool, config);
    if (input->kind == STREAM_FILE) {
        config->input = WORKER_INPUT_FILE;
        config->input_text = mem_strdup(template_source(input->path, &length));
    } else if (input->kind == STREAM_TEXT) {
        config->input = WORKER_INPUT_TEXT;
        config->input_text = mem_strdup(template_source(input->text, &length));
    }
}

size_t pool_add_blocks(const struct pool *pool, int **descriptors, size_t count, int *number)
{
    bool stream;
    int fd = items_blocks(pool->feed.items, &stream);
    size_t capacity = count;
    *number = -1;
    if (fd < 0)
        return count;
    *descriptors = mem_grow(*descriptors, &capacity, count + 1, sizeof(**descriptors));
    (*descriptors)[count] = fd;
    *number = (int)count;
    return count + 1;
}
