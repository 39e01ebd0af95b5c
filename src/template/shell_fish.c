/* The reader of a command line for fish: single quotes know \' and \\, there are no here-documents. */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "template/shell_stack.h"

/* A backslash and what it makes one character of: \cX and the like are as long as their digits. */
static void read_escape(struct shell *shell, struct piece *piece)
{
    char c = shell_peek(piece, 1);
    piece->at += 2;
    if (c && strchr("xXuU01234567", c))
        while (isxdigit((unsigned char)shell_peek(piece, 0)))
            piece->at++;
    else if (c && c != 'c')
        return;
    if (piece->at >= piece->length)
        shell->pending = '\\';
}

static void open_brackets(struct shell *shell, struct piece *piece)
{
    shell_push(shell, SHELL_BRACKETS);
    piece->at++;
}

/* $NAME with its index, or the beginning of $( ), the piece being at the dollar sign. */
static void read_dollar(struct shell *shell, struct piece *piece)
{
    while (shell_peek(piece, 0) == '$')
        piece->at++;
    if (piece->at == piece->length)
        shell->pending = '$';
    while (isalnum((unsigned char)shell_peek(piece, 0)) || shell_peek(piece, 0) == '_')
        piece->at++;
    if (shell_peek(piece, 0) == '[')
        open_brackets(shell, piece);
}

/* The '#' at the piece, at the start of a word. */
static void begin_comment(struct shell *shell, struct piece *piece)
{
    char before = piece->at ? piece->text[piece->at - 1] : ' ';
    if (strchr("<>{},", before) || !shell_holds_commands(shell_top(shell)->kind))
        shell_lose(shell, "a '#' is before it that may begin a comment", "put the '#' in quotes");
    else
        shell_push(shell, SHELL_COMMENT);
    piece->at++;
}

/* What is behind a "$( )" in the same word fish takes for quoted when it looks for errors. */
static void mark_expanded(struct shell *shell)
{
    size_t at = shell->depth - 1;
    if (shell->frames[at].kind != SHELL_DOUBLE_QUOTES)
        return;
    while (at && shell->frames[at].kind == SHELL_DOUBLE_QUOTES)
        at--;
    shell->frames[at].expanded = true;
}

static void close_parenthesis(struct shell *shell, struct piece *piece)
{
    if (shell_top(shell)->kind == SHELL_SUBSTITUTION)
        shell_pop(shell);
    else
        shell_lose(shell, "a ')' without its '(' is before it", NULL);
    mark_expanded(shell);
    shell_top(shell)->in_word = true;
    piece->at++;
    if (shell_peek(piece, 0) == '[')
        open_brackets(shell, piece);
}

/* Opens what C opens; false where it opens nothing. */
static bool open_construct(struct shell *shell, char c)
{
    static const struct {
        char c;
        enum shell_kind kind;
    } openers[] = {
        {'\'', SHELL_SINGLE_QUOTES},
        {'"', SHELL_DOUBLE_QUOTES},
        {'(', SHELL_SUBSTITUTION},
        {'{', SHELL_BRACES},
    };
    for (size_t i = 0; i < countof(openers); i++) {
        if (openers[i].c == c) {
            shell_push(shell, openers[i].kind);
            return true;
        }
    }
    return false;
}

/* A byte of a command, or inside { } or [ ]. */
static void read_command(struct shell *shell, struct piece *piece)
{
    struct shell_frame *frame = shell_top(shell);
    char c = piece->text[piece->at];
    if (c == '#' && !frame->in_word) {
        begin_comment(shell, piece);
        return;
    }
    bool word = frame->in_word;
    frame->in_word = !strchr(" \t\n;&|", c);
    frame->expanded &= frame->in_word;
    if (c == '\\') {
        read_escape(shell, piece);
    } else if (c == '$') {
        read_dollar(shell, piece);
    } else if (c == ')') {
        close_parenthesis(shell, piece);
    } else if (c == '[' && word) {
        open_brackets(shell, piece);
    } else {
        if ((c == '}' && frame->kind == SHELL_BRACES) || (c == ']' && frame->kind == SHELL_BRACKETS)) {
            shell_pop(shell);
            shell_top(shell)->in_word = true;
        } else {
            frame->in_word &= !strchr("<>{,", c);
            open_construct(shell, c);
        }
        piece->at++;
    }
}

static void read_double(struct shell *shell, struct piece *piece)
{
    char c = piece->text[piece->at];
    if (c == '\\') {
        if (piece->at + 1 == piece->length)
            shell->pending = '\\';
        piece->at += 2;
    } else if (c == '$' && shell_peek(piece, 1) == '(') {
        shell_push(shell, SHELL_SUBSTITUTION);
        piece->at += 2;
    } else if (c == '$') {
        read_dollar(shell, piece);
    } else {
        if (c == '"')
            shell_pop(shell);
        piece->at++;
    }
}

static void read_single(struct shell *shell, struct piece *piece)
{
    bool escape = piece->text[piece->at] == '\\';
    if (escape && piece->at + 1 == piece->length)
        shell->pending = '\\';
    if (escape)
        piece->at += 2;
    else
        shell_read_single(shell, piece);
}

static enum shell_place find_place(const struct shell *shell, const char **text, const char **hint)
{
    static const enum shell_place places[SHELL_KINDS] = {
        [SHELL_COMMAND] = SHELL_BARE,       [SHELL_SUBSTITUTION] = SHELL_BARE, [SHELL_BRACES] = SHELL_BARE,
        [SHELL_DOUBLE_QUOTES] = SHELL_DOUBLE, [SHELL_SINGLE_QUOTES] = SHELL_SINGLE,
    };
    enum shell_kind kind = shell->frames[shell->depth - 1].kind;
    if (shell->lost)
        return shell_wrong(text, hint, shell->lost, shell->lost_hint);
    if (kind == SHELL_COMMENT)
        return SHELL_NOWHERE;
    if (shell->pending == '\\')
        return shell_wrong(text, hint, "a backslash before a value would be part of its quoting",
                           "write two backslashes for one");
    if (shell->pending == '$')
        return shell_wrong(text, hint, "a dollar sign before a value would be part of its quoting",
                           "write '$' in single quotes");
    for (size_t i = 0; i < shell->depth; i++) {
        if (shell->frames[i].kind == SHELL_BRACKETS)
            return shell_wrong(text, hint, "a value cannot be the index of a variable",
                               "assign it to a variable first");
        if (shell->frames[i].expanded)
            return shell_wrong(text, hint, "a value cannot stand behind a $( ) in the same word",
                               "assign what $( ) gives to a variable first");
    }
    return places[kind];
}

const struct shell_language shell_fish = {
    .readers =
        {
            [SHELL_COMMAND] = read_command,
            [SHELL_SUBSTITUTION] = read_command,
            [SHELL_BRACES] = read_command,
            [SHELL_BRACKETS] = read_command,
            [SHELL_DOUBLE_QUOTES] = read_double,
            [SHELL_SINGLE_QUOTES] = read_single,
            [SHELL_COMMENT] = shell_read_comment,
        },
    .place = find_place,
};
