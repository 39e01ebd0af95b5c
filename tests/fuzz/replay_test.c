/*
 * Replays the corpora, and changes single bytes of every example: each text is loaded or said to be
 * wrong at a place, soon. With PARRUN_FUZZ=all every byte is changed, else a sample of them.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "targets.h"

/* Changes of one file, unless all are asked for. */
#define SAMPLE 60

/* Under the sanitizers; the program itself is some ten times as quick. */
#define SOON (2 * NS_PER_S)

static const char *tests_directory(void)
{
    const char *directory = getenv("TESTS_DIR");
    return directory ? directory : "tests";
}

static bool read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t got;
    while ((got = fread(buf_reserve(out, 4096), 1, 4096, file)) > 0)
        buf_added(out, got);
    fclose(file);
    return true;
}

/* Calls EACH with the content of every file in the folder whose name ends in ENDING; their number.
 */
static size_t walk(const char *folder, const char *ending,
                   void (*each)(const struct buf *text, const struct target *target),
                   const struct target *target)
{
    struct dirent **entries;
    size_t walked = 0;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        size_t length = strlen(name), tail = strlen(ending);
        struct buf path = {0}, text = {0};
        buf_printf(&path, "%s/%s", folder, name);
        if (name[0] != '.' && length >= tail && !strcmp(name + length - tail, ending) &&
            read_file(buf_string(&path), &text)) {
            each(&text, target);
            walked++;
        }
        buf_release(&path);
        buf_release(&text);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return walked;
}

static void feed(const struct buf *text, const struct target *target)
{
    /* A copy of the very size, so that a read behind it is seen. */
    char *copy = mem_calloc(text->length + 1, 1);
    copy = mem_realloc(copy, text->length ? text->length : 1, 1);
    if (text->length)
        memcpy(copy, text->data, text->length);
    target->feed(copy, text->length);
    free(copy);
}

static void test_corpora(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(targets); i++) {
        struct buf folder = {0};
        buf_printf(&folder, "%s/fuzz/corpus/%s", tests_directory(), targets[i].name);
        assert_true(walk(buf_string(&folder), "", feed, &targets[i]) > 0);
        buf_release(&folder);
    }
}

static void check_text(const struct buf *text)
{
    struct buf said = {0};
    int64_t began = clock_monotonic();
    bool right = load_text(text->data, text->length, &said);
    assert_true(clock_monotonic() - began < SOON);
    if (!right && !strncmp(buf_string(&said), "parrun:", 7))
        fail_msg("no place: %s", buf_string(&said));
    buf_release(&said);
}

static void mutate(const struct buf *text, const struct target *target)
{
    static const char signs[] = "\0\t\n :-#'\"{}[]&*!|>%@`,?~0aZ\x80\xC3\xFF";
    (void)target;
    const char *all = getenv("PARRUN_FUZZ");
    size_t changes = text->length * (sizeof(signs) - 1);
    size_t step = all && !strcmp(all, "all") ? 1 : changes / SAMPLE + 1;
    for (size_t i = 0; i < changes; i += step) {
        char *at = text->data + i / (sizeof(signs) - 1);
        char before = *at;
        *at = signs[i % (sizeof(signs) - 1)];
        check_text(text);
        *at = before;
    }
}

static void test_mutations(void **state)
{
    (void)state;
    static const char *const folders[] = {"configs", "examples", "src/cli/examples"};
    size_t files = 0;
    for (size_t i = 0; i < countof(folders); i++) {
        struct buf folder = {0};
        buf_printf(&folder, "%s/../%s", tests_directory(), folders[i]);
        files += walk(buf_string(&folder), ".yaml", mutate, NULL);
        buf_release(&folder);
    }
    assert_true(files > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpora),
        cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
