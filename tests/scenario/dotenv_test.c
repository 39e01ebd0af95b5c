/* Environment files: each row a file and the variables it gives. */
#include "fixture.h"

#include "base/arena.h"
#include "base/str.h"
#include "scenario/dotenv.h"
#include "template/template.h"

struct row {
    const char *name;
    const char *text;
    const char
        *expected; /* NAME=VALUE for each, a line each, the values shell-quoted; or what is said */
};

static const char *const environment[] = {"HOME=/home/u", "EMPTY=", "WITH=a b", NULL};

static const struct row rows[] = {
    {"plain", "A=1\nB=two words\n", "A=1\nB='two words'\n"},
    {"no newline at the end", "A=1", "A=1\n"},
    {"empty file", "", ""},
    {"comments and blank lines", "# one\n\n   # two\nA=1\n", "A=1\n"},
    {"comment behind a value", "A=1 # one\nB= # nothing\nC='x' # y\n", "A=1\nB='# nothing'\nC=x\n"},
    {"# inside a value", "A=a#b\nB=#c\nC='# d'\n", "A='a#b'\nB='#c'\nC='# d'\n"},
    {"empty values", "A=\nB=''\nC=\"\"\n", "A=''\nB=''\nC=''\n"},
    {"blanks round the value", "A =  1  \n  B=2\t\n", "A=1\nB=2\n"},
    {"colon", "A: 1\nB: \"2\"\n", "A=1\nB=2\n"},
    {"equals in a value", "A=b=c\n", "A='b=c'\n"},
    {"export", "export A=1\nexport\tB\nexport=3\n", "A=1\nB\nexport=3\n"},
    {"name alone", "A\nHOME # mine\n", "A\nHOME\n"},
    {"carriage returns", "A=1\r\nB='2'\r\nC=\"x\r\ny\"\r\n", "A=1\nB=2\nC='x\ny'\n"},
    {"single quotes are literal", "A='$HOME \\n ${X}'\n", "A='$HOME \\n ${X}'\n"},
    {"quote in single quotes", "A='it\\'s'\n", "A='it'\\''s'\n"},
    {"escapes", "A=\"a\\nb\\tc\\\\d\\\"e\\$f\\q\"\n", "A='a\nb\tc\\d\"e$f\\q'\n"},
    {"no escapes without quotes", "A=a\\nb\n", "A='a\\nb'\n"},
    {"several lines", "A='one\ntwo'\nB=\"x\ny\"\nC=3\n", "A='one\ntwo'\nB='x\ny'\nC=3\n"},
    {"quotes inside", "A=it's \"so\"\n", "A='it'\\''s \"so\"'\n"},
    {"dollar name", "A=$HOME/x\nB=\"$HOME/y\"\n", "A=/home/u/x\nB=/home/u/y\n"},
    {"braces", "A=${HOME}x\nB=\"${WITH}\"\n", "A=/home/ux\nB='a b'\n"},
    {"of the lines above", "A=1\nB=${A}2\nA=3\nC=$A\n", "A=3\nB=12\nC=3\n"},
    {"default", "A=${NO:-x}\nB=${NO-x}\nC=${EMPTY:-x}\nD=${EMPTY-x}\nE=${HOME:-x}\n",
     "A=x\nB=x\nC=x\nD=''\nE=/home/u\n"},
    {"alternative", "A=${NO:+x}\nB=${NO+x}\nC=${EMPTY:+x}\nD=${EMPTY+x}\nE=${HOME:+x}\n",
     "A=''\nB=''\nC=''\nD=x\nE=x\n"},
    {"demanded and there", "A=${HOME:?no home}\nB=${EMPTY?gone}\n", "A=/home/u\nB=''\n"},
    {"nested", "A=${NO:-${NEITHER:-$HOME}}\nB=\"${NO:-\"\n", NULL},
    {"nested default", "A=${NO:-${NEITHER:-$HOME}}/x\n", "A=/home/u/x\n"},
    {"not needed, not looked up", "A=${HOME:-${NO:?gone} $NEITHER}\n", "A=/home/u\n"},
    {"blanks in a default", "A=${NO:-a b # c}\n", "A='a b # c'\n"},
    {"dollar signs", "A=$$HOME $5 a$ $\nB=\"$$\"\n", "A='$HOME $5 a$ $'\nB='$'\n"},
    {"last wins", "A=1\nA=2\n", "A=2\n"},
    {"template opening", "A=${{ x }}\n", NULL},
    {"bytes", "A=\xFF\xC3\n", "A='\xFF\xC3'\n"},
    {"unset", "A=x$NO\nB=1\n", "A=x\nB=1\n"},
    {"unset in braces", "A=\"${NO}\n$NO\"\nB=1\n", "A='\n'\nB=1\n"},
    {"the environment wins inside", "HOME=/here\nA=$HOME\n", "HOME=/here\nA=/home/u\n"},
    {"braces in a default", "A=${NO:-{\"a\":{}}}\nB=${HOME:-{\"a\":1}}x\n", "A='{\"a\":{}}'\nB=/home/ux\n"},
    {"every escape", "A=\"\\a\\b\\f\\v\\r\\0123\\0\\0777\"\n", "A='\a\b\f\v\rS\\0\\0777'\n"},
    {"a tab before #", "A=1\t# two\n", "A='1\t# two'\n"},
    {"demanded", "A=${NO:?give a NO}\n", "f:1:5: error: 'NO' must be set: give a NO\n"},
    {"demanded with nothing said", "A=${EMPTY:?}\n", "f:1:5: error: 'EMPTY' must be set\n"},
    {"brace not closed", "A=${HOME\nB=1\n", "f:1:3: error: this '${' is never closed by a '}'\n"},
    {"brace with nothing", "A=${}\n",
     "f:1:3: error: expected the name of a variable behind '${'\n"},
    {"brace with another sign", "A=${HOME/x}\n",
     "f:1:3: error: this '${' is never closed by a '}'\n"},
    {"quote not closed", "A='one\nB=2\nC\n", "f:1:3: error: this quote is never closed\n"},
    {"behind the quote", "A='one'two\n",
     "f:1:8: error: nothing may stand behind the closing quote but a comment\n"},
    {"comment at the quote", "A='one'# two\n", "A=one\n"},
    {"no equals", "A 1\nB=2\n", "f:1:3: error: expected '=' behind the name, found '1'\n"},
    {"names", "1A=1\nA-B.c[0]=2\n\xC3\xA4=3\n", "1A=1\nA-B.c[0]=2\n\xC3\xA4=3\n"},
    {"no name", "=3\nA+B=1\n",
     "f:1:1: error: expected the name of a variable, found '='\n"
     "f:2:1: error: expected the name of a variable, found 'A+B'\n"},
};

