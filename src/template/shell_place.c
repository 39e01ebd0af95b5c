/* The rules: in which construct a value may stand, and how it is written there. */
#include "base/mem.h"
#include "template/shell_stack.h"

/* Where a value can be, the innermost construct deciding, with the reason where it cannot. */
static const struct rule {
    enum shell_place place;
    enum shell_place
        delayed; /* where a here-document is open: no value may bring a line of its own */
    const char *text;
    const char *hint;
} rules[] = {
    [SHELL_COMMAND] = {SHELL_BARE, SHELL_VARIABLE_BARE, NULL, NULL},
    [SHELL_SUBSTITUTION] = {SHELL_BARE, SHELL_VARIABLE_BARE, NULL, NULL},
    [SHELL_PARENTHESES] = {SHELL_BARE, SHELL_VARIABLE_BARE, NULL, NULL},
    [SHELL_DOUBLE_QUOTES] = {SHELL_DOUBLE, SHELL_VARIABLE, NULL, NULL},
    [SHELL_SINGLE_QUOTES] = {SHELL_SINGLE, SHELL_VARIABLE_SINGLE, NULL, NULL},
    [SHELL_ANSI_QUOTES] = {SHELL_WRONG, SHELL_WRONG, "a value cannot stand inside $' '",
                           "use double quotes"},
    [SHELL_BACKTICKS] = {SHELL_WRONG, SHELL_WRONG, "a value cannot stand inside ` `",
                         "use $( ) instead"},
    [SHELL_ARITHMETIC] = {SHELL_NUMBER, SHELL_NUMBER, NULL, NULL},
    [SHELL_COMMENT] = {SHELL_NOWHERE, SHELL_NOWHERE, NULL, NULL},
    [SHELL_DOCUMENT] = {SHELL_VARIABLE, SHELL_VARIABLE, NULL, NULL},
    [SHELL_DOCUMENT_QUOTED] = {SHELL_WRONG, SHELL_WRONG,
                               "a value cannot stand in a here-document whose delimiter is quoted",
                               "write the delimiter without quotes"},
};

enum shell_place shell_wrong(const char **text, const char **hint, const char *why, const char *remedy)
{
    *text = why;
    *hint = remedy;
    return SHELL_WRONG;
}

/* Directly inside ${ }: always by a variable, which is quoted unless the whole already is. */
static enum shell_place place_parameter(const struct shell *shell, const struct shell_frame *frame,
                                        const char **text, const char **hint)
{
    if (frame->operator== SHELL_OPERATOR_WORD)
        return frame->quoted ? SHELL_VARIABLE : SHELL_VARIABLE_BARE;
    if (frame->operator== SHELL_OPERATOR_PATTERN && !shell->in_documents)
        return SHELL_VARIABLE_BARE;
    return shell_wrong(text, hint, "a value cannot stand here inside ${ }",
                 "assign it to a variable first");
}

/* What the last bytes before the value do to it. */
static bool is_spoiled(const struct shell *shell, const struct shell_frame *frame,
                       const char **text, const char **hint)
{
    if (shell->pending == '\\') {
        shell_wrong(text, hint, "a backslash before a value would be part of its quoting",
              "write two backslashes for one");
        return true;
    }
    if (shell->pending == '$' && frame->kind != SHELL_DOUBLE_QUOTES) {
        shell_wrong(text, hint, "a dollar sign before a value would be part of its quoting",
              "write '$' in single quotes");
        return true;
    }
    if (shell->delimiter_open) {
        shell_wrong(text, hint, "a value cannot be part of a here-document's delimiter", NULL);
        return true;
    }
    return false;
}

enum shell_place shell_place_posix(const struct shell *shell, const char **text, const char **hint)
{
    const struct shell_frame *frame = &shell->frames[shell->depth - 1];
    if (frame->kind == SHELL_COMMENT && !shell->lost)
        return SHELL_NOWHERE;
    if (shell->lost)
        return shell_wrong(text, hint, shell->lost, shell->lost_hint);
    if (is_spoiled(shell, frame, text, hint))
        return SHELL_WRONG;
    if (shell->subscript)
        return shell_wrong(text, hint, "a value cannot be the subscript of an array",
                     "the shell would run commands that are in it");
    if (frame->kind == SHELL_ARITHMETIC && frame->command)
        return shell_wrong(text, hint, "a value cannot stand inside (( ))", "use $(( )) instead");
    if (frame->kind == SHELL_PARAMETER)
        return place_parameter(shell, frame, text, hint);
    for (size_t i = shell->depth; i-- && !shell_holds_commands(shell->frames[i].kind);)
        if (shell->frames[i].kind == SHELL_PARAMETER)
            return shell_wrong(text, hint, "a value cannot stand in quotes inside ${ }",
                         "assign it to a variable first");
    const struct rule *rule = &rules[frame->kind];
    *text = rule->text;
    *hint = rule->hint;
    return shell->document_count ? rule->delayed : rule->place;
}

const char *shell_open_quote(const struct shell *shell)
{
    enum shell_kind kind = shell->frames[shell->depth - 1].kind;
    if (shell->lost || shell->document_count)
        return NULL;
    return kind == SHELL_DOUBLE_QUOTES ? "\"" : kind == SHELL_SINGLE_QUOTES ? "'" : kind == SHELL_BACKTICKS ? "`" : NULL;
}

enum shell_place shell_value(struct shell *shell, const char **text, const char **hint)
{
    struct shell_frame *frame = shell_top(shell);
    *text = NULL;
    *hint = NULL;
    enum shell_place place = shell->language->place(shell, text, hint);
    if (shell_holds_commands(frame->kind))
        frame->in_word = true;
    if (shell->delimiter_open)
        shell_lose(shell, "a here-document's delimiter that is a value is before it", NULL);
    shell->word_plain = false;
    shell->word_name = false;
    shell->pending = '\0';
    shell->line_begins = false;
    return place;
}
