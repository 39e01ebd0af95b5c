/*
 * Values in shell commands: in every place where a template may stand, under every shell there is,
 * the program must get exactly the value.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "script/script.h"
#include "template/shell_words.h"
#include "template/template.h"

/* The shells of the family whose quoting is one; those that are not installed are passed over. */
static const char *const shells[][4] = {
    {"/bin/dash", "-c"}, {"/bin/bash", "-c"}, {"/bin/busybox", "ash", "-c"}, {"/bin/ksh93", "-c"},
    {"/bin/mksh", "-c"}, {"/bin/zsh", "-c"},
};
static const char *const fish[] = {"/usr/bin/fish", "--no-config", "-c", NULL};

/* Values before this one are single bytes, for places where nothing but the two main shells is started; the last
 * one has all bytes. */
#define FIRST_HOSTILE 255

/* D writes each of its arguments with a NUL behind it, as printf(1) and printenv(1) do, without the cost of starting a program. */
#define PRELUDE "D() { for x; do printf '%s\\0' \"$x\"; done; }\n"
/* mksh has no printf of its own */
#define PRELUDE_MKSH "D() { for x; do print -rn -- \"$x\"; print -n '\\0'; done; }\n"
#define PRELUDE_FISH "function D; for x in $argv; printf '%s\\0' $x; end; end\n"

/*
 * A place: the command, and what the program must have written, in which % is the value, ^ the
 * value without the newlines at its end (the shell takes them away), and ~ a NUL.
 */
