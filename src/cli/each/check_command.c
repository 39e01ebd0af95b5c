/* Whether the command of "each" can be run at all, and what was meant where it cannot. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/each/private.h"
#include "os/spawn.h"

static bool is_found(const char *program)
{
    struct buf path = {0};
    struct error error = {0};
    bool found = !strchr(program, '/') && !program_find(program, (const char *const *)environ, &path, &error);
    buf_release(&path);
    error_release(&error);
    return found;
}

/* Of the shell alone. */
static bool is_builtin(const char *word)
{
    static const char *const words[] = {
        ".",    "alias", "bg",    "cd",     "command", "declare", "eval",   "exec",   "exit", "export", "fg",
        "hash", "jobs",  "local", "return", "set",     "shift",   "source", "ulimit", "trap", "umask",  "unset",
        "wait", "if",    "for",   "while",  "until",   "case"};
    for (size_t i = 0; i < countof(words); i++)
        if (!strcmp(words[i], word))
            return true;
    return false;
}

/* What bash puts into the environment for "export -f NAME". */
static bool is_function(const char *word)
{
    struct buf name = {0};
    buf_printf(&name, "BASH_FUNC_%s%%%%", word);
    bool found = getenv(name.data);
    buf_release(&name);
    return found;
}

/* The words as one, in quotes for the shell that reads the command line. */
static void put_whole(const struct each *each, struct buf *out)
{
    struct buf line = {0};
    for (size_t i = 0; i < each->command_count; i++)
        buf_printf(&line, "%s%s", i ? " " : "", each->command[i]);
    if (each->command_count == 1)
        buf_text(&line, " {}");
    shell_quote(out, line.data, line.length);
    buf_release(&line);
}

/* "'cmd {}' -k": what stands behind a line for the shell makes a program of it. */
static int check_line(const struct each *each, struct error *error)
{
    const char *line = each->command[0];
    size_t length = strcspn(line, " \t\n");
    struct buf program = {0}, words = {0};
    buf_append(&program, line, length);
    bool meant = each->command_count > 1 && line[length] && (is_found(buf_string(&program)) || is_builtin(program.data));
    bool option = meant && each->command[1][0] == '-';
    for (size_t i = 1; meant && i < each->command_count; i++) {
        buf_text(&words, " ");
        shell_quote(&words, each->command[i], strlen(each->command[i]));
    }
    if (option) {
        buf_text(&words, " ");
        shell_quote(&words, line, strlen(line));
        error_set(error, ERROR_FAILED, "each: an option stands before the command: write parrun each%s", words.data);
    } else if (meant) {
        buf_clear(&words);
        put_whole(each, &words);
        error_set(error, ERROR_FAILED, "each: a line for the shell is one word: write parrun each %s", words.data);
    }
    buf_release(&program);
    buf_release(&words);
    return meant ? ERROR_FAILED : 0;
}

static int check_program(const struct each *each, struct error *error)
{
    const char *program = each->command[0];
    struct buf line = {0};
    if (check_line(each, error))
        return ERROR_FAILED;
    if (each_has_place(each, program) || strchr(program, '/') || is_found(program))
        return 0;
    put_whole(each, &line);
    if (is_builtin(program))
        error_set(error, ERROR_FAILED,
                  "each: '%s' is no program but a word of the shell: write a line for the shell, parrun each "
                  "%s",
                  program, line.data);
    else if (is_function(program))
        error_set(error, ERROR_FAILED,
                  "each: '%s' is no program but a function of bash: write parrun each bash -c '%s \"$@\"' _ {}",
                  program, program);
    else
        error_set(error, ERROR_FAILED, "each: there is no program '%s' in PATH", program);
    buf_release(&line);
    return ERROR_FAILED;
}

/* "gzip -c {} '>' {}.gz": a shell was meant. */
static int check_operators(const struct each *each, struct error *error)
{
    static const char *const operators[] = {">",  ">>", "<", "|", "||", "&&",  ";",
                                            "&", "2>", "2>>", "2>&1", "&>", "|&"};
    struct buf line = {0};
    for (size_t i = 0; i < each->command_count; i++) {
        for (size_t j = 0; j < countof(operators); j++) {
            if (strcmp(operators[j], each->command[i]) != 0)
                continue;
            put_whole(each, &line);
            error_set(error, ERROR_FAILED,
                      "each: '%s' would be an argument here: write one word, parrun each %s, or -q before the "
                      "command where it is one",
                      operators[j], line.data);
            buf_release(&line);
            return ERROR_FAILED;
        }
    }
    return 0;
}

/* "::", as ":::" goes wrong; "" of a word that is no such. */
static const char *separator_meant(const char *word)
{
    size_t colons = strspn(word, ":");
    bool linked = !strcmp(word + colons, "+");
    if (colons < 2 || (word[colons] && !linked))
        return "";
    return linked ? ":::+" : ":::";
}

static int check_separators(const struct each *each, struct error *error)
{
    for (size_t i = 0; i < each->command_count; i++) {
        const char *meant = separator_meant(each->command[i]);
        if (*meant)
            return error_set(error, ERROR_FAILED,
                             "each: '%s' would be an argument here: write %s before the items, or -q before the command "
                             "where it is one",
                             each->command[i], meant);
    }
    return 0;
}

int each_check_command(const struct each *each, struct error *error)
{
    if (!each->command_count)
        return error_set(error, ERROR_FAILED,
                         "each: no command was given; where each item is a line for the shell, write "
                         "parrun each sh -c {}");
    if (each_is_shell_line(each))
        return 0;
    bool words = each->quote || each->behind_dashes;
    int result = words ? 0 : check_separators(each, error);
    result = result || words ? result : check_operators(each, error);
    return result ? result : check_program(each, error);
}
