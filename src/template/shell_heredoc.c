/*
 * Here-documents: << or <<-, a delimiter, and from the next line on the body up to a line that is
 * the delimiter. Quotes anywhere in the delimiter make a body in which nothing is expanded.
 */
#include <string.h>

#include "template/shell_stack.h"

static bool ends_word(char c)
{
    return strchr(" \t\n;&|<>()", c) != NULL; /* the NUL behind the piece too */
}

/* Behind the delimiter at AT. */
static size_t skip_delimiter(const struct piece *piece, size_t at)
{
    while (at < piece->length && !ends_word(piece->text[at])) {
        char c = piece->text[at++];
        if (c == '\\')
            at++;
        if (c != '\'' && c != '"')
            continue;
        while (at < piece->length && piece->text[at] != c)
            at++;
        at++;
    }
    return at < piece->length ? at : piece->length;
}

void shell_open_document(struct shell *shell, struct piece *piece)
{
    size_t at = piece->at + 2;
    bool tabs = at < piece->length && piece->text[at] == '-';
    at += tabs;
    while (at < piece->length && (piece->text[at] == ' ' || piece->text[at] == '\t'))
        at++;
    size_t end = skip_delimiter(piece, at);
    const char *delimiter = piece->text + at;
    size_t length = end - at;
    piece->at = end;
    shell->delimiter_open = end == piece->length;
    if (shell->in_documents)
        shell_lose(shell, "a here-document inside a here-document is before it", NULL);
    if (shell->document_count == SHELL_DOCUMENTS) {
        shell_lose(shell, "too many here-documents begin before it", NULL);
        return;
    }
    if (memchr(delimiter, '$', length) || memchr(delimiter, '`', length) ||
        memchr(delimiter, '\n', length))
        shell_lose(shell, "a here-document with such a delimiter begins before it",
                   "use a plain word as the delimiter");
    shell->documents[shell->document_count++] = (struct shell_document){
        .delimiter = delimiter,
        .length = length,
        .quoted = memchr(delimiter, '\'', length) || memchr(delimiter, '"', length) ||
                  memchr(delimiter, '\\', length),
        .tabs = tabs,
        .depth = shell->depth,
    };
}

/* Opens the next body; behind the last the command goes on. */
static void next_document(struct shell *shell)
{
    if (shell->document == shell->document_count) {
        shell->in_documents = false;
        shell->document_count = 0;
        return;
    }
    const struct shell_document *document = &shell->documents[shell->document++];
    shell_push(shell, document->quoted ? SHELL_DOCUMENT_QUOTED : SHELL_DOCUMENT);
    shell->line_begins = true;
}

void shell_begin_documents(struct shell *shell)
{
    if (shell->in_documents || !shell->document_count)
        return;
    for (size_t i = 0; i < shell->document_count; i++)
        if (shell->documents[i].depth != shell->depth)
            shell_lose(shell,
                       "a here-document whose body begins inside a substitution is before it",
                       NULL);
    shell->in_documents = true;
    shell->document = 0;
    next_document(shell);
}

/* Bytes of LINE that the delimiter without its quotes takes; 0 where LINE begins otherwise. */
static size_t match(const struct shell_document *document, const char *line, size_t length)
{
    size_t used = 0;
    char quote = 0;
    for (size_t i = 0; i < document->length; i++) {
        char c = document->delimiter[i];
        if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? 0 : c;
            continue;
        }
        if (c == '\\' && !quote && i + 1 < document->length)
            c = document->delimiter[++i];
        if (used == length || line[used] != c)
            return 0;
        used++;
    }
    return used;
}

bool shell_close_document(struct shell *shell, struct piece *piece)
{
    const struct shell_document *document = &shell->documents[shell->document - 1];
    size_t at = piece->at;
    shell->line_begins = false;
    while (document->tabs && at < piece->length && piece->text[at] == '\t')
        at++;
    size_t used = match(document, piece->text + at, piece->length - at);
    if (!used || at + used >= piece->length || piece->text[at + used] != '\n')
        return false;
    enum shell_kind kind = shell_top(shell)->kind;
    if (kind != SHELL_DOCUMENT && kind != SHELL_DOCUMENT_QUOTED)
        shell_lose(shell, "a here-document that ends inside a substitution is before it", NULL);
    while (shell->depth > document->depth)
        shell_pop(shell);
    piece->at = at + used + 1;
    next_document(shell);
    return true;
}
