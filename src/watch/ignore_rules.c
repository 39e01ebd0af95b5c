/* Rules of what is ignored. */
#include "watch/ignore_rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path_pattern.h"

/* Before LENGTH bytes of LINE, without blanks at the end but for those behind a '\'. */
static size_t without_blanks(const char *line, size_t length)
{
    size_t end = 0;
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\\' && i + 1 < length)
            end = ++i + 1;
        else if (line[i] != ' ')
            end = i + 1;
    }
    return end;
}

static void add_line(struct ignore_rules *rules, const char *line, size_t length)
{
    struct ignore_rule rule = {0};
    if (length && line[length - 1] == '\r')
        length--;
    length = without_blanks(line, length);
    if (!length || *line == '#')
        return;
    rule.negated = *line == '!';
    line += rule.negated;
    length -= rule.negated;
    rule.directory = length && line[length - 1] == '/';
    length -= rule.directory;
    rule.name = !memchr(line, '/', length);
    if (length && *line == '/') {
        line++;
        length--;
    }
    if (!length)
        return;
    rule.pattern = mem_copy(line, length);
    rules->items = mem_grow(rules->items, &rules->capacity, rules->count + 1, sizeof(*rules->items));
    rules->items[rules->count++] = rule;
}

void ignore_rules_add(struct ignore_rules *rules, const char *text, size_t length)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, at the beginning of a file */
    const char *end = text + length;
    if (length >= 3 && !memcmp(text, mark, 3))
        text += 3;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line = (size_t)((newline ? newline : end) - text);
        add_line(rules, text, line);
        text += line + 1;
    }
}

enum ignore_verdict ignore_rules_say(const struct ignore_rules *rules, const char *path, bool directory)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (size_t i = rules->count; i-- > 0;) {
        const struct ignore_rule *rule = &rules->items[i];
        if (rule->directory && !directory)
            continue;
        if (path_pattern_matches(rule->pattern, rule->name ? name : path, true))
            return rule->negated ? IGNORE_NO : IGNORE_YES;
    }
    return IGNORE_UNSAID;
}

bool ignore_rules_ignore(const struct ignore_rules *rules, const char *path, bool directory)
{
    if (!rules->count)
        return false;
    char *part = mem_strdup(path);
    bool ignored = false;
    for (char *slash = strchr(part, '/'); !ignored && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ignored = *part && ignore_rules_say(rules, part, true) == IGNORE_YES;
        *slash = '/';
    }
    ignored = ignored || ignore_rules_say(rules, part, directory) == IGNORE_YES;
    free(part);
    return ignored;
}

void ignore_rules_release(struct ignore_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        free(rules->items[i].pattern);
    free(rules->items);
    *rules = (struct ignore_rules){0};
}