static void put_entries(const struct dotenv *env, struct buf *out)
{
    for (size_t i = 0; i < env->count; i++) {
        const char *value = env->entries[i].value;
        buf_printf(out, value ? "%s=" : "%s", env->entries[i].name);
        if (value)
            shell_quote(out, value, strlen(value));
        buf_char(out, '\n');
    }
}

/* The first line of each diagnostic alone: the goldens below tests/bad have the rest. */
static void put_errors(const struct diags *diags, struct buf *out)
{
    struct buf all = {0};
    diags_print(diags, &all);
    for (const char *line = buf_string(&all); *line;) {
        size_t length = strcspn(line, "\n") + 1;
        if (line[0] == 'f')
            buf_append(out, line, length);
        line += length;
    }
    buf_release(&all);
}

static void read_text(const char *text, struct buf *out)
{
    struct source source = {.name = "f", .text = text, .length = strlen(text)};
    struct diags *diags = diags_new();
    struct dotenv env = {.arena = arena_new(), .environment = environment};
    dotenv_read(&env, &source, diags);
    if (diags_count(diags))
        put_errors(diags, out);
    else
        put_entries(&env, out);
    diags_free(diags);
    dotenv_release(&env);
    arena_free(env.arena);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        struct buf out = {0};
        read_text(rows[i].text, &out);
        if (rows[i].expected && strcmp(buf_string(&out), rows[i].expected) != 0)
            fail_msg("%s: %s, expected %s", rows[i].name, buf_string(&out), rows[i].expected);
        if (!rows[i].expected && !strstr(buf_string(&out), ": error: "))
            fail_msg("%s: %s, expected an error", rows[i].name, buf_string(&out));
        buf_release(&out);
    }
}