static const struct place {
    const char *name;
    const char *command;
    const char *expected;
} places[] = {
    {"bare", "D ${{item}}", "%~"},
    {"joined", "D a${{item}}b", "a%b~"},
    {"twice", "D ${{item}}${{item}} ${{item}}", "%%~%~"},
    {"double", "D \"${{item}}\"", "%~"},
    {"double joined", "D \"a ${{item}} b\"", "a % b~"},
    {"single", "D '${{item}}'", "%~"},
    {"single joined", "D 'a ${{item}} b'", "a % b~"},
    {"all quotes", "D \"${{item}}\"'${{item}}'${{item}}", "%%%~"},
    {"assigned", "a=${{item}}; D \"$a\"", "%~"},
    {"before a redirection", "D ${{item}}>&1", "%~"},
    {"behind an equals sign", "D --a=${{item}}", "--a=%~"},
    {"behind a hash", "D a#${{item}}", "a#%~"},
    {"behind escapes", "D it\\'s\\\\${{item}}", "it's\\%~"},
    {"behind escapes, double", "D \"\\\"\\\\${{item}}\\\"\"", "\"\\%\"~"},
    {"behind a backslash, single", "D '\\${{item}}'", "\\%~"},
    {"behind a dollar, double", "D \"$${{item}}\" '$'${{item}}", "$%~$%~"},
    {"behind a continued line", "D a\\\n${{item}}", "a%~"},
    {"substitution", "D \"$(printf %s ${{item}})\"", "^~"},
    {"substitution, double", "D \"$(printf %s \"${{item}}\")\"", "^~"},
    {"substitution, single", "D \"$(printf %s 'a${{item}}')\"", "a^~"},
    {"substitutions", "D \"$(printf %s \"$(printf %s x'${{item}}')\")\"", "x^~"},
    {"substitution with a subshell", "D \"$( (printf %s ${{item}}) )\"", "^~"},
    {"behind a substitution", "D \"$(echo ')')${{item}}\" $(echo x)#${{item}}", ")%~x#%~"},
    {"behind backticks", "D \"`echo x`${{item}}\"", "x%~"},
    {"behind arithmetic", "D $((1+1))${{item}} \"$((2*(3)))${{item}}\"", "2%~6%~"},
    {"behind a parameter", "D \"${u:-a b}\"${{item}} \"${u:-x}${{item}}\"", "a b%~x%~"},
    {"case", "case ${{item}} in (${{item}}) D yes;; esac", "yes~"},
    {"case, one parenthesis", "case x in x) D \"${{item}}\";; esac", "%~"},
    {"case in a substitution", "D \"$(case x in (x) printf %s ${{item}};; esac)\"", "^~"},
    {"behind a case in a substitution", "D \"$(case x in (x) echo y;; esac)\" \"${{item}}\"",
     "y~%~"},
    {"subshell", "(D ${{item}})", "%~"},
    {"group", "{ D ${{item}}; }", "%~"},
    {"condition", "if true; then D \"${{item}}\"; fi", "%~"},
    {"loop", "for x in ${{item}} '${{item}}'; do D \"$x\"; done", "%~%~"},
    {"function", "f() { D \"$1\"; }; f ${{item}}", "%~"},
    {"pipe", "D ${{item}} | cat", "%~"},
    {"list", "D a && D ${{item}} || D b", "a~%~"},
    {"program", "/usr/bin/printf '%s\\0' ${{item}} a\"${{item}}\"", "%~a%~"},
    {"environment", "V=${{item}} /usr/bin/printenv -0 V", "%~"},
    {"comment", "D a # ${{item}}\nD b", "a~b~"},
    {"behind a comment", "# it's \"\nD ${{item}}", "%~"},
    {"parameter, double", "D \"${u:-${{item}}}\" \"${u-a${{item}}b}\"", "%~a%b~"},
    {"parameter, bare", "D ${u:-${{item}}} ${u-a${{item}}b}", "%~a%b~"},
    {"parameter, set", "unset w; : ${w:=${{item}}}; D \"$w\"", "%~"},
    {"prefix", "v=${{item}}z; D \"${v#${{item}}}\" ${v##${{item}}}", "z~z~"},
    {"suffix", "v=a${{item}}; D \"${v%${{item}}}\" ${v%%${{item}}}", "a~a~"},
    {"substitution in arithmetic", "D $((1+$(printf %s ${{item}} >/dev/null; echo 1)))", "2~"},
    {"substitution in a parameter", "D \"${u:-$(printf %s ${{item}})}\"", "^~"},
    {"document", "cat <<EOF\n${{item}}\nEOF", "%\n"},
    {"document, text", "cat <<-E\n\ta \"${{item}}\" 'b'\\$\n\tE", "a \"%\" 'b'$\n"},
    {"document, substitution", "cat <<EOF\n$(printf %s ${{item}})|\nEOF", "^|\n"},
    {"document, substitution, double", "cat <<EOF\n$(printf %s \"a${{item}}\")|\nEOF", "a^|\n"},
    {"document, substitution, single", "cat <<EOF\n$(printf %s 'a${{item}}')|\nEOF", "a^|\n"},
    {"document, parameter", "cat <<EOF\n${u:-${{item}}}\nEOF", "%\n"},
    {"document, beside", "D ${{item}} \"${{item}}\" 'a${{item}}' <<EOF\nx\nEOF", "%~%~a%~"},
    {"document, behind", "cat <<EOF\nit's\nEOF\nD ${{item}}", "it's\n%~"},
    {"document, quoted, behind", "cat <<'E F'\n$(\nE F\nD \"${{item}}\"", "$(\n%~"},
    {"documents", "cat <<A; cat <<\\B\n${{item}}\nA\n$(\nB\nD ${{item}}", "%\n$(\n%~"},
    {"document in a substitution", "D \"$(cat <<EOF\na${{item}}\nEOF\n)\"", "a^~"},
    {"document, line joined", "cat <<EOF\na\\\nEOF\n${{item}}\nEOF", "aEOF\n%\n"},
};

