/* The CONFIG frame: every field comes back. */
#include <endian.h>

#include "../harness/unit.h"
#include "wire/worker_config.h"
#include "wire/frame.h"

static void fill_texts(struct config_texts *texts, const char *first, const char *second)
{
    config_texts_add(texts, first);
    config_texts_add(texts, second);
}

/* A config whose every field differs from zero and from the others. */
static struct worker_config full_config(void)
{
    struct worker_config config = {
        .body = WORKER_LUA,
        .tell_command = true,
        .dry = true,
        .json = true,
        .process = true,
        .name = mem_strdup("name"),
        .run = mem_strdup("run"),
        .directory = mem_strdup("/directory"),
        .cwd = mem_strdup(""),
        .attributes = mem_strdup("nice=5"),
        .lua = chunk_copy("lua\0text", 8, "lua.file", 3),
        .setup = chunk_copy("", 0, "setup.file", UINT32_MAX),
        .stop.signal = -15,
        .stop.grace = INT64_MIN,
        .worker = 17,
        .queues.window = UINT32_MAX,
        .stdin_fd = -1,
        .stdout_fd = 1000,
    };
    buf_append(&config.vars, "v\0s", 3);
    fill_texts(&config.shell, "/bin/shell", "-c");
    fill_texts(&config.env, "A", "template");
    fill_texts(&config.command, "", "second");
    fill_texts(&config.queues.produces, "p", "q");
    fill_texts(&config.queues.consumes, "c", "d");
    buf_text(&config.queues.rules, "\1\2");
    return config;
}

static void assert_texts(const struct config_texts *a, const struct config_texts *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_string_equal(a->items[i], b->items[i]);
}

static void assert_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a)
        assert_string_equal(a, b);
}

static void assert_chunk(const struct chunk *a, const struct chunk *b)
{
    assert_int_equal(a->text == NULL, b->text == NULL);
    if (!a->text)
        return;
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->text, b->text, a->length + 1);
    assert_text(a->file, b->file);
    assert_int_equal(a->line, b->line);
}

static void assert_same(const struct worker_config *a, const struct worker_config *b)
{
    assert_int_equal(a->body, b->body);
    assert_int_equal(a->tell_command, b->tell_command);
    assert_int_equal(a->dry, b->dry);
    assert_int_equal(a->json, b->json);
    assert_int_equal(a->process, b->process);
    assert_text(a->name, b->name);
    assert_text(a->run, b->run);
    assert_text(a->directory, b->directory);
    assert_int_equal(a->vars.length, b->vars.length);
    if (a->vars.length)
        assert_memory_equal(a->vars.data, b->vars.data, a->vars.length);
    assert_texts(&a->env, &b->env);
    assert_text(a->cwd, b->cwd);
    assert_texts(&a->shell, &b->shell);
    assert_text(a->attributes, b->attributes);
    assert_texts(&a->command, &b->command);
    assert_chunk(&a->lua, &b->lua);
    assert_chunk(&a->setup, &b->setup);
    assert_texts(&a->queues.produces, &b->queues.produces);
    assert_texts(&a->queues.consumes, &b->queues.consumes);
    assert_int_equal(a->queues.rules.length, b->queues.rules.length);
    assert_memory_equal(a->queues.rules.data, b->queues.rules.data, a->queues.rules.length);
    assert_int_equal(a->stop.signal, b->stop.signal);
    assert_true(a->stop.grace == b->stop.grace);
    assert_true(a->worker == b->worker);
    assert_int_equal(a->queues.window, b->queues.window);
    assert_int_equal(a->stdin_fd, b->stdin_fd);
    assert_int_equal(a->stdout_fd, b->stdout_fd);
}

static void round_trip(const struct worker_config *config)
{
    struct buf out = {0};
    struct frame frame;
    struct worker_config back = {0};
    config_write(&out, config);
    assert_int_equal(frame_take(out.data, out.length, &frame), out.length);
    assert_int_equal(frame.type, FRAME_CONFIG);
    assert_true(config_read(&frame, &back));
    assert_same(config, &back);
    config_release(&back);
    buf_release(&out);
}

static void test_full(void **state)
{
    (void)state;
    struct worker_config config = full_config();
    round_trip(&config);
    config_release(&config);
    assert_null(config.name);
}

static void test_empty(void **state)
{
    (void)state;
    struct worker_config config = {0};
    round_trip(&config);
    config_release(&config);
}

/* The first LENGTH bytes of a CONFIG frame with a length that says so, read. */
static bool read_cut(const struct buf *whole, size_t length)
{
    char *cut = mem_realloc(NULL, length, 1);
    uint32_t little = htole32((uint32_t)length - 4);
    struct frame frame;
    struct worker_config config = {0};
    memcpy(cut, whole->data, length);
    memcpy(cut, &little, 4);
    assert_int_equal(frame_take(cut, length, &frame), length);
    bool good = config_read(&frame, &config);
    config_release(&config);
    free(cut);
    return good;
}

static void test_every_truncation(void **state)
{
    (void)state;
    struct worker_config config = full_config();
    struct buf whole = {0};
    config_write(&whole, &config);
    for (size_t length = 5; length < whole.length; length++)
        assert_false(read_cut(&whole, length));
    assert_true(read_cut(&whole, whole.length));
    buf_release(&whole);
    config_release(&config);
}

static void test_one_byte_too_many(void **state)
{
    (void)state;
    struct worker_config config = full_config();
    struct buf whole = {0};
    config_write(&whole, &config);
    buf_char(&whole, 'x');
    assert_false(read_cut(&whole, whole.length));
    buf_release(&whole);
    config_release(&config);
}

/* Any byte may be wrong: the config is read or refused, and nothing is read behind the frame. */
static void test_every_byte_changed(void **state)
{
    (void)state;
    struct worker_config config = full_config();
    struct buf whole = {0};
    config_write(&whole, &config);
    for (size_t at = 5; at < whole.length; at++) {
        char kept = whole.data[at];
        whole.data[at] = (char)0xFF;
        read_cut(&whole, whole.length);
        whole.data[at] = 0;
        read_cut(&whole, whole.length);
        whole.data[at] = kept;
    }
    assert_true(read_cut(&whole, whole.length));
    buf_release(&whole);
    config_release(&config);
}

static void test_no_chunk(void **state)
{
    (void)state;
    struct chunk chunk = chunk_copy(NULL, 5, "file", 1);
    assert_null(chunk.text);
    assert_null(chunk.file);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_full);
    TEST(&tests, test_empty);
    TEST(&tests, test_every_truncation);
    TEST(&tests, test_one_byte_too_many);
    TEST(&tests, test_every_byte_changed);
    TEST(&tests, test_no_chunk);
    return tests_run(&tests, "config");
}
