/* Every row of the schema table: its help, its default and its example. */
#include "fixture.h"

#include <ctype.h>

#include "base/arena.h"
#include "base/diag.h"
#include "scenario/schema.h"
#include "yaml/tree.h"

/* What an example may name: queue q, and somebody at each of its ends. */
#define AROUND "queues: {q: {items: [x]}}\n"
#define RESOURCES "resources: {gpu: 2, memory: 64G}\n"
#define ENDS "threads: {in: {lua: x = 1, produces: q}, out: {lua: x = 1, consumes: q}}\n"

/* A scenario round the inside of a block, and what the inside cannot do without. */
static const struct wrapper {
    const char *before;
    const char *after;
    const char *body; /* where the key is no alternative itself and needs none */
    const char *also; /* in any case; NULL: nothing */
} wrappers[BLOCK_COUNT] = {
    [BLOCK_LOG] = {AROUND ENDS "log: {", "}\n", ""},
    [BLOCK_QUEUE] = {"threads: {t: {lua: x = 1, consumes: [q, r], produces: [q, r]}}\n"
                     "queues: {q: {}, r: {",
                     "}}\n", ""},
    [BLOCK_PROCESS] = {AROUND ENDS RESOURCES "processes: {p: {", "}}\n", "run: x"},
    [BLOCK_POOL] = {AROUND ENDS RESOURCES "pools: {p: {", "}}\n", "run: x", "tasks: {queue: q}"},
    [BLOCK_THREAD] = {AROUND "processes: {p: {run: x, consumes: q}}\nthreads: {t: {", "}}\n",
                      "lua: x = 1"},
    [BLOCK_HOOK] = {AROUND ENDS "processes: {p: {run: x, finally: {", "}}}\n", "run: x"},
    [BLOCK_STOP] = {AROUND ENDS "processes: {p: {run: x, stop: {", "}}}\n", ""},
    [BLOCK_STREAM] = {AROUND ENDS "processes: {p: {run: x, stdout: {", "}}}\n", ""},
    [BLOCK_TASKS] = {AROUND ENDS "pools: {p: {run: x, tasks: {", "}}}\n", "lines: x"},
    [BLOCK_COPROCESS] = {AROUND ENDS "pools: {p: {tasks: 1, coprocess: {", "}}}\n",
                         "command: [./x]"},
    [BLOCK_WORKERS] = {AROUND ENDS "pools: {p: {run: x, tasks: 1, workers: {", "}}}\n", ""},
    [BLOCK_BATCH] = {AROUND ENDS "pools: {p: {run: x, tasks: 1, batch: {", "}}}\n", ""},
    [BLOCK_RETRY] = {AROUND ENDS "pools: {p: {run: x, tasks: 1, limits: {memory: 1G}, retry: {", "}}}\n", ""},
    [BLOCK_HALT] = {AROUND ENDS "pools: {p: {run: x, tasks: 1, halt: {", "}}}\n", ""},
    [BLOCK_ON] = {AROUND ENDS "pools: {p: {run: x, tasks: 1, on: {", "}}}\n", "command: [x]"},
    [BLOCK_SLURM] = {AROUND ENDS "pools: {p: {run: x, tasks: 1, on: {slurm: {", "}}}}\n", ""},
    [BLOCK_PRESSURE] = {AROUND ENDS "pools: {p: {run: x, tasks: 1, throttle: {pressure: {",
                        "}}}}\n", ""},
    [BLOCK_THROTTLE] = {AROUND ENDS "pools: {p: {run: x, tasks: 1, throttle: {", "}}}\n", ""},
    [BLOCK_LIMITS] = {AROUND ENDS "processes: {p: {run: x, limits: {", "}}}\n", ""},
    [BLOCK_ROTATE] = {"log: {file: x, rotate: {", "}}\nthreads: {t: {lua: x = 1}}\n", ""},
    [BLOCK_READY] = {AROUND ENDS "processes: {p: {run: x, ready: {", "}}}\n", "tcp: 80"},
    [BLOCK_HEALTH] = {AROUND ENDS "processes: {p: {run: x, health: {", "}}}\n", "tcp: 80"},
    [BLOCK_RESTART] = {AROUND ENDS "processes: {p: {run: x, restart: {", "}}}\n", ""},
    [BLOCK_SCHEDULE] = {AROUND ENDS "processes: {p: {run: x, schedule: {", "}}}\n", "every: 30s"},
    [BLOCK_WATCH] = {AROUND ENDS "processes: {p: {run: x, watch: {", "}}}\n", "paths: x"},
    [BLOCK_DO] = {AROUND ENDS "processes: {p: {run: x, watch: {paths: x, do: {", "}}}}\n", "signal: HUP"},
    [BLOCK_RESULTS] = {AROUND ENDS "pools: {p: {run: x, tasks: 1, results: {", "}}}\n", ""},
};

/* The other end of a stream, for keys of what a process reads. */
static const struct wrapper input = {AROUND ENDS "processes: {p: {run: x, stdin: {", "}}}\n", "", NULL};

/* Tasks that are there each time, for keys of a pool that tasks from a queue do not go with. */
static const struct wrapper listed = {AROUND ENDS RESOURCES "pools: {p: {", "}}\n", "run: x", "tasks: [a]"};

static void put_top_key(struct buf *text, const struct key *key)
{
    buf_printf(text, "%s\n", key->example);
    if (!strcmp(key->name, "threads"))
        return;
    buf_text(text, "threads: {t: {lua: x = 1, consumes: lines, produces: lines}}\n");
    if (strcmp(key->name, "queues"))
        buf_text(text, "queues: {lines: {}}\n");
}

