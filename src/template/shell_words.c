/* Shells that are known, and how their words are read. */
#include "template/shell_words.h"

#include <string.h>

#include "base/mem.h"

static const struct known_shell {
    const char *name;
    enum template_use use;
    const char *valued; /* messages of options whose value is the next word */
} known[] = {
    {"sh", TEMPLATE_SHELL, "oO"},      {"dash", TEMPLATE_SHELL, "oO"},
    {"bash", TEMPLATE_SHELL, "oO"},    {"ash", TEMPLATE_SHELL, "oO"},
    {"ksh", TEMPLATE_SHELL, "oO"},     {"ksh93", TEMPLATE_SHELL, "oO"},
    {"mksh", TEMPLATE_SHELL, "oO"},    {"zsh", TEMPLATE_SHELL, "oO"},
    {"fish", TEMPLATE_FISH, "CDdfop"},
};

/* What WORDS are: a known shell (else NULL), and whether only options follow, the last of which takes the line. */
struct shell_reading {
    const struct known_shell *shell;
    const char *name;
    bool options; /* nothing but options and their values */
    bool line;    /* the last one takes a command line */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What may stand before the shell: env with variables, busybox. The index of the shell's word. */
static size_t skip_starter(const char *const *words, size_t count)
{
    size_t at = 0;
    if (count && !strcmp(base_name(words[0]), "busybox"))
        return 1;
    if (!count || strcmp(base_name(words[0]), "env") != 0)
        return 0;
    do
        at++;
    while (at < count && (strchr(words[at], '=') || !strcmp(words[at], "-i")));
    return at;
}

static bool is_option(const char *word)
{
    return (*word == '-' || *word == '+') && word[1] && strcmp(word, "--") != 0;
}

/* "-c", or a cluster of messages that ends in it and has none that takes a value. */
static bool takes_line(const char *word, const struct known_shell *shell)
{
    size_t length = strlen(word);
    return length > 1 && *word == '-' && word[1] != '-' && word[length - 1] == 'c' &&
           strcspn(word, shell->valued) == length;
}

/* True where the option's value is the next word. */
static bool is_valued(const char *word, const struct known_shell *shell)
{
    return word[1] != '-' && strchr(shell->valued, word[strlen(word) - 1]);
}

static struct shell_reading read_words(const char *const *words, size_t count)
{
    struct shell_reading reading = {.options = true};
    size_t at = skip_starter(words, count);
    if (at == count)
        return reading;
    reading.name = words[at];
    const char *name = base_name(words[at]);
    for (size_t i = 0; i < countof(known); i++)
        if (!strcmp(known[i].name, name))
            reading.shell = &known[i];
    bool value = false;
    for (at++; reading.shell && at < count; at++) {
        reading.options &= value || is_option(words[at]);
        reading.line = !value && takes_line(words[at], reading.shell);
        if (reading.line && at + 1 < count)
            reading.options = false;
        value = !value && is_option(words[at]) && is_valued(words[at], reading.shell);
    }
    return reading;
}

enum template_use shell_use(const char *const *words, size_t count)
{
    struct shell_reading reading = read_words(words, count);
    return reading.shell && reading.options && reading.line ? reading.shell->use : TEMPLATE_OTHER;
}

const char *shell_without_line(const char *const *words, size_t count)
{
    struct shell_reading reading = read_words(words, count);
    return reading.shell && reading.options && !reading.line ? reading.name : NULL;
}