/* The same for fish, whose grammar is another. */
static const struct place fish_places[] = {
    {"bare", "D ${{item}}", "%~"},
    {"joined", "D a${{item}}b", "a%b~"},
    {"twice", "D ${{item}}${{item}} ${{item}}", "%%~%~"},
    {"double", "D \"${{item}}\"", "%~"},
    {"double joined", "D \"a ${{item}} b\"", "a % b~"},
    {"single", "D '${{item}}'", "%~"},
    {"single joined", "D 'a ${{item}} b'", "a % b~"},
    {"all quotes", "D \"${{item}}\"'${{item}}'${{item}}", "%%%~"},
    {"assigned", "set a ${{item}}; D $a \"$a${{item}}\"", "%~%%~"},
    {"behind a variable", "set a x; D $a${{item}} \"$a${{item}}\"", "x%~x%~"},
    {"behind an index", "set a x y; D $a[2]${{item}} \"$a[1]${{item}}\"", "y%~x%~"},
    {"before a redirection", "D ${{item}}>&1", "%~"},
    {"behind an equals sign", "D --a=${{item}}", "--a=%~"},
    {"behind a hash", "D a#${{item}}", "a#%~"},
    {"behind escapes", "D it\\'s\\\\${{item}}", "it's\\%~"},
    {"behind escapes, double", "D \"\\\"\\\\${{item}}\\\"\"", "\"\\%\"~"},
    {"behind escapes, single", "D '\\'\\\\${{item}}\\''", "'\\%'~"},
    {"behind a character's number", "D \\x41-${{item}}", "A-%~"},
    {"behind a continued line", "D a\\\n${{item}}", "a%~"},
    {"substitution", "D (printf %s x${{item}}x | string collect -N)", "x%x~"},
    {"substitution with a dollar", "D $(printf %s x${{item}}x | string collect -N)", "x%x~"},
    {"substitution, double", "D \"$(printf %s \"${{item}}x\")\"", "%x~"},
    {"substitution, single", "D \"$(printf %s 'a${{item}}x')\"", "a%x~"},
    {"substitutions", "D \"$(printf %s \"$(printf %s x'${{item}}'x)\")\"", "x%x~"},
    {"behind a substitution", "D \"$(echo ')')\" ${{item}} (echo x)#${{item}}", ")~%~x#%~"},
    {"parenthesis in quotes", "D \"a)(${{item}}\"", "a)(%~"},
    {"braces", "D {a,${{item}}}", "a~%~"},
    {"behind braces", "D {a,b}${{item}}", "a%~b%~"},
    {"case", "switch ${{item}}; case 'no such'; D no; case '*'; D ${{item}}; end", "%~"},
    {"group", "begin; D ${{item}}; end", "%~"},
    {"condition", "if test -n x; D \"${{item}}\"; end", "%~"},
    {"bracket", "if [ a = a ]; D ${{item}}; end", "%~"},
    {"loop", "for x in ${{item}} '${{item}}'; D \"$x\"; end", "%~%~"},
    {"function", "function f; D $argv[1]; end; f ${{item}}", "%~"},
    {"pipe", "D ${{item}} | cat", "%~"},
    {"list", "true && D ${{item}} || D b", "%~"},
    {"program", "/usr/bin/printf '%s\\0' ${{item}} a\"${{item}}\"", "%~a%~"},
    {"environment", "V=${{item}} /usr/bin/printenv -0 V", "%~"},
    {"comment", "D a # ${{item}} \\\nD b", "a~b~"},
    {"comment in a substitution", "D (# ${{item}} )\necho b)", "b~"},
    {"behind a comment", "# it's \"(\nD ${{item}}", "%~"},
    {"behind a comment at an operator", "D a;# it's\nD b|# (\ncat;D ${{item}}", "a~b~%~"},
};

static const char *const hostile[] = {
    "",
    " ",
    "a b",
    "a  b\tc",
    "\n",
    "a\n",
    "a\n\nb\n\n",
    "'",
    "''",
    "'\\''",
    "\"",
    "\"\"",
    "\\",
    "\\\\",
    "\\n",
    "\\'",
    "\\\"",
    "$(touch x)",
    "`touch x`",
    "$HOME",
    "${HOME}",
    "${_parrun1}",
    "$((1+1))",
    "a[$(touch x)]",
    "'$(touch x)'",
    "\"$(touch x)\"",
    "'\"$(touch x)\"'",
    "';touch x;'",
    "\";touch x;\"",
    "x; touch x",
    "x\ntouch x",
    "x\nEOF\ntouch x",
    "EOF",
    "\nEOF\n",
    "A\nB\nE",
    "x & touch x",
    "x | touch x",
    "x && touch x",
    ")",
    "))",
    "}",
    "];",
    "*",
    "?",
    "[a-z]*",
    "/*",
    "~",
    "~root",
    "{a,b}",
    "#",
    "# x",
    "!",
    "!!",
    "-n",
    "--help",
    "-",
    "2",
    "if",
    "a=b",
    "%s%n",
    "\xc3\xa9",
    "\xff\xfe",
    "\x01\x7f\x81\x82",
    "}}",
    "${{ item }}",
};

struct fixture {
    struct arena *arena;
    struct script *script;
    char directory[32];
    struct value values[255 + countof(hostile) + 1];
    size_t count;
};

