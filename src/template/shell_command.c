/* The parts of a command: words, operators, parentheses, comments. */
#include <ctype.h>
#include <string.h>

#include "template/shell_stack.h"

void shell_end_word(struct shell *shell)
{
    struct shell_frame *frame = shell_top(shell);
    if (frame->in_word && shell->word_plain) {
        bool four = shell->word_length == 4;
        if (four && memcmp(shell->word, "case", 4) == 0)
            frame->cases++;
        if (four && memcmp(shell->word, "esac", 4) == 0 && frame->cases)
            frame->cases--;
    }
    frame->in_word = false;
    if (shell->depth <= shell->subscript_depth)
        shell->subscript = false;
}

static void begin_word(struct shell *shell)
{
    struct shell_frame *frame = shell_top(shell);
    if (frame->in_word)
        return;
    frame->in_word = true;
    shell->word_length = 0;
    shell->word_plain = true;
    shell->word_name = true;
}

static void add_to_word(struct shell *shell, char c)
{
    begin_word(shell);
    if (c == '[' && shell->word_name && shell->word_length && !shell->subscript) {
        shell->subscript = true;
        shell->subscript_depth = shell->depth;
    }
    if (c == ']' && shell->depth == shell->subscript_depth)
        shell->subscript = false;
    if (!isalnum((unsigned char)c) && c != '_')
        shell->word_name = false;
    if (shell->word_length < sizeof(shell->word))
        shell->word[shell->word_length++] = c;
}

/* Inside $( ) the pattern of a case may have a ')' without its '('. */
static bool is_nested(const struct shell *shell)
{
    for (size_t i = 0; i < shell->depth; i++)
        if (shell->frames[i].kind != SHELL_COMMAND && shell->frames[i].kind != SHELL_PARENTHESES)
            return true;
    return false;
}

static void close_parenthesis(struct shell *shell)
{
    shell_end_word(shell);
    const struct shell_frame *frame = shell_top(shell);
    if (frame->cases && is_nested(shell))
        shell_lose(shell, "a 'case' inside $( ) is before it",
                   "write its patterns with both parentheses: (a) ...");
    if (frame->kind != SHELL_COMMAND)
        shell_pop(shell);
}

static void open_parenthesis(struct shell *shell, struct piece *piece)
{
    bool two = shell_peek(piece, 1) == '(' && !shell_top(shell)->in_word;
    if (two) {
        struct shell_frame *frame = shell_push(shell, SHELL_ARITHMETIC);
        frame->parentheses = 2;
        frame->command = true;
        piece->at += 2;
    } else {
        shell_push(shell, SHELL_PARENTHESES);
        piece->at++;
    }
}

static void read_operator(struct shell *shell, struct piece *piece)
{
    char c = piece->text[piece->at];
    shell_end_word(shell);
    if (c == '<' && shell_peek(piece, 1) == '<') {
        if (shell_peek(piece, 2) == '<')
            piece->at += 3;
        else
            shell_open_document(shell, piece);
        return;
    }
    piece->at++;
    if (c == '\n')
        shell_begin_documents(shell);
}

void shell_read_command(struct shell *shell, struct piece *piece)
{
    char c = piece->text[piece->at];
    bool in_word = shell_top(shell)->in_word;
    if (strchr(" \t\n;&|<>", c)) {
        read_operator(shell, piece);
    } else if (c == '(') {
        open_parenthesis(shell, piece);
    } else if (c == ')') {
        close_parenthesis(shell);
        piece->at++;
    } else if (c == '#' && !in_word) {
        shell_push(shell, SHELL_COMMENT);
        piece->at++;
    } else if (c == '\\' && shell_peek(piece, 1) == '\n') {
        piece->at += 2;
    } else if (strchr("\\'\"`$", c)) {
        begin_word(shell);
        shell->word_plain = false;
        shell->word_name = false;
        shell_read_quote(shell, piece, "\\'\"`$");
    } else {
        add_to_word(shell, c);
        piece->at++;
    }
}