/* Puts PAIR, "NAME: VALUE", unless KEY has that name. */
static void put_beside(struct buf *text, const struct key *key, const char *pair)
{
    size_t length = strlen(key->name);
    if (pair && *pair && (strncmp(pair, key->name, length) || pair[length] != ':'))
        buf_printf(text, ", %s", pair);
}

/* The key with what it needs, and what its block cannot do without. */
static void put_key(struct buf *text, const struct key *key, enum block_kind block,
                    const struct wrapper *wrapper)
{
    const struct key *last = key;
    buf_printf(text, "%s%s", wrapper->before, key->example);
    while (last->needs) {
        last = schema_find(block, last->needs);
        buf_printf(text, ", %s", last->example);
    }
    if (!last->alternative)
        put_beside(text, last, wrapper->body);
    put_beside(text, key, wrapper->also);
    buf_text(text, wrapper->after);
}

static bool loads(const char *text)
{
    struct loaded loaded = load_with(text, NULL, 0);
    bool right = loaded.scenario;
    loaded_release(&loaded);
    return right;
}

static void load_example(const struct key *key, enum block_kind block)
{
    struct buf text = {0};
    if (block == BLOCK_SCENARIO)
        put_top_key(&text, key);
    else
        put_key(&text, key, block, &wrappers[block]);
    if ((block == BLOCK_STREAM || block == BLOCK_POOL) && !loads(buf_string(&text))) {
        buf_clear(&text);
        put_key(&text, key, block, block == BLOCK_STREAM ? &input : &listed);
    }
    struct loaded loaded = load_right(buf_string(&text));
    loaded_release(&loaded);
    buf_release(&text);
}

/* The example stands in every place where the key may. */
static void test_example(void **state)
{
    const struct key *key = *state;
    for (const struct place *place = key->places; place->block != BLOCK_NONE; place++) {
        size_t length = strlen(key->name);
        assert_memory_equal(key->example, key->name, length);
        assert_memory_equal(key->example + length, ": ", 2);
        if (place->block != BLOCK_LUA)
            load_example(key, place->block);
    }
}

static void test_words(void **state)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(keys[i].help);
        assert_true(length > 10);
        assert_true(isupper((unsigned char)keys[i].help[0]));
        assert_int_equal(keys[i].help[length - 1], '.');
        assert_true(strlen(keys[i].type->name) > 0);
        assert_true(strlen(keys[i].type->wording) > 0);
        assert_non_null(keys[i].type->json);
        assert_int_not_equal(keys[i].places[0].block, BLOCK_NONE);
    }
}

/* No key stands twice in a block. */
static void test_unique(void **state)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (const struct place *place = keys[i].places; place->block != BLOCK_NONE; place++)
            assert_ptr_equal(schema_find(place->block, keys[i].name), &keys[i]);
}

/* What a key needs stands in the same blocks. */
static void test_needs(void **state)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (const struct place *place = keys[i].places; place->block != BLOCK_NONE; place++)
            if (keys[i].needs)
                assert_non_null(schema_find(place->block, keys[i].needs));
}

/* Every default is bound by a scenario that gives no key at all; a choice's is one of its words. */
static void test_defaults(void **state)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        bool known = !keys[i].fallback || !keys[i].choices || keys[i].fallback[0] == '{';
        for (const struct choice *choice = keys[i].choices; !known && choice->name; choice++)
            known = !strcmp(choice->name, keys[i].fallback);
        assert_true(known);
    }
    struct loaded loaded = load_right("queues: {q: }\n"
                                      "processes: {p: {run: x, produces: q, stdout: {file: f}}}\n"
                                      "pools: {o: {run: x, tasks: 1, consumes: q}}\n"
                                      "threads: {t: {lua: x = 1}}\n");
    loaded_release(&loaded);
}

/* tree_word() makes of every default what the parser makes of it. */
static void test_default_words(void **state)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    struct arena *arena = arena_new();
    struct diags *diags = diags_new();
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!keys[i].fallback)
            continue;
        const struct source source = {.name = "default", .text = keys[i].fallback, .length = strlen(keys[i].fallback)};
        const struct node *parsed = tree_parse(arena, &source, diags);
        struct node word = tree_word(keys[i].fallback);
        assert_non_null(parsed);
        assert_int_equal(word.kind, parsed->kind);
        assert_int_equal(word.style, parsed->style);
        assert_int_equal(word.tag, parsed->tag);
        assert_int_equal(word.size, parsed->size);
        assert_int_equal(word.width, parsed->width);
        assert_int_equal(word.line, parsed->line);
        assert_int_equal(word.column, parsed->column);
        if (parsed->kind == NODE_SCALAR)
            assert_string_equal(word.text, parsed->text);
    }
    assert_int_equal(diags_count(diags), 0);
    diags_free(diags);
    arena_free(arena);
}

static void test_own_keys(void **state)
{
    (void)state;
    assert_true(schema_is_own("x-note"));
    assert_false(schema_is_own("x"));
    assert_false(schema_is_own("note"));
}

int main(void)
{
    static const struct CMUnitTest fixed[] = {
        cmocka_unit_test(test_words),    cmocka_unit_test(test_unique),
        cmocka_unit_test(test_needs),    cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_default_words), cmocka_unit_test(test_own_keys),
    };
    size_t count;
    const struct key *keys = schema_keys(&count);
    struct CMUnitTest tests[SCHEMA_KEYS_MOST + countof(fixed)];
    memcpy(tests, fixed, sizeof(fixed));
    for (size_t i = 0; i < count; i++)
        tests[countof(fixed) + i] = (struct CMUnitTest){
            .name = keys[i].name,
            .test_func = test_example,
            .initial_state = (void *)(uintptr_t)&keys[i],
        };
    return _cmocka_run_group_tests("schema", tests, countof(fixed) + count, NULL, NULL);
}
