/* Scenarios of several files. */
#include "fixture.h"

#include <sys/stat.h>

#include "template/template.h"

static const struct {
    const char *name;
    const char *text;
} files[] = {
    {"main.yaml",
     "include: [parts/one.yaml, parts/two.yaml]\n"
     "vars: {size: 3}\n"
     "env: {A: main}\n"
     "processes: {own: {run: 'true', produces: q}}\n"
     "pools: {last: {run: \"true ${{ vars.size }}\", tasks: \"${{ vars.count }}\"}}\n"},
    {"parts/one.yaml", "version: 1\n"
                       "include: ../shared.yaml\n"
                       "x-note: a\n"
                       "vars: {size: 1, count: 7}\n"
                       "processes: {one: {lua: {file: work.lua}, env_file: one.env}}\n"},
    {"parts/two.yaml", "include: ../shared.yaml\n"
                       "env: {A: two, B: two}\n"
                       "processes: {two: {run: 'true', consumes: q}}\n"},
    {"shared.yaml", "queues: {q: }\n"},
    {"parts/work.lua", "return 1\n"},
    {"parts/one.env", "C=file\n"},
};

static const char *value_of(const struct object_spec *object, const char *name)
{
    for (size_t i = 0; i < object->env_count; i++) {
        size_t length;
        if (!strcmp(object->env[i].name, name))
            return template_source(object->env[i].value, &length);
    }
    return "(unset)";
}

static void check_scenario(const struct scenario *scenario)
{
    assert_int_equal(scenario->process_count, 3);
    const struct object_spec *one = &scenario->processes[0].object;
    assert_string_equal(one->name, "one");
    assert_string_equal(one->mark.source->name, "parts/one.yaml");
    assert_int_equal(one->mark.line, 5);
    assert_string_equal(one->body.lua.file, "parts/work.lua");
    assert_string_equal(value_of(one, "A"), "main");
    assert_string_equal(value_of(one, "B"), "two");
    assert_string_equal(value_of(one, "C"), "file");
    assert_string_equal(scenario->processes[1].object.name, "two");
    assert_string_equal(scenario->processes[2].object.name, "own");
    assert_int_equal(scenario->queue_count, 1);
    assert_int_equal(scenario->pools[0].tasks.count, 7);
    assert_int_equal(scenario->vars.table.count, 2);
}

static void test_files(void **state)
{
    (void)state;
    char directory[] = "/tmp/parrun-include-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    assert_int_equal(mkdir("parts", 0700), 0);
    for (size_t i = 0; i < countof(files); i++)
        put_file(files[i].name, files[i].text);
    struct diags *diags = diags_new();
    struct buf said = {0};
    struct scenario_sources *held;
    struct scenario *scenario = scenario_load("main.yaml", NULL, diags, &held);
    diags_print(diags, &said);
    assert_string_equal(buf_string(&said), "");
    check_scenario(scenario);
    scenario_free(scenario);
    scenario_free_sources(held);
    diags_free(diags);
    buf_release(&said);
    for (size_t i = 0; i < countof(files); i++)
        unlink(files[i].name);
    rmdir("parts");
    assert_int_equal(chdir("/"), 0);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
