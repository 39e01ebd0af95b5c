/* Files that complete the command's words, made from the tables of options and events. */
#include "cli/completion.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/example.h"
#include "cli/options.h"
#include "event/event.h"

static void put_events(struct buf *out)
{
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        buf_printf(out, "%s%s", kind ? " " : "", event_row((enum event_kind)kind)->name);
}

static void put_examples(struct buf *out)
{
    for (size_t i = 0; examples[i].name; i++)
        buf_printf(out, "%s%s", i ? " " : "", examples[i].name);
}

/* What may stand for the argument of an option; an argument that is not here is a file. */
static const struct {
    const char *argument;
    const char *words;
    void (*put)(struct buf *out); /* where WORDS is NULL */
} arguments[] = {
    {"FORMAT", "story json", NULL},
    {"[=tree]", "dot tree", NULL},
    {"SHELL", "bash zsh fish", NULL},
    {"PART", "events event-fields keys", NULL},
    {"DURATION", "", NULL},
    {"N", "", NULL},
    {"QUEUE", "", NULL},
    {"EVENTS", NULL, put_events},
    {"[NAME]", NULL, put_examples},
};

/* Appends the words for ARGUMENT; false where it is a file. */
static bool put_words(struct buf *out, const char *argument)
{
    for (size_t i = 0; i < countof(arguments); i++) {
        if (strcmp(arguments[i].argument, argument) != 0)
            continue;
        if (arguments[i].words)
            buf_text(out, arguments[i].words);
        else
            arguments[i].put(out);
        return true;
    }
    return false;
}

/* Text in single quotes, for any of the shells; CLOSE stands for a quote in it. */
static void put_quoted(struct buf *out, const char *text, const char *close)
{
    for (; *text; text++) {
        if (*text == '\'')
            buf_text(out, close);
        else if (strchr("[]:", *text))
            buf_char(out, ' ');
        else
            buf_char(out, *text);
    }
}

static void print_bash(struct buf *out)
{
    struct option_row row;
    buf_text(out, "_parrun() {\n"
                  "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
                  "    local word file= IFS=$' \\t\\n'\n"
                  "    COMPREPLY=()\n"
                  "    if [[ $cur == = ]]; then\n"
                  "        cur=\n"
                  "    elif [[ $prev == = ]]; then\n"
                  "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
                  "    fi\n"
                  "    case $prev in\n");
    for (size_t i = 0; options_row(i, &row); i++) {
        struct buf words = {0};
        if (row.argument && put_words(&words, row.argument))
            buf_printf(out, "    --%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")) ;;\n", row.name,
                       buf_string(&words));
        buf_release(&words);
    }
    buf_text(out, "    esac\n"
                  "    ((${#COMPREPLY[@]})) && return\n"
                  "    if [[ $cur == -* ]]; then\n"
                  "        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; options_row(i, &row); i++)
        buf_printf(out, "%s--%s", i ? " " : "", row.name);
    buf_text(out, "' -- \"$cur\"))\n"
                  "        return\n"
                  "    fi\n"
                  "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD - 1}\"; do\n"
                  "        [[ -z $file && $word != -* && -f $word ]] && file=$word\n"
                  "    done\n"
                  "    if [[ $file ]]; then\n"
                  "        compopt -o nospace 2>/dev/null\n"
                  "        COMPREPLY=($(compgen -W \"$(\"${COMP_WORDS[0]}\" --vars \"$file\" "
                  "2>/dev/null |\n"
                  "            sed 's/=.*/=/')\" -- \"$cur\"))\n"
                  "        return\n"
                  "    fi\n"
                  "    compopt -o filenames 2>/dev/null\n"
                  "    IFS=$'\\n'\n"
                  "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                  "}\n"
                  "complete -F _parrun parrun\n");
}

static void print_zsh(struct buf *out)
{
    struct option_row row;
    buf_text(out, "#compdef parrun\n"
                  "_parrun_vars() {\n"
                  "    local word\n"
                  "    for word in ${words[2,-1]}; do\n"
                  "        [[ $word != -* && -f $word ]] || continue\n"
                  "        compadd -S '' -- ${(f)\"$($words[1] --vars $word 2>/dev/null | "
                  "sed 's/=.*/=/')\"}\n"
                  "        return\n"
                  "    done\n"
                  "}\n"
                  "_arguments \\\n");
    for (size_t i = 0; options_row(i, &row); i++) {
        struct buf words = {0};
        bool equals = row.argument && row.argument[1] == '=';
        buf_printf(out, "    '--%s%s[", row.name, equals ? "=-" : "");
        put_quoted(out, row.help, "");
        buf_char(out, ']');
        if (row.argument && put_words(&words, row.argument))
            buf_printf(out, "%s:argument:(%s)", row.argument[0] == '[' ? ":" : "",
                       buf_string(&words));
        else if (row.argument)
            buf_text(out, ":file:_files");
        buf_text(out, "' \\\n");
        buf_release(&words);
    }
    buf_text(out, "    '1:file:_files' '*:variable:_parrun_vars'\n");
}

static void print_fish(struct buf *out)
{
    struct option_row row;
    for (size_t i = 0; options_row(i, &row); i++) {
        struct buf words = {0};
        buf_printf(out, "complete -c parrun -l %s", row.name);
        if (row.letter)
            buf_printf(out, " -s %c", row.letter);
        buf_text(out, " -d '");
        put_quoted(out, row.help, "\\'");
        buf_char(out, '\'');
        if (row.argument && put_words(&words, row.argument))
            buf_printf(out, " -x -a '%s'", buf_string(&words));
        else if (row.argument)
            buf_text(out, " -r");
        buf_char(out, '\n');
        buf_release(&words);
    }
    buf_text(out, "function __parrun_vars\n"
                  "    for word in (commandline -opc)[2..-1]\n"
                  "        if test -f $word\n"
                  "            parrun --vars $word 2>/dev/null | string replace -r '=.*' '='\n"
                  "            return\n"
                  "        end\n"
                  "    end\n"
                  "end\n"
                  "complete -c parrun -a '(__parrun_vars)'\n");
}

static const struct {
    const char *shell;
    void (*print)(struct buf *out);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

int completion_print(const char *shell, struct buf *out, struct error *error)
{
    for (size_t i = 0; i < countof(shells); i++) {
        if (!strcmp(shells[i].shell, shell)) {
            shells[i].print(out);
            return 0;
        }
    }
    return error_set(error, ERROR_FAILED, "--completion is for bash, zsh or fish, not '%s'", shell);
}
