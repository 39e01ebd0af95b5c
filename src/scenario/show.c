/* Wording for what was found. */
#include "scenario/show.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "scenario/tree.h"

#define SHOW_CHARACTERS 60

struct shown show_text(const char *text, size_t length)
{
    struct shown shown;
    size_t used = 0;
    size_t at = 0;
    for (size_t n = 0; at < length && n < SHOW_CHARACTERS; n++) {
        size_t size = utf8_char(text + at, length - at);
        unsigned char c = (unsigned char)text[at];
        if (!size || c < 0x20 || c == 0x7F) {
            shown.text[used++] = '?';
            at++;
        } else {
            memcpy(shown.text + used, text + at, size);
            used += size;
            at += size;
        }
    }
    strcpy(shown.text + used, at < length ? "..." : "");
    return shown;
}

struct shown show_node(const struct node *node)
{
    struct shown shown;
    if (node->kind == NODE_LIST)
        strcpy(shown.text, "a list");
    else if (node->kind == NODE_MAP)
        strcpy(shown.text, "a mapping");
    else if (node->size == 0)
        strcpy(shown.text, node->style == STYLE_PLAIN ? "nothing" : "an empty text");
    else
        snprintf(shown.text, sizeof(shown.text), "'%.250s'",
                 show_text(node->text, node->size).text);
    return shown;
}