/* All values: every byte alone, the hostile ones, and all bytes in one. */
static void fill_values(struct fixture *fixture)
{
    char all[255];
    for (int byte = 1; byte < 256; byte++) {
        all[byte - 1] = (char)byte;
        struct value alone = {.type = VALUE_STRING, .string = {&all[byte - 1], 1}};
        fixture->values[fixture->count++] = value_copy(fixture->arena, &alone);
    }
    for (size_t i = 0; i < countof(hostile); i++)
        fixture->values[fixture->count++] = value_of_string(hostile[i]);
    struct value every = {.type = VALUE_STRING, .string = {all, sizeof(all)}};
    fixture->values[fixture->count++] = value_copy(fixture->arena, &every);
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_calloc(1, sizeof(*fixture));
    struct script_options options = {.name = "test", .pure = true};
    fixture->arena = arena_new();
    fixture->script = script_new(&options);
    fill_values(fixture);
    strcpy(fixture->directory, "/tmp/shell_test.XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    *state = fixture;
    return chdir(fixture->directory);
}

/* Nothing that a value holds was run: the directory is as empty as it was. */
static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(fixture->directory), 0);
    script_free(fixture->script);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static struct template *parse_for(struct fixture *fixture, enum template_use use, const char *text)
{
    struct template_scope scope = {.task = true};
    struct template_fault fault = {0};
    struct template *parsed = NULL;
    if (template_parse(fixture->arena, text, strlen(text), use, &scope, &parsed, &fault))
        fail_msg("%s: %s", text, fault.text);
    return parsed;
}

static struct template *parse(struct fixture *fixture, const char *text)
{
    return parse_for(fixture, TEMPLATE_SHELL, text);
}

/* Appends the command for one value, and what it must write. */
static void add_command(struct fixture *fixture, const struct template *parsed,
                        const struct value *item, const char *expected, struct buf *command,
                        struct buf *output)
{
    struct error error = {0};
    size_t length = item->string.length;
    size_t stripped = length;
    script_set_task(fixture->script, item, 0, 0, 0);
    if (template_render(parsed, fixture->script, command, &error))
        fail_msg("%s", error.text);
    buf_char(command, '\n');
    while (stripped && item->string.bytes[stripped - 1] == '\n')
        stripped--;
    for (const char *at = expected; *at; at++) {
        if (*at == '%' || *at == '^')
            buf_append(output, item->string.bytes, *at == '%' ? length : stripped);
        else
            buf_char(output, *at == '~' ? '\0' : *at);
    }
}

static const char *prelude(const char *shell)
{
    return strstr(shell, "fish") ? PRELUDE_FISH : strstr(shell, "mksh") ? PRELUDE_MKSH : PRELUDE;
}

