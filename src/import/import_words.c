/* A command line as words, the way docker compose takes it apart: quotes count, no shell runs. */

#include "import/private.h"

size_t import_atom(const struct import *import, const char *text)
{
    if (text[0] != '$' || (text[1] != '$' && text[1] != '{'))
        return 1;
    if (text[1] == '$')
        return 2;
    size_t depth = 0;
    for (size_t i = 1; text[i]; i++) {
        depth += text[i] == '{' && (text[i - 1] == '$' || import->dollar == DOLLAR_COMPOSE);
        if (text[i] == '}' && !--depth)
            return i + 1;
    }
    return 1;
}

/*
 * Appends the word at *TEXT without its quotes, and moves behind it; false for an open quote. A backslash takes the meaning of what
 * is behind it, but between single quotes.
 */
static bool read_word(const struct import *import, const char **text, struct buf *word)
{
    char quote = '\0';
    const char *at = *text;
    while (*at && (quote || !strchr(" \t\r\n;&|<>", *at))) {
        bool escaped = *at == '\\' && quote != '\'' && at[1];
        if (!escaped && (*at == quote || (!quote && strchr("\"'", *at)))) {
            quote = quote ? '\0' : *at;
            at++;
            continue;
        }
        at += escaped;
        size_t size = escaped ? 1 : import_atom(import, at);
        buf_append(word, at, size);
        at += size;
    }
    *text = at;
    return !quote;
}

bool import_words(struct import *import, const struct node *node, struct texts *words)
{
    const char *at = node->text;
    bool fine = true;
    for (at += strspn(at, " \t\r\n"); fine && *at && !strchr(";&|<>", *at); at += strspn(at, " \t\r\n")) {
        struct buf word = {0};
        struct buf value = {0};
        fine = read_word(import, &at, &word);
        if (!fine)
            diag_error(import->diags, node_mark(import->source, node), NULL, "a quote of this command is never closed");
        fine = fine && import_template(import, node, buf_string(&word), TEMPLATE_TEXT, &value);
        texts_add(words, arena_strdup(import->arena, buf_string(&value)));
        buf_release(&word);
        buf_release(&value);
    }
    if (fine && *at)
        import_note(import, "line %u: docker compose runs no shell, and passes over all from '%c' on", (unsigned)node->line, *at);
    return fine;
}
