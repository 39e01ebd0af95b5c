/* Files that are watched: 'watch' of a process-compose.yaml, 'develop' of a compose file. */
#include "base/glob_tree.h"
#include "import/private.h"

/* What is written below 'watch'. */
struct watched {
    struct texts paths;
    struct texts ignore;
};

/* PATH/PATTERN, or PATTERN alone where PATH is NULL, as a pattern of 'paths', or where LINE is set as a line of 'ignore'. */
static const char *join(struct import *import, const char *path, const char *pattern, bool line)
{
    struct buf whole = {0};
    bool here = path && !strcmp(path, ".");
    bool kept = line && pattern && *pattern == '!';
    if (kept)
        buf_char(&whole, *pattern++);
    if (path && line && !strncmp(path, "./", 2))
        path += 2;
    if (path && pattern && !(line && here))
        pattern += strspn(pattern, "/"); /* it is below PATH with it too */
    if (path && !here)
        glob_tree_quote(&whole, path);
    if (path && pattern && !here && (whole.length == kept || whole.data[whole.length - 1] != '/'))
        buf_char(&whole, '/');
    buf_text(&whole, pattern ? pattern : here ? "." : "");
    const char *text = arena_strdup(import->arena, buf_string(&whole));
    buf_release(&whole);
    return text;
}

/* Each text of the list KEY of MAP below PATH. */
static void take_patterns(struct import *import, const struct node *map, const char *key, const char *path, struct texts *texts, bool line)
{
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

/* One root with what counts in it: what its key 'include' has, and not what its key OUT has. */
static void take_root(struct import *import, struct watched *watched, const struct node *map, const char *out)
{
    const char *path = import_key_now(import, map, "path", "path");
    size_t before = watched->paths.count;
    if (!node_find(map, "path"))
        import_expected(import, "watch", map, "a mapping with a 'path'");
    if (!path)
        return;
    take_patterns(import, map, "include", path, &watched->paths, false);
    if (watched->paths.count == before)
        texts_add(&watched->paths, join(import, path, NULL, false));
    take_patterns(import, map, out, path, &watched->ignore, true);
}

static void write_watch(struct import *import, struct watched *watched, const char *delay)
{
    if (watched->paths.count) {
        draft_open(import, "watch");
        draft_list(import, "paths", &watched->paths);
        if (watched->ignore.count)
            draft_list(import, "ignore", &watched->ignore);
        if (delay)
            draft_line(import, "delay", "%s", delay);
        draft_close(import);
    }
    texts_release(&watched->paths);
    texts_release(&watched->ignore);
}

void draft_take_watch(struct import *import, const struct node *value)
{
    struct watched watched = {0};
    int64_t ns;
    const struct node *paths = import_take(import, value, "paths");
    const struct node *delay = import_take(import, value, "debounce");
    bool list = paths && paths->kind == NODE_LIST;
    if (names_have(&import->index.awaited, import->draft->owner))
        import_says(import, value, "cascade", "true"); /* see draft_follows() */
    if (!list)
        import_expected(import, "watch.paths", paths ? paths : value, "a list of mappings");
    for (size_t i = 0; list && i < paths->size; i++)
        take_root(import, &watched, &paths->items[i], "exclude");
    write_watch(import, &watched, delay ? import_duration(import, "watch.debounce", delay, "300ms", &ns) : "300ms");
}

static bool is_cascading(const struct import *import, const char *name)
{
    return strcmp(name, import->draft->owner) != 0 && names_have(&import->index.cascading, name);
}

bool draft_follows(const struct import *import)
{
    return import->index.cascading.count && import_reaches(import, import->draft->owner, is_cascading);
}

void draft_take_develop(struct import *import, const struct node *value)
{
    struct watched watched = {0};
    const struct node *rules = import_take(import, value, "watch");
    if (!rules || rules->kind != NODE_LIST)
        import_expected(import, import->key, value, "a list of rules in 'watch'");
    for (size_t i = 0; rules && rules->kind == NODE_LIST && i < rules->size; i++) {
        const struct node *rule = &rules->items[i];
        if (import_is_word(import_take(import, rule, "action"), "restart"))
            take_root(import, &watched, rule, "ignore");
        else
            import_dropped(import, "develop.watch", rule,
                           "nothing is copied into a container or built here: 'action: restart' alone has an equal");
    }
    write_watch(import, &watched, NULL);
}
