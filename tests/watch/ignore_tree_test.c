/*
 * What git ignores: random trees with random rules, held against what `git check-ignore --no-index` says.
 *
 * ignore_tree_test ROUNDS SEED makes so many with that seed.
 */
#include "../harness/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch/ignore_tree.h"

#define ROUNDS_USUAL 20

static uint64_t seed = 1;
static size_t rounds = ROUNDS_USUAL;
static char top[] = "/tmp/ignore_tree.XXXXXX";

static size_t draw(size_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)((seed >> 33) % below);
}

static void command(const char *line)
{
    assert_int_equal(system(line), 0);
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static const char *const names[] = {"a", "b", "ab", "a.o", "b.o", ".x", "a b", "#c", "!d", "e "};
static const char *const parts[] = {"a", "b", "ab", "*", "*.o", "**", "?", "[ab]", "[!a]*", "a*", ".x", "a b", "\\#c", "\\!d", "e\\ ", "*b*", "[a-", "x\\"};

static void draw_rule(struct buf *text)
{
    if (!draw(12))
        buf_text(text, "# ");
    if (!draw(4))
        buf_char(text, '!');
    if (!draw(3))
        buf_char(text, '/');
    for (size_t i = 0, count = 1 + draw(3); i < count; i++)
        buf_printf(text, "%s%s", i ? "/" : "", parts[draw(countof(parts))]);
    if (!draw(3))
        buf_char(text, '/');
    if (!draw(6))
        buf_text(text, "  ");
    if (!draw(8))
        buf_char(text, '\r');
    if (draw(10))
        buf_char(text, '\n');
}

static void write_rules(const char *directory, const char *name, size_t most)
{
    struct buf path = {0}, text = {0};
    buf_printf(&path, "%s/%s", directory, name);
    if (!draw(6))
        buf_text(&text, "\xef\xbb\xbf");
    for (size_t i = draw(most + 1); i > 0; i--)
        draw_rule(&text);
    write_text(path.data, buf_string(&text));
    buf_release(&text);
    buf_release(&path);
}

/* Each path below DIRECTORY, as it is made, a NUL behind it. */
static void make_tree(const char *directory, size_t depth, struct buf *paths)
{
    if (!draw(2))
        write_rules(directory, ".gitignore", 3);
    for (size_t i = 0; i < countof(names); i++) {
        struct buf path = {0};
        size_t kind = draw(depth ? 4 : 2);
        buf_printf(&path, "%s/%s", directory, names[i]);
        if (kind >= 2 && !mkdir(path.data, 0700))
            make_tree(path.data, depth - 1, paths);
        else if (kind == 1)
            write_text(path.data, "");
        if (kind)
            buf_append(paths, path.data, path.length + 1);
        buf_release(&path);
    }
}

static bool is_directory(const char *path)
{
    struct stat status;
    return !lstat(path, &status) && S_ISDIR(status.st_mode);
}

/* Says of each path what git says. */
static void compare(const char *root, const struct buf *paths)
{
    struct buf line = {0}, ignored = {0};
    struct ignore_tree *tree = ignore_tree_new();
    buf_printf(&line, "%s/../in", root);
    write_text(line.data, "");
    int fd = open(line.data, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(fd, paths->data, paths->length), paths->length);
    close(fd);
    buf_clear(&line);
    buf_printf(&line, "cd '%s' && git check-ignore --no-index -z --stdin <../in", root);
    FILE *git = popen(line.data, "r");
    for (int c; (c = fgetc(git)) != EOF;)
        buf_char(&ignored, (char)c);
    int status = pclose(git);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    const char *next = buf_string(&ignored);
    for (const char *path = paths->data; path < paths->data + paths->length; path += strlen(path) + 1) {
        bool theirs = next < ignored.data + ignored.length && !strcmp(next, path);
        if (theirs)
            next += strlen(next) + 1;
        if (ignore_tree_ignores(tree, path, is_directory(path)) != theirs)
            fail_msg("git %s %s", theirs ? "ignores" : "does not ignore", path);
    }
    ignore_tree_free(tree);
    buf_release(&ignored);
    buf_release(&line);
}

static void test_as_git_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < rounds; i++) {
        struct buf root = {0}, line = {0}, paths = {0};
        uint64_t began = seed;
        buf_printf(&root, "%s/home/r%zu", top, i);
        buf_printf(&line, "git init -q '%s'", root.data);
        command(line.data);
        buf_clear(&line);
        buf_printf(&line, "%s/.git/info", root.data);
        mkdir(line.data, 0700);
        write_rules(line.data, "exclude", 2);
        buf_clear(&line);
        buf_printf(&line, "%s/home/ignored", top);
        write_rules(top, "home/ignored", 1);
        print_message("round %zu, seed %llu\n", i, (unsigned long long)began);
        make_tree(root.data, 3, &paths);
        if (paths.length)
            compare(root.data, &paths);
        buf_release(&paths);
        buf_release(&line);
        buf_release(&root);
    }
}

/* A file that says another is kept: read once, until it is forgotten. */
static void test_forgets(void **state)
{
    struct ignore_tree *tree = ignore_tree_new();
    struct buf path = {0}, rules = {0};
    (void)state;
    buf_printf(&path, "%s/home/f", top);
    buf_printf(&rules, "git init -q '%s'", path.data);
    command(rules.data);
    buf_clear(&rules);
    buf_printf(&rules, "%s/.gitignore", path.data);
    buf_text(&path, "/x");
    write_text(rules.data, "x\n");
    assert_true(ignore_tree_ignores(tree, path.data, false));
    write_text(rules.data, "");
    assert_true(ignore_tree_ignores(tree, path.data, false));
    ignore_tree_forget(tree);
    assert_false(ignore_tree_ignores(tree, path.data, false));
    assert_false(ignore_tree_ignores(tree, "/x", false));
    ignore_tree_free(tree);
    buf_release(&rules);
    buf_release(&path);
}

int main(int argc, char **argv)
{
    struct tests tests = {0};
    struct buf text = {0};
    if (argc > 1)
        rounds = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    if (!mkdtemp(top))
        return 1;
    buf_printf(&text, "%s/home", top);
    mkdir(text.data, 0700);
    setenv("HOME", text.data, 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    unsetenv("XDG_CONFIG_HOME");
    buf_text(&text, "/.gitconfig");
    write_text(text.data, "[user]\n\tname = x\n[core]\n\texcludesFile = \"~/ignored\" ; mine\n");
    TEST(&tests, test_as_git_says);
    TEST(&tests, test_forgets);
    int status = tests_run(&tests, "ignore_tree");
    buf_clear(&text);
    buf_printf(&text, "rm -rf '%s'", top);
    status |= system(text.data);
    buf_release(&text);
    return status;
}
