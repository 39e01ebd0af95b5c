/* The reader of a shell command: which quotes and substitutions are open at each byte. */
#include "template/shell_quote.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "template/shell_stack.h"

void shell_init(struct shell *shell, enum template_use use)
{
    *shell = (struct shell){.depth = 1, .language = use == TEMPLATE_FISH ? &shell_fish : &shell_posix};
    if (use == TEMPLATE_OTHER)
        shell_lose(shell, "a value cannot be put into a command line whose quoting is not known",
                   "hand it on as a variable (PARRUN_ITEM has the item, 'env' any value), or use 'exec'");
}

struct shell_frame *shell_top(struct shell *shell)
{
    return &shell->frames[shell->depth - 1];
}

struct shell_frame *shell_push(struct shell *shell, enum shell_kind kind)
{
    if (shell->depth == SHELL_NESTING)
        shell_lose(shell, "the command is nested too deep", NULL);
    else
        shell->depth++;
    *shell_top(shell) = (struct shell_frame){.kind = kind};
    return shell_top(shell);
}

void shell_pop(struct shell *shell)
{
    if (shell->depth > 1)
        shell->depth--;
    /* what is behind a construct in a word is part of that word, and no keyword any more */
    shell->word_plain = false;
    shell->word_name = false;
}

void shell_lose(struct shell *shell, const char *why, const char *hint)
{
    if (shell->lost)
        return;
    shell->lost = why;
    shell->lost_hint = hint;
}

bool shell_holds_commands(enum shell_kind kind)
{
    return kind == SHELL_COMMAND || kind == SHELL_SUBSTITUTION || kind == SHELL_PARENTHESES;
}

char shell_peek(const struct piece *piece, size_t offset)
{
    return piece->at + offset < piece->length ? piece->text[piece->at + offset] : '\0';
}

bool shell_read_quote(struct shell *shell, struct piece *piece, const char *which)
{
    static const struct {
        char quote;
        enum shell_kind kind;
    } quotes[] = {
        {'\'', SHELL_SINGLE_QUOTES},
        {'"', SHELL_DOUBLE_QUOTES},
        {'`', SHELL_BACKTICKS},
    };
    char c = piece->text[piece->at];
    if (!c || !strchr(which, c))
        return false;
    if (c == '$') {
        shell_read_dollar(shell, piece);
        return true;
    }
    if (c == '\\') {
        if (piece->at + 1 == piece->length)
            shell->pending = '\\';
        piece->at += 2;
        return true;
    }
    for (size_t i = 0; i < countof(quotes); i++)
        if (quotes[i].quote == c)
            shell_push(shell, quotes[i].kind);
    piece->at++;
    return true;
}

static void read_double(struct shell *shell, struct piece *piece)
{
    if (piece->text[piece->at] == '"') {
        shell_pop(shell);
        piece->at++;
    } else if (!shell_read_quote(shell, piece, "\\`$")) {
        piece->at++;
    }
}

void shell_read_single(struct shell *shell, struct piece *piece)
{
    if (piece->text[piece->at++] == '\'')
        shell_pop(shell);
}

static void read_ansi(struct shell *shell, struct piece *piece)
{
    char c = piece->text[piece->at];
    if (c == '\\' && shell_peek(piece, 1) == '\'')
        shell_lose(shell, "\\' inside $' ' is before it, which not every shell knows", NULL);
    if (c == '\'')
        shell_pop(shell);
    piece->at += c == '\\' ? 2 : 1;
}

static void read_backticks(struct shell *shell, struct piece *piece)
{
    char c = piece->text[piece->at];
    if (c == '`')
        shell_pop(shell);
    piece->at += c == '\\' ? 2 : 1;
}

/* The newline that ends a comment is part of the command. */
void shell_read_comment(struct shell *shell, struct piece *piece)
{
    if (piece->text[piece->at] == '\n')
        shell_pop(shell);
    else
        piece->at++;
}

static void read_document(struct shell *shell, struct piece *piece)
{
    if (!shell_read_quote(shell, piece, "\\`$"))
        piece->at++;
}

static void read_document_quoted(struct shell *shell, struct piece *piece)
{
    (void)shell;
    piece->at++;
}

const struct shell_language shell_posix = {
    .readers =
        {
            [SHELL_COMMAND] = shell_read_command,
            [SHELL_SUBSTITUTION] = shell_read_command,
            [SHELL_PARENTHESES] = shell_read_command,
            [SHELL_DOUBLE_QUOTES] = read_double,
            [SHELL_SINGLE_QUOTES] = shell_read_single,
            [SHELL_ANSI_QUOTES] = read_ansi,
            [SHELL_BACKTICKS] = read_backticks,
            [SHELL_PARAMETER] = shell_read_parameter,
            [SHELL_ARITHMETIC] = shell_read_arithmetic,
            [SHELL_COMMENT] = shell_read_comment,
            [SHELL_DOCUMENT] = read_document,
            [SHELL_DOCUMENT_QUOTED] = read_document_quoted,
        },
    .place = shell_place_posix,
};

void shell_read(struct shell *shell, const char *text, size_t length)
{
    struct piece piece = {text, length, 0};
    if (length) {
        shell->pending = '\0';
        shell->delimiter_open = false;
    }
    while (piece.at < piece.length) {
        if (shell->in_documents && shell->line_begins && shell_close_document(shell, &piece))
            continue;
        bool newline = piece.text[piece.at] == '\n';
        bool inside = shell->in_documents;
        shell->language->readers[shell_top(shell)->kind](shell, &piece);
        if (inside && newline)
            shell->line_begins = true;
    }
}

void shell_write(struct buf *out, enum template_use use, enum shell_place place, const char *value,
                 size_t length)
{
    static const struct {
        const char *open;
        const char *close;
    } around[] = {
        [SHELL_BARE] = {"'", "'"},
        [SHELL_DOUBLE] = {"\"'", "'\""},
        [SHELL_SINGLE] = {"", ""},
    };
    buf_text(out, around[place].open);
    for (size_t i = 0; i < length; i++) {
        if (use == TEMPLATE_FISH && (value[i] == '\'' || value[i] == '\\'))
            buf_char(out, '\\');
        if (use == TEMPLATE_SHELL && value[i] == '\'')
            buf_text(out, "'\\'");
        buf_char(out, value[i]);
    }
    buf_text(out, around[place].close);
}
