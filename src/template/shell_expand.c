/* What begins with a dollar sign: ${ }, $( ), $(( )), and the quotes that only some shells know. */
#include <ctype.h>
#include <string.h>

#include "template/shell_stack.h"

/* True inside double quotes or a here-document, as far as ${ } is concerned. */
static bool is_quoted(const struct shell_frame *frame)
{
    return frame->kind == SHELL_DOUBLE_QUOTES || frame->kind == SHELL_DOCUMENT ||
           (frame->kind == SHELL_PARAMETER && frame->quoted);
}

/* The piece is behind "${": reads the name and the operator. */
static void open_parameter(struct shell *shell, struct piece *piece)
{
    struct shell_frame *frame = shell_push(shell, SHELL_PARAMETER);
    frame->quoted = shell->depth > 1 && is_quoted(frame - 1);
    bool length = shell_peek(piece, 0) == '#' && shell_peek(piece, 1) != '}';
    if (length)
        piece->at++;
    if (shell_peek(piece, 0) && strchr("@*#?$!-", shell_peek(piece, 0)))
        piece->at++;
    else
        while (isalnum((unsigned char)shell_peek(piece, 0)) || shell_peek(piece, 0) == '_')
            piece->at++;
    size_t colon = shell_peek(piece, 0) == ':';
    char sign = shell_peek(piece, colon);
    if (length || !sign)
        return;
    if (strchr("-=?+", sign)) {
        frame->operator= SHELL_OPERATOR_WORD;
        piece->at += colon + 1;
    } else if (!colon && strchr("#%", sign)) {
        frame->operator= SHELL_OPERATOR_PATTERN;
        piece->at += shell_peek(piece, 1) == sign ? 2 : 1;
    }
}

void shell_read_dollar(struct shell *shell, struct piece *piece)
{
    bool quoted = is_quoted(shell_top(shell));
    char next = shell_peek(piece, 1);
    if (next == '(' && shell_peek(piece, 2) == '(') {
        shell_push(shell, SHELL_ARITHMETIC)->parentheses = 2;
        piece->at += 3;
    } else if (next == '(') {
        shell_push(shell, SHELL_SUBSTITUTION);
        piece->at += 2;
    } else if (next == '{') {
        piece->at += 2;
        open_parameter(shell, piece);
    } else if (next == '\'' && !quoted) {
        shell_push(shell, SHELL_ANSI_QUOTES);
        piece->at += 2;
    } else if (next == '[') {
        shell_lose(shell, "$[ ] is before it, which not every shell knows", "use $(( ))");
        piece->at += 2;
    } else {
        if (piece->at + 1 == piece->length)
            shell->pending = '$';
        piece->at++;
    }
}

void shell_read_parameter(struct shell *shell, struct piece *piece)
{
    const struct shell_frame *frame = shell_top(shell);
    char c = piece->text[piece->at];
    /* here dash takes a ' as it is, and bash as a quote */
    bool doubtful = frame->quoted && frame->operator!= SHELL_OPERATOR_PATTERN;
    if (c == '}') {
        shell_pop(shell);
        piece->at++;
    } else if (c == '\'' && doubtful) {
        shell_lose(shell, "a ' inside ${ } is before it, which shells read differently",
                   "assign it to a variable first");
        piece->at++;
    } else if (!shell_read_quote(shell, piece, "\\'\"`$")) {
        piece->at++;
    }
}

void shell_read_arithmetic(struct shell *shell, struct piece *piece)
{
    struct shell_frame *frame = shell_top(shell);
    char c = piece->text[piece->at];
    if (c == '\'')
        shell_lose(shell, "a quote inside $(( )) is before it", NULL);
    if (shell_read_quote(shell, piece, "\\`$"))
        return;
    frame->parentheses += c == '(';
    frame->parentheses -= c == ')';
    piece->at++;
    if (c == ')' && frame->parentheses == 1 && shell_peek(piece, 0) != ')')
        shell_lose(shell, "'((' that does not end with '))' is before it",
                   "write a blank between the parentheses");
    if (!frame->parentheses)
        shell_pop(shell);
}
