/* Templates: what they render to, which values they have, and what is wrong in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "script/script.h"
#include "template/template.h"

struct fixture {
    struct arena *arena;
    struct script *script;
    struct value vars;
    struct value_pair pairs[2];
};

static int set_up(void **state)
{
    static const char *const environment[] = {"HOME=/root", NULL};
    struct fixture *fixture = mem_calloc(1, sizeof(*fixture));
    struct value item = value_of_string("in/a b.tar.gz");
    fixture->pairs[0] =
        (struct value_pair){value_of_string("size"), {.type = VALUE_INTEGER, .integer = 200}};
    fixture->pairs[1] = (struct value_pair){value_of_string("text"), value_of_string("it's")};
    fixture->vars = (struct value){.type = VALUE_TABLE, .table = {fixture->pairs, 2}};
    struct script_options options = {
        .name = "thumbs",
        .vars = fixture->vars,
        .environment = environment,
        .pure = true,
        .memory_limit = (size_t)16 << 20,
        .instruction_limit = 100000,
    };
    fixture->arena = arena_new();
    fixture->script = script_new(&options);
    script_set_task(fixture->script, &item, 7, 2, 1);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    script_free(fixture->script);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static int parse(struct fixture *fixture, const char *text, bool task, struct template **parsed,
                 struct template_fault *fault)
{
    struct template_scope scope = {.vars = &fixture->vars, .task = task};
    return template_parse(fixture->arena, text, strlen(text), TEMPLATE_TEXT, &scope, parsed, fault);
}

/* A text and what it renders to; an error where that begins with "!". */
static const struct rendered {
    const char *text;
    const char *expected;
} rendered[] = {
    {"", ""},
    {"plain $ {{ }} text", "plain $ {{ }} text"},
    {"${{ item }}", "in/a b.tar.gz"},
    {"a${{index}}b${{ worker }}${{attempt}}c", "a7b21c"},
    {"$${{ vars.size }}", "$200"},
    {"${{ vars.text .. name .. env.HOME }}", "it'sthumbs/root"},
    {"${{ '}}' .. \"}}\" .. [[}}]] .. [=[]]}}]=] }}", "}}}}}}]]}}"},
    {"${{ {1, {2}} }}", "[1,[2]]"},
    {"${{ {a={b=1}}}}", "{\"a\":{\"b\":1}}"},
    {"${{ nil }}|${{ 1 == 1 }}|${{ 1.0 }}", "|true|1.0"},
    {"${{ 1 -- a comment }}", "1"},
    {"${{\n  item:upper()\n}}", "IN/A B.TAR.GZ"},
    {"${{ basename(item) }}|${{ dirname(item) }}|${{ stem(item) }}|${{ ext(item) }}",
     "a b.tar.gz|in|a b.tar|.gz"},
    {"${{ basename('/a/b//') }}|${{ basename('/') }}|${{ dirname('a') }}|${{ dirname('/a') }}",
     "b|/|.|/"},
    {"${{ noext('a/b.tar.gz') }}|${{ noext('.rc') }}|${{ noext('a.b/c') }}|${{ noext('a/.rc') }}|${{ noext('a.b/') }}",
     "a/b.tar|.rc|a.b/c|a/.rc|a"},
    {"${{ dirname('/a//b/') }}|${{ stem('.rc') }}|${{ ext('.rc') }}|${{ ext('a.') }}", "/a|.rc||."},
    {"${{ upper('a') .. lower('B') .. trim('  c\\n') }}", "Abc"},
    {"${{ join(split('a,,b', ','), '|') }} ${{ #split('', ',') }} ${{ #split('a::', '::') }} ${{ split('a', ',')[1] }}", "a||b 0 2 a"},
    {"${{ join({1, 'b', 2.5}) }}|${{ join({1, 2}, ', ') }}|${{ join({}) }}", "1 b 2.5|1, 2|"},
    {"${{ raw(item) }}", "in/a b.tar.gz"},
    {"${{ (function(a, ...) local s = a for _, v in ipairs{...} do s = s + v end return s end)(1, "
     "2, 3) }}",
     "6"},
    {"${{ item.x.y }}", "!${{ item.x.y }}: attempt to index a nil value (field 'x')"},
    {"${{ item.x }}", "!${{ item.x }}: there is no such thing in the item in/a b.tar.gz"},
    {"a${{ index }}b${{ item.x }}", "!${{ item.x }}: there is no such thing in the item in/a b.tar.gz"},
    {"${{ item['x'] }}", "!${{ item['x'] }}: there is no such thing in the item in/a b.tar.gz"},
    {"${{ raw( item.x ) }}",
     "!${{ raw( item.x ) }}: there is no such thing in the item in/a b.tar.gz"},
    {"${{ item.x or '' }}|${{ item.len and 1 }}", "|1"},
    {"${{ stem(5, {}) }}${{ stem() }}",
     "!${{ stem() }}: bad argument #1 to 'stem' (string expected, got no value)"},
    {"${{ print }}", NULL},
    {"${{ (tostring) }}", "!${{ (tostring) }}: a function cannot be put into a template"},
    {"${{ ('x'):rep(1 << 30) }}", "!${{ ('x'):rep(1 << 30) }}: not enough memory"},
    {"${{ (function() while true do end end)() }}",
     "!${{ (function() while true do end end)() }}: it takes too many instructions"},
};