/* Each line doubles the one above it: the value ends at its limit, and reading soon after. */
static void test_limits(void **state)
{
    (void)state;
    struct buf text = {0}, out = {0};
    buf_text(&text, "A=xxxxxxxxxxxxxxxx\n");
    for (int i = 0; i < 40; i++)
        buf_text(&text, "A=$A$A\n");
    read_text(buf_string(&text), &out);
    assert_non_null(strstr(buf_string(&out), "f:15:1: error: the value is longer than 128 KB"));
    buf_clear(&text);
    buf_clear(&out);
    for (int i = 0; i < 100; i++)
        buf_text(&text, "A =\n=\n");
    read_text(buf_string(&text), &out);
    assert_non_null(strstr(buf_string(&out), "f:40:1: error: "));
    assert_null(strstr(buf_string(&out), "f:42:1: error: "));
    buf_release(&text);
    buf_release(&out);
}

/* The longest value that a program can be given, and one byte more. */
static void test_the_longest_value(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct buf text = {0}, out = {0};
        buf_text(&text, "NAME=");
        while (text.length + 1 < DOTENV_VALUE_LIMIT + more)
            buf_char(&text, 'x');
        read_text(buf_string(&text), &out);
        assert_int_equal(!strncmp(buf_string(&out), "f:1:1: error: the value is longer than 128 KB\n", 46), more);
        buf_release(&text);
        buf_release(&out);
    }
}

/* 64 values of 64 KB are what all of them may have. */
static void test_the_limit_of_all(void **state)
{
    (void)state;
    struct buf text = {0}, out = {0};
    buf_text(&text, "A=");
    for (size_t i = 0; i < DOTENV_TOTAL_LIMIT / 64; i++)
        buf_char(&text, 'x');
    for (int i = 1; i < 64; i++)
        buf_text(&text, "\nB=$A");
    read_text(buf_string(&text), &out);
    assert_null(strstr(buf_string(&out), "error"));
    buf_clear(&out);
    buf_text(&text, "\nB=1\nB=2");
    read_text(buf_string(&text), &out);
    assert_string_equal(buf_string(&out), "f:65:1: error: the values of the environment files are larger than 4 MB\n");
    buf_release(&text);
    buf_release(&out);
}

static const char *value_of(const struct object_spec *object, const char *name)
{
    for (size_t i = 0; i < object->env_count; i++) {
        size_t length;
        if (!strcmp(object->env[i].name, name))
            return template_source(object->env[i].value, &length);
    }
    return "(unset)";
}

/* scenario's files < scenario's env < object's files < object's env */
static void test_who_wins(void **state)
{
    (void)state;
    static const char *const expected[][2] = {
        {"A", "1"},
        {"B", "env"},
        {"C", "file"},
        {"D", "own"},
        {"PARRUN_TEST_SET", "here"},
        {"PARRUN_TEST_UNSET", "(unset)"},
        {"E", "${{ '${' .. '{' }} x }}"},
    };
    char directory[] = "/tmp/parrun-dotenv-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    setenv("PARRUN_TEST_SET", "here", 1);
    unsetenv("PARRUN_TEST_UNSET");
    put_file("one.env", "A=1\nB=1\nC=1\nD=1\nPARRUN_TEST_SET=1\nPARRUN_TEST_UNSET=1\n");
    put_file("two.env", "C=file\nD=file\nPARRUN_TEST_SET\nPARRUN_TEST_UNSET\nE='${{ x }}'\n");
    put_file("scenario.yaml", "env_file: one.env\n"
                              "env: {B: env, C: env, D: env}\n"
                              "processes:\n"
                              "  p: {run: 'true', env_file: [two.env], env: {D: own}}\n"
                              "  q: {run: 'true'}\n");
    struct diags *diags = diags_new();
    struct scenario_sources *held;
    struct scenario *scenario = scenario_load("scenario.yaml", NULL, diags, &held);
    assert_non_null(scenario);
    for (size_t i = 0; i < countof(expected); i++)
        assert_string_equal(value_of(&scenario->processes[0].object, expected[i][0]),
                            expected[i][1]);
    assert_string_equal(value_of(&scenario->processes[1].object, "D"), "env");
    scenario_free(scenario);
    scenario_free_sources(held);
    diags_free(diags);
    unlink("one.env");
    unlink("two.env");
    unlink("scenario.yaml");
    assert_int_equal(chdir("/"), 0);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_the_longest_value),
        cmocka_unit_test(test_the_limit_of_all),
        cmocka_unit_test(test_who_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