/* What the shell writes when it runs the command. */
static void run(const char *const *shell, const char *command, struct buf *output)
{
    int pipe_ends[2];
    ssize_t size;
    const char *words[8] = {0};
    size_t count = 0;
    posix_spawn_file_actions_t actions;
    pid_t child;
    for (; shell[count]; count++)
        words[count] = shell[count];
    words[count] = command;
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    /* not fork(2), which would copy the tables of all the sanitizer's memory each time */
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
    assert_int_equal(posix_spawn(&child, words[0], &actions, NULL, (char **)words, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    while ((size = read(pipe_ends[0], buf_reserve(output, 65536), 65536)) > 0)
        buf_added(output, (size_t)size);
    close(pipe_ends[0]);
    waitpid(child, NULL, 0);
}

static bool same(const struct buf *a, const struct buf *b)
{
    return a->length == b->length && memcmp(buf_string(a), buf_string(b), a->length) == 0;
}

/* Runs the values FROM to TO in one shell; halves them to find the one that came out wrong. */
static void check_values(struct fixture *fixture, const char *const *shell, const struct place *place,
                         size_t from, size_t to)
{
    size_t count = 0;
    while (shell[count])
        count++;
    enum template_use use = shell_use(shell, count);
    struct buf command = {0}, expected = {0}, output = {0};
    const struct template *parsed = parse_for(fixture, use, place->command);
    buf_text(&command, prelude(shell[0]));
    for (size_t i = from; i < to; i++)
        add_command(fixture, parsed, &fixture->values[i], place->expected, &command, &expected);
    run(shell, command.data, &output);
    bool good = same(&output, &expected);
    if (!good && to - from == 1)
        fail_msg("%s, %s:\n%s\ngave %s", shell[0], place->name, command.data, buf_string(&output));
    buf_release(&command);
    buf_release(&expected);
    buf_release(&output);
    if (!good) {
        check_values(fixture, shell, place, from, from + (to - from) / 2);
        check_values(fixture, shell, place, from + (to - from) / 2, to);
        fail_msg("%s, %s: wrong only together", shell[0], place->name);
    }
}

static bool starts_process(const char *command)
{
    static const char *const signs[] = {"$(", "`", "(printf", "(D", " | ", "cat", "/usr/bin/"};
    for (size_t i = 0; i < countof(signs); i++)
        if (strstr(command, signs[i]))
            return true;
    return false;
}

struct range {
    size_t from;
    size_t to;
};

/* The main shells try all bytes where that starts no process. What starts one costs more than all else: the main shells try
 * one in PARTS of the hostile values there, others at the next place, and all with PARRUN_QUOTE=all (make fuzz); the others
 * try the last value alone. */
#define PARTS 30
static struct range choose_values(const char *command, size_t place, bool main, size_t count)
{
    size_t values = count - FIRST_HOSTILE;
    size_t turn = place % PARTS;
    if (!starts_process(command))
        return (struct range){main ? 0 : FIRST_HOSTILE, count};
    if (!main)
        return (struct range){count - 1, count};
    if (getenv("PARRUN_QUOTE"))
        return (struct range){FIRST_HOSTILE, count};
    return (struct range){FIRST_HOSTILE + turn * values / PARTS, FIRST_HOSTILE + (turn + 1) * values / PARTS};
}

static void check_shell(struct fixture *fixture, const char *const *shell, const struct place *tried,
                        size_t count, bool main)
{
    if (access(shell[0], X_OK) != 0)
        return;
    /* ksh93 drops an empty word in quotes inside a bare ${ }; that value is the first of the hostile ones */
    size_t drops = !main && strstr(shell[0], "ksh93") ? 1 : 0;
    for (size_t p = 0; p < count; p++) {
        struct range range = choose_values(tried[p].command, p, main, fixture->count);
        for (size_t from = range.from + (range.from == FIRST_HOSTILE ? drops : 0); from < range.to; from += 128)
            check_values(fixture, shell, &tried[p], from, from + 128 < range.to ? from + 128 : range.to);
    }
}

static void test_every_value_in_every_place(void **state)
{
    for (size_t s = 0; s < countof(shells); s++)
        check_shell(*state, shells[s], places, countof(places), s < 2);
}

static void test_every_value_in_every_place_of_fish(void **state)
{
    check_shell(*state, fish, fish_places, countof(fish_places), true);
}

static const struct refused {
    const char *command;
    const char *text;
} refused[] = {
    {"echo `echo ${{item}}`", "a value cannot stand inside ` `"},
    {"cat <<'EOF'\n${{item}}\nEOF", "a value cannot stand in a here-document whose delimiter is "
                                    "quoted"},
    {"cat <<E${{item}}\nE", "a value cannot be part of a here-document's delimiter"},
    {"echo \\${{item}}", "a backslash before a value would be part of its quoting"},
    {"echo \"\\${{item}}\"", "a backslash before a value would be part of its quoting"},
    {"echo $${{item}}", "a dollar sign before a value would be part of its quoting"},
    {"echo ${a[${{item}}]}", "a value cannot stand here inside ${ }"},
    {"echo ${a/${{item}}/b}", "a value cannot stand here inside ${ }"},
    {"echo ${a${{item}}}", "a value cannot stand here inside ${ }"},
    {"echo ${a:-\"${{item}}\"}", "a value cannot stand in quotes inside ${ }"},
    {"echo \"${a:-'}${{item}}\"", "a ' inside ${ } is before it, which shells read differently"},
    {"a[${{item}}]=1", "a value cannot be the subscript of an array"},
    {"a[\"${{item}}\"]=1", "a value cannot be the subscript of an array"},
    {"((a = ${{item}}))", "a value cannot stand inside (( ))"},
    {"echo $[${{item}}]", "$[ ] is before it, which not every shell knows"},
    {"echo $'a${{item}}'", "a value cannot stand inside $' '"},
    {"echo $'a\\'b'${{item}}", "\\' inside $' ' is before it, which not every shell knows"},
    {"echo \"$(case a in a) echo ${{item}};; esac)\"", "a 'case' inside $( ) is before it"},
    {"echo $((cat a) | cat) ${{item}}", "'((' that does not end with '))' is before it"},
    {"echo $(cat <<EOF)\nEOF\necho ${{item}}", "a here-document whose body begins inside a "
                                               "substitution is before it"},
};

#define UNKNOWN "a value cannot be put into a command line whose quoting is not known"

static const struct refused fish_refused[] = {
    {"echo \\${{item}}", "a backslash before a value would be part of its quoting"},
    {"echo \\c${{item}}", "a backslash before a value would be part of its quoting"},
    {"echo \\x4${{item}}", "a backslash before a value would be part of its quoting"},
    {"echo '\\${{item}}'", "a backslash before a value would be part of its quoting"},
    {"echo \"\\${{item}}\"", "a backslash before a value would be part of its quoting"},
    {"echo $${{item}}", "a dollar sign before a value would be part of its quoting"},
    {"echo \"$${{item}}\"", "a dollar sign before a value would be part of its quoting"},
    {"echo $a[${{item}}]", "a value cannot be the index of a variable"},
    {"echo \"$a[\"${{item}}\"]\"", "a value cannot be the index of a variable"},
    {"echo $a[(echo ${{item}})]", "a value cannot be the index of a variable"},
    {"echo \"$(echo x)${{item}}\"", "a value cannot stand behind a $( ) in the same word"},
    {"echo \"$(echo x)\"a${{item}}", "a value cannot stand behind a $( ) in the same word"},
    {"echo \"$(echo x)$(echo ${{item}})\"", "a value cannot stand behind a $( ) in the same word"},
    {"echo a) ${{item}}", "a ')' without its '(' is before it"},
    {"echo {a,# ${{item}}", "a '#' is before it that may begin a comment"},
};

static const struct refused other_refused[] = {
    {"print(${{item}})", UNKNOWN},
    {"print('${{item}}') # x", UNKNOWN},
    {"# ${{item}}", UNKNOWN},
};

static void check_refused(struct fixture *fixture, enum template_use use, const struct refused *cases,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct template_scope scope = {.task = true};
        struct template_fault fault = {0};
        struct template *parsed;
        const char *text = cases[i].command;
        if (!template_parse(fixture->arena, text, strlen(text), use, &scope, &parsed, &fault))
            fail_msg("%s: not refused", text);
        if (strcmp(fault.text, cases[i].text) != 0)
            fail_msg("%s: %s", text, fault.text);
        assert_ptr_equal(text + fault.offset, strstr(text, "${{"));
        assert_int_equal(fault.length, strlen("${{item}}"));
    }
}

static void test_places_without_quoting_are_refused(void **state)
{
    check_refused(*state, TEMPLATE_SHELL, refused, countof(refused));
    check_refused(*state, TEMPLATE_FISH, fish_refused, countof(fish_refused));
    check_refused(*state, TEMPLATE_OTHER, other_refused, countof(other_refused));
}

static const struct words {
    const char *words[6];
    enum template_use use;
    bool without_line;
} lists[] = {
    {{"/bin/sh", "-c"}, TEMPLATE_SHELL, false},
    {{"bash", "-euo", "pipefail", "-c"}, TEMPLATE_SHELL, false},
    {{"bash", "-eo", "pipefail", "-uc"}, TEMPLATE_SHELL, false},
    {{"/usr/bin/env", "-i", "A=b", "zsh", "-c"}, TEMPLATE_SHELL, false},
    {{"busybox", "sh", "-c"}, TEMPLATE_SHELL, false},
    {{"fish", "-N", "-C", "set a b", "-c"}, TEMPLATE_FISH, false},
    {{"bash"}, TEMPLATE_OTHER, true},
    {{"bash", "-e"}, TEMPLATE_OTHER, true},
    {{"bash", "-o", "-c"}, TEMPLATE_OTHER, true},
    {{"bash", "-oc"}, TEMPLATE_OTHER, true},
    {{"bash", "script", "-c"}, TEMPLATE_OTHER, false},
    {{"bash", "--", "-c"}, TEMPLATE_OTHER, false},
    {{"bash", "-c", "-e"}, TEMPLATE_OTHER, false},
    {{"bash", "-c", "exec python3 -c \"$0\""}, TEMPLATE_OTHER, false},
    {{"zsh", "--emulate", "csh", "-c"}, TEMPLATE_OTHER, false},
    {{"python3", "-c"}, TEMPLATE_OTHER, false},
    {{"tcsh", "-c"}, TEMPLATE_OTHER, false},
    {{"nice", "bash", "-c"}, TEMPLATE_OTHER, false},
    {{"env"}, TEMPLATE_OTHER, false},
};

static void test_the_words_tell_how_values_are_quoted(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(lists); i++) {
        size_t count = 0;
        while (lists[i].words[count])
            count++;
        assert_int_equal(shell_use(lists[i].words, count), lists[i].use);
        assert_int_equal(shell_without_line(lists[i].words, count) != NULL, lists[i].without_line);
    }
}

