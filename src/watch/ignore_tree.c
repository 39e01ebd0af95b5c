/* Rules of git, directory by directory. */
#include "watch/ignore_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/name_index.h"
#include "watch/git_files.h"
#include "watch/ignore_rules.h"

/* A repository: rules that come behind those of its directories, the first of them behind the second. */
struct repository {
    struct repository *next;
    size_t root; /* bytes of the path of its top, with the '/' behind it */
    struct ignore_rules global;
    struct ignore_rules exclude;
};

struct ignore_directory {
    char *path;
    size_t prefix; /* bytes of it, with a '/' behind it */
    const struct ignore_directory *parent; /* NULL: it is "/" */
    const struct repository *repository;   /* NULL: it is in none */
    bool root;    /* of that */
    bool ignored; /* with all that is in it */
    struct ignore_rules rules;
};

struct ignore_tree {
    struct ignore_directory **directories;
    size_t count;
    size_t capacity;
    struct names names; /* of their paths */
    struct repository *repositories;
};

struct ignore_tree *ignore_tree_new(void)
{
    return mem_calloc(1, sizeof(struct ignore_tree));
}

void ignore_tree_forget(struct ignore_tree *tree)
{
    struct repository *next;
    for (size_t i = 0; i < tree->count; i++) {
        ignore_rules_release(&tree->directories[i]->rules);
        free(tree->directories[i]->path);
        free(tree->directories[i]);
    }
    for (struct repository *repository = tree->repositories; repository; repository = next) {
        next = repository->next;
        ignore_rules_release(&repository->global);
        ignore_rules_release(&repository->exclude);
        free(repository);
    }
    free(tree->directories);
    names_release(&tree->names);
    *tree = (struct ignore_tree){0};
}

void ignore_tree_free(struct ignore_tree *tree)
{
    if (tree)
        ignore_tree_forget(tree);
    free(tree);
}

/* Adds the rules in a file, where it is there; frees PATH. */
static void read_rules(struct ignore_rules *rules, char *path, bool links)
{
    struct buf text = {0};
    if (path && git_read(path, links, &text))
        ignore_rules_add(rules, buf_string(&text), text.length);
    buf_release(&text);
    free(path);
}

static struct repository *open_repository(struct ignore_tree *tree, const struct ignore_directory *root)
{
    struct repository *repository = mem_calloc(1, sizeof(*repository));
    repository->next = tree->repositories;
    repository->root = root->prefix;
    tree->repositories = repository;
    read_rules(&repository->global, git_global_file(root->path), true);
    read_rules(&repository->exclude, git_exclude_file(root->path), true);
    return repository;
}

/* What the rules say of PATH, which is in DIRECTORY. */
static enum ignore_verdict say(const struct ignore_directory *directory, const char *path, bool is_directory)
{
    const struct repository *repository = directory->repository;
    enum ignore_verdict verdict = IGNORE_UNSAID;
    for (; !verdict && repository; directory = directory->parent) {
        verdict = ignore_rules_say(&directory->rules, path + directory->prefix, is_directory);
        if (directory->root)
            break;
    }
    if (!verdict && repository)
        verdict = ignore_rules_say(&repository->exclude, path + repository->root, is_directory);
    if (!verdict && repository)
        verdict = ignore_rules_say(&repository->global, path + repository->root, is_directory);
    return verdict;
}

static const struct ignore_directory *find(struct ignore_tree *tree, const char *path, size_t length);

/* PATH of LENGTH bytes, which has no place in the tree yet. */
static struct ignore_directory *open_directory(struct ignore_tree *tree, const char *path, size_t length)
{
    struct ignore_directory *directory = mem_calloc(1, sizeof(*directory));
    const char *slash = length ? memrchr(path, '/', length) : NULL;
    directory->path = mem_copy(length ? path : "/", length ? length : 1);
    directory->prefix = length + 1;
    if (slash)
        directory->parent = find(tree, path, (size_t)(slash - path));
    directory->root = git_is_root(directory->path);
    if (directory->root) {
        directory->repository = open_repository(tree, directory);
    } else if (directory->parent) {
        directory->repository = directory->parent->repository;
        directory->ignored = directory->parent->ignored || say(directory->parent, directory->path, true) == IGNORE_YES;
    }
    if (directory->repository && !directory->ignored) {
        struct buf file = {0};
        buf_printf(&file, "%.*s/.gitignore", (int)length, path);
        read_rules(&directory->rules, buf_take(&file), false);
    }
    return directory;
}

/* The directory with this path, without a '/' at its end. */
static const struct ignore_directory *find(struct ignore_tree *tree, const char *path, size_t length)
{
    size_t number = names_find(&tree->names, path, length);
    if (number != NAMES_NONE)
        return tree->directories[number];
    struct ignore_directory *directory = open_directory(tree, path, length);
    tree->directories = mem_grow(tree->directories, &tree->capacity, tree->count + 1, sizeof(struct ignore_directory *));
    tree->directories[tree->count] = directory;
    *names_slot(&tree->names, directory->path, length) = tree->count++;
    return directory;
}

bool ignore_tree_ignores(struct ignore_tree *tree, const char *path, bool directory)
{
    const char *slash = strrchr(path, '/');
    const struct ignore_directory *parent = find(tree, path, (size_t)(slash - path));
    return parent->ignored || say(parent, path, directory) == IGNORE_YES;
}