static void test_rendering(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < countof(rendered); i++) {
        struct template *parsed;
        struct template_fault fault;
        struct buf out = {0};
        struct error error = {0};
        if (parse(fixture, rendered[i].text, true, &parsed, &fault)) {
            if (rendered[i].expected)
                fail_msg("%s: %s", rendered[i].text, fault.text);
            continue;
        }
        for (int again = 0; again < 2; again++) {
            buf_clear(&out);
            bool failed = template_render(parsed, fixture->script, &out, &error);
            assert_string_equal(failed ? error.text : buf_string(&out), rendered[i].expected + failed);
            assert_true(!failed || !out.length);
        }
        error_release(&error);
        buf_release(&out);
    }
}

/* Where nothing is near enough. */
#define KNOWN "known here are vars, env, name, item, index, worker, attempt"

/* What is wrong, where (the part that is underlined), and the hint. */
static const struct faulty {
    const char *text;
    const char *at;
    const char *message;
    const char *hint;
} faulty[] = {
    {"a ${{ itme }}", "itme", "unknown name 'itme'", "did you mean 'item'?"},
    {"${{ 1 + zzz }}", "zzz", "unknown name 'zzz'", KNOWN},
    {"${{ vars.sise }}", "sise", "vars has no 'sise'", "did you mean 'size'?"},
    {"${{ item.first-size }}", "size", "unknown name 'size'", "write item[\"first-size\"]"},
    {"${{ vars.size-of-it + 1 }}", "of", "unknown name 'of'", "write vars[\"size-of-it\"]"},
    {"${{ size + 1 }}", "size", "unknown name 'size'", "did you mean 'vars.size'?"},
    {"${{ os.time() }}", "os", "unknown name 'os'", KNOWN},
    {"${{ print(1) }}", "print", "unknown name 'print'", KNOWN},
    {"${{ _ENV }}", "_ENV", "unknown name '_ENV'", "did you mean 'env'?"},
    {"x ${{ 1", "${{", "'${{' without its '}}'", NULL},
    {"x ${{ '}} }", "${{", "'${{' without its '}}'", NULL},
    {"${{ }}", " ", "the expression is empty", NULL},
    {"${{ 1 + }}", "1 +", "the expression is not complete: a value is missing at its end", NULL},
    {"${{ 1 2 }}", "1 2", "unexpected '2'", NULL},
    {"${{ 1, 2 }}", "1, 2", "an expression is one value", NULL},
    {"${{ 1; }}", "1;", "an expression is one value", NULL},
    {"${{ 1) + (2 }}", "1) + (2", "unexpected ')'", NULL},
    {"${{ (function() vars.size = 1 end)() }}", "=", "an expression cannot change anything", NULL},
    {"${{ (function() item = 1 end)() }}", "=", "an expression cannot change anything", NULL},
    {"${{ (function() local function f(a) return b end end)() }}", "b", "unknown name 'b'", KNOWN},
};

static void test_faults(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < countof(faulty); i++) {
        struct template *parsed;
        struct template_fault fault = {0};
        const char *text = faulty[i].text;
        if (!parse(fixture, text, true, &parsed, &fault))
            fail_msg("%s: no fault", text);
        assert_string_equal(fault.text, faulty[i].message);
        assert_int_equal(fault.length, strlen(faulty[i].at));
        assert_memory_equal(text + fault.offset, faulty[i].at, fault.length);
        if (faulty[i].hint)
            assert_string_equal(fault.hint, faulty[i].hint);
        else
            assert_null(fault.hint);
    }
}

/* Names that are no free names. */
static const char *const accepted[] = {
    "${{ ({itme = 1, ['x'] = 2; y = 3}).itme }}",
    "${{ ('x'):upper() }}",
    "${{ 'itme' .. \"itme\" }}",
    "${{ (function(itme) return itme end)(1) }}",
    "${{ (function() local a, b = 1, 2 a, b = b, a return a end)() }}",
    "${{ (function() local function f(n) return n end for i = 1, 2 do f(i) end end)() }}",
    "${{ (function() for k, v in pairs(vars) do return k end end)() }}",
    "${{ vars['sise'] }}",
    "${{ 0x1F + 1e-5 + .5 }}",
};