static void test_raw_is_put_in_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    struct buf out = {0};
    struct error error = {0};
    struct value item = value_of_string("-l | wc");
    script_set_task(fixture->script, &item, 0, 0, 0);
    assert_int_equal(template_render(parse(fixture, "ls ${{ raw(item) }} `${{ raw(index) }}`"),
                                     fixture->script, &out, &error),
                     0);
    assert_string_equal(out.data, "ls -l | wc `0`");
    buf_release(&out);
}

static const struct number {
    struct value item;
    const char *rendered; /* NULL: it is an error */
} numbers[] = {
    {{.type = VALUE_INTEGER, .integer = 42}, "echo $((1+42))"},
    {{.type = VALUE_INTEGER, .integer = -3}, "echo $((1+(-3)))"},
    {{.type = VALUE_STRING, .string = {"010", 3}}, "echo $((1+10))"},
    {{.type = VALUE_NUMBER, .number = 2.0}, "echo $((1+2))"},
    {{.type = VALUE_NUMBER, .number = 2.5}, NULL},
    {{.type = VALUE_STRING, .string = {"a[$(touch x)]", 13}}, NULL},
};

static void test_arithmetic_takes_whole_numbers(void **state)
{
    struct fixture *fixture = *state;
    const struct template *parsed = parse(fixture, "echo $((1+${{item}}))");
    for (size_t i = 0; i < countof(numbers); i++) {
        struct buf out = {0};
        struct error error = {0};
        script_set_task(fixture->script, &numbers[i].item, 0, 0, 0);
        int code = template_render(parsed, fixture->script, &out, &error);
        if (numbers[i].rendered)
            assert_string_equal(out.data, numbers[i].rendered);
        else
            assert_int_equal(code, ERROR_FAILED);
        buf_release(&out);
        error_release(&error);
    }
}

