/* Files that are watched: 'watch' of a process-compose.yaml, 'develop' of a compose file. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/glob_tree.h"
#include "import/process_compose.h"
#include "yaml/tree.h"

/* So far is followed what a process depends on. */
#define DEPTH_MOST 100

/* What is written below 'watch'. */
struct watched {
    struct draft *draft;
    struct texts paths;
    struct texts ignore;
};

/* PATH/PATTERN, or PATTERN alone where PATH is NULL, as a pattern of 'paths', or where LINE is set as a line of 'ignore'. */
static const char *join(struct import *import, const char *path, const char *pattern, bool line)
{
    struct buf whole = {0};
    if (path && line && !strncmp(path, "./", 2))
        path += 2;
    bool here = path && !strcmp(path, ".");
    if (path && !here)
        glob_tree_quote(&whole, path);
    if (path && pattern && !here && (!whole.length || whole.data[whole.length - 1] != '/'))
        buf_char(&whole, '/');
    buf_text(&whole, pattern ? pattern : here ? "." : "");
    const char *text = arena_strdup(import->arena, buf_string(&whole));
    buf_release(&whole);
    return text;
}

/* Each text of the list KEY of MAP below PATH. */
static void take_patterns(struct watched *watched, const struct node *map, const char *key, const char *path, struct texts *texts,
                          bool line)
{
    struct import *import = watched->draft->import;
    const struct node *list = import_take(import, map, key);
    if (list && list->kind != NODE_LIST)
        import_expected(import, key, list, "a list of patterns");
    for (size_t i = 0; list && list->kind == NODE_LIST && i < list->size; i++) {
        const char *pattern = import_now(import, key, &list->items[i]);
        if (pattern)
            texts_add(texts, join(import, line && *path == '/' ? NULL : path, pattern, line));
    }
    if (list)
        import_whole(import, list);
}

/* One root with what counts in it; OUT and IN are the keys that say so. */
static void take_root(struct watched *watched, const struct node *map, const char *in, const char *out)
{
    struct import *import = watched->draft->import;
    const char *path = import_key_now(import, map, "path", "path");
    size_t before = watched->paths.count;
    if (!node_find(map, "path"))
        import_expected(import, "watch", map, "a mapping with a 'path'");
    if (!path)
        return;
    take_patterns(watched, map, in, path, &watched->paths, false);
    if (watched->paths.count == before)
        texts_add(&watched->paths, join(import, path, NULL, false));
    take_patterns(watched, map, out, path, &watched->ignore, true);
}

static void write_watch(struct watched *watched, const char *delay)
{
    struct draft *draft = watched->draft;
    if (watched->paths.count) {
        draft_open(draft, "watch");
        draft_list(draft, "paths", &watched->paths);
        if (watched->ignore.count)
            draft_list(draft, "ignore", &watched->ignore);
        if (delay)
            draft_line(draft, "delay", "%s", delay);
        draft_close(draft);
    }
    texts_release(&watched->paths);
    texts_release(&watched->ignore);
}

/* The wait as parrun writes it. NULL: there is none, or it is wrong. */
static const char *take_delay(struct import *import, const struct node *map)
{
    const struct node *node = import_take(import, map, "debounce");
    int64_t ns;
    return node ? import_duration(import, "watch.debounce", node, "300ms", &ns) : "300ms"; /* process-compose's own */
}

void process_take_watch(void *object, const struct key_row *row, const struct node *value)
{
    struct watched watched = {.draft = object};
    struct import *import = watched.draft->import;
    const struct node *paths = import_take(import, value, "paths");
    import_flag(import, value, "cascade"); /* see process_follows() */
    if (value->kind != NODE_MAP)
        import_expected(import, row->path, value, "a mapping");
    else if (!paths || paths->kind != NODE_LIST)
        import_expected(import, "watch.paths", paths ? paths : value, "a list of mappings");
    for (size_t i = 0; paths && paths->kind == NODE_LIST && i < paths->size; i++)
        take_root(&watched, &paths->items[i], "include", "exclude");
    write_watch(&watched, take_delay(import, value));
}

static bool follows(const struct node *all, const struct node *process, int depth)
{
    const struct node *depends = node_find(process, "depends_on");
    for (size_t i = 0; depth && depends && depends->kind == NODE_MAP && i < depends->size; i++) {
        const struct node *other = node_find(all, node_key(depends, i)->text);
        if (other && (import_is_word(node_find(node_find(other, "watch"), "cascade"), "true") || follows(all, other, depth - 1)))
            return true;
    }
    return false;
}

bool process_follows(const struct foreign_process *process)
{
    return follows(process->all, process->map, DEPTH_MOST);
}

void draft_take_develop(void *object, const struct key_row *row, const struct node *value)
{
    struct watched watched = {.draft = object};
    struct import *import = watched.draft->import;
    const struct node *rules = import_take(import, value, "watch");
    if (!rules || rules->kind != NODE_LIST)
        import_expected(import, row->path, value, "a list of rules in 'watch'");
    for (size_t i = 0; rules && rules->kind == NODE_LIST && i < rules->size; i++) {
        const struct node *rule = &rules->items[i];
        if (import_is_word(import_take(import, rule, "action"), "restart")) {
            take_root(&watched, rule, "include", "ignore");
            continue;
        }
        import_dropped(import, "develop.watch", rule,
                       "nothing is copied into a container or built here: 'action: restart' alone has an equal");
    }
    write_watch(&watched, NULL);
}