static void test_names_that_are_not_free(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < countof(accepted); i++) {
        struct template *parsed;
        struct template_fault fault = {0};
        if (parse(fixture, accepted[i], true, &parsed, &fault))
            fail_msg("%s: %s", accepted[i], fault.text);
    }
}

static void test_names_of_the_task(void **state)
{
    struct fixture *fixture = *state;
    struct template *parsed;
    struct template_fault fault = {0};
    assert_int_equal(parse(fixture, "${{ index }}", false, &parsed, &fault), ERROR_FAILED);
    assert_string_equal(fault.text, "'index' exists only in pools");
    assert_int_equal(parse(fixture, "${{ index + 1 }}", true, &parsed, &fault), 0);
    assert_true(template_uses_task(parsed));
    assert_int_equal(parse(fixture, "${{ vars.size }}", true, &parsed, &fault), 0);
    assert_false(template_uses_task(parsed));
    assert_false(template_is_constant(parsed));
}

static void test_values_keep_their_type(void **state)
{
    struct fixture *fixture = *state;
    struct template *parsed;
    struct template_fault fault;
    struct error error = {0};
    struct value value;
    parse(fixture, "${{ vars.size }}", false, &parsed, &fault);
    assert_int_equal(template_value(parsed, fixture->script, fixture->arena, &value, &error), 0);
    assert_int_equal(value.type, VALUE_INTEGER);
    assert_int_equal(value.integer, 200);
    parse(fixture, "${{ {vars.text} }}", false, &parsed, &fault);
    assert_int_equal(template_value(parsed, fixture->script, fixture->arena, &value, &error), 0);
    assert_int_equal(value.type, VALUE_TABLE);
    assert_string_equal(value.table.pairs[0].value.string.bytes, "it's");
    parse(fixture, "${{ vars.size }}x", false, &parsed, &fault);
    assert_int_equal(template_value(parsed, fixture->script, fixture->arena, &value, &error), 0);
    assert_int_equal(value.type, VALUE_STRING);
    assert_string_equal(value.string.bytes, "200x");
}

/* A template among the arguments of a program: each that it stands for in <>; an error begins with "!". */
static const struct rendered arguments[] = {
    {"plain", "<plain>"},
    {"", "<>"},
    {"${{ item }}", "<in/a b.tar.gz>"},
    {"${{ {1, 'a b', {2}, ''} }}", "<1><a b><[2]><>"},
    {"${{ {} }}", ""},
    {"${{ {a=1} }}", "<{\"a\":1}>"},
    {"x${{ {1, 2} }}", "<x[1,2]>"},
    {"${{ nil }}", "<>"},
    {"${{ item.x }}", "!${{ item.x }}: there is no such thing in the item in/a b.tar.gz"},
    {"${{ {'a', 'b\\0'} }}",
     "!${{ {'a', 'b\\0'} }}: a value with a NUL byte cannot be passed to a command"},
    {"x${{ '\\0' }}", "!a value with a NUL byte cannot be passed to a command"},
    {"${{ {tostring} }}", "!${{ {tostring} }}: a function cannot be put into a template"},
};

static void test_arguments(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < countof(arguments); i++) {
        struct template *parsed;
        struct template_fault fault;
        struct error error = {0};
        struct buf out = {0}, shown = {0};
        size_t count = 0;
        assert_int_equal(parse(fixture, arguments[i].text, true, &parsed, &fault), 0);
        if (template_arguments(parsed, fixture->script, &out, &count, &error)) {
            buf_printf(&shown, "!%s", error.text);
        } else {
            const char *at = out.data;
            for (size_t k = 0; k < count; k++, at += strlen(at) + 1)
                buf_printf(&shown, "<%s>", at);
            assert_ptr_equal(at, out.data + out.length);
        }
        assert_string_equal(buf_string(&shown), arguments[i].expected);
        buf_release(&out);
        buf_release(&shown);
        error_release(&error);
    }
}

static void test_a_constant_needs_no_script(void **state)
{
    struct fixture *fixture = *state;
    struct template *parsed;
    struct template_fault fault;
    struct error error = {0};
    struct buf out = {0};
    size_t length;
    parse(fixture, "plain", false, &parsed, &fault);
    assert_true(template_is_constant(parsed));
    assert_int_equal(template_render(parsed, NULL, &out, &error), 0);
    assert_string_equal(out.data, "plain");
    assert_string_equal(template_source(parsed, &length), "plain");
    assert_int_equal(length, 5);
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rendering, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names_that_are_not_free, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names_of_the_task, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values_keep_their_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_constant_needs_no_script, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