static void test_a_list_is_its_elements(void **state)
{
    struct fixture *fixture = *state;
    struct buf out = {0};
    struct error error = {0};
    struct value_pair pairs[] = {
        {{.type = VALUE_INTEGER, .integer = 1}, value_of_string("a b")},
        {{.type = VALUE_INTEGER, .integer = 2}, value_of_string("c'd")},
    };
    struct value item = {.type = VALUE_TABLE, .table = {pairs, 2}};
    script_set_task(fixture->script, &item, 0, 0, 0);
    assert_int_equal(template_render(parse(fixture, "rm ${{item}}"), fixture->script, &out, &error),
                     0);
    assert_string_equal(out.data, "rm 'a b' 'c'\\''d'");
    buf_release(&out);
}

static void test_a_nul_byte_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct buf out = {0};
    struct error error = {0};
    struct value item = {.type = VALUE_STRING, .string = {"a\0b", 3}};
    script_set_task(fixture->script, &item, 0, 0, 0);
    assert_int_equal(template_render(parse(fixture, "rm ${{item}}"), fixture->script, &out, &error),
                     ERROR_FAILED);
    assert_string_equal(error.text, "${{ item }}: a NUL byte cannot be part of a command");
    error_release(&error);
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_value_in_every_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_value_in_every_place_of_fish, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_places_without_quoting_are_refused, set_up, tear_down),
        cmocka_unit_test(test_the_words_tell_how_values_are_quoted),
        cmocka_unit_test_setup_teardown(test_raw_is_put_in_as_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arithmetic_takes_whole_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_list_is_its_elements, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_nul_byte_is_an_error, set_up, tear_down),
    };
    setenv("LC_ALL", "C", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
