/* The lines of proc(5) that tell of cgroups and their mounts. */
#include "os/hierarchy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* What is looked for, and what was found of it. */
struct hierarchy_search {
    const char *controller;
    struct hierarchy *found;
};

/* True where WORD is in the LIST between commas. */
static bool lists(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (!strncmp(at, word, length) && (!at[length] || at[length] == ','))
            return true;
    }
    return false;
}

/* Calls EACH with the lines of FILE, without their ends, until it says that it has what it wants. */
static void scan(const char *file, bool (*each)(const struct hierarchy_search *search, char *line),
                 const struct hierarchy_search *search)
{
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    FILE *lines = fopen(file, "re");
    while (lines && !found && getline(&line, &room, lines) > 0) {
        line[strcspn(line, "\n")] = '\0';
        found = each(search, line);
    }
    if (lines)
        fclose(lines);
    free(line);
}

/* "ID:CONTROLLERS:NAME"; of version 2 they are empty, and where version 1 has the controller, it has not. */
static bool take_name(const struct hierarchy_search *search, char *line)
{
    char *controllers = strchr(line, ':');
    char *name = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!name)
        return false;
    *name++ = '\0';
    bool unified = !controllers[1];
    if (!unified && !(search->controller && lists(controllers + 1, search->controller)))
        return false;
    free(search->found->name);
    search->found->name = mem_strdup(name);
    search->found->unified = unified;
    return !unified;
}

/* What of the cgroup's name is below the mount; NULL where it is not below it. */
static const char *part_below(const struct hierarchy *hierarchy)
{
    size_t above = strcmp(hierarchy->root, "/") ? strlen(hierarchy->root) : 0;
    const char *below = hierarchy->name + above;
    bool is_below = !strncmp(hierarchy->name, hierarchy->root, above) && (!*below || *below == '/');
    return !is_below ? NULL : strcmp(below, "/") ? below : "";
}

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS... - TYPE SOURCE OPTIONS" */
static bool take_mount(const struct hierarchy_search *search, char *line)
{
    enum { ROOT = 3, POINT, FIELDS };
    struct hierarchy *found = search->found;
    char *behind = strstr(line, " - ");
    char *kept, *fields[FIELDS];
    size_t count = 0;
    if (!behind)
        return false;
    *behind = '\0';
    const char *type = strtok_r(behind + 3, " ", &kept);
    const char *source = strtok_r(NULL, " ", &kept);
    const char *options = strtok_r(NULL, " ", &kept);
    if (!type || !source || strcmp(type, found->unified ? "cgroup2" : "cgroup") != 0 ||
        !(found->unified || (options && lists(options, search->controller))))
        return false;
    for (char *at = strtok_r(line, " ", &kept); at && count < FIELDS; at = strtok_r(NULL, " ", &kept))
        fields[count++] = at;
    if (count < FIELDS)
        return false;
    free(found->root);
    free(found->point);
    found->root = mem_strdup(fields[ROOT]);
    found->point = mem_strdup(fields[POINT]);
    return part_below(found);
}

void hierarchy_find(struct hierarchy *hierarchy, const char *controller, const char *cgroup,
                    const char *mounts)
{
    const struct hierarchy_search search = {controller, hierarchy};
    *hierarchy = (struct hierarchy){0};
    scan(cgroup, take_name, &search);
    if (hierarchy->name)
        scan(mounts, take_mount, &search);
}

char *hierarchy_directory(const struct hierarchy *hierarchy)
{
    const char *below = hierarchy->point ? part_below(hierarchy) : NULL;
    struct buf path = {0};
    if (below)
        buf_printf(&path, "%s%s", hierarchy->point, below);
    return below ? buf_take(&path) : NULL;
}

void hierarchy_release(struct hierarchy *hierarchy)
{
    free(hierarchy->name);
    free(hierarchy->point);
    free(hierarchy->root);
    *hierarchy = (struct hierarchy){0};
}
