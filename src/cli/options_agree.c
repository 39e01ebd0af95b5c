/* Which options go with what, as their table says. */
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/options_private.h"

/* "--get QUEUE, --put QUEUE or --queue FILE" */
static void put_modes(struct buf *out, unsigned modes)
{
    const struct option *option;
    if (modes & MODE_BIT(MODE_RUN))
        buf_text(out, "a run, or --dry-run");
    if (modes & MODE_BIT(MODE_GRAPH))
        buf_text(out, "graph FILE");
    for (size_t i = 0; (option = option_at(i)); i++) {
        if (!option->mode || !(modes & MODE_BIT(option->mode)))
            continue;
        modes &= ~MODE_BIT(option->mode);
        buf_printf(out, "%s--%s %s",
                   !out->length ? ""
                   : modes      ? ", "
                                : " or ",
                   option->name, option->argument);
    }
}

static int check_mode(const struct option *option, enum mode mode, struct error *error)
{
    struct buf modes = {0};
    if (!option->modes || option->modes & MODE_BIT(mode))
        return 0;
    put_modes(&modes, option->modes);
    error_set(error, ERROR_FAILED, "--%s goes with %s", option->name, modes.data);
    buf_release(&modes);
    return ERROR_FAILED;
}

/* A word says already what is done. */
static int check_command(const struct option *option, const struct command *command,
                         struct error *error)
{
    bool asks = option->mode != MODE_RUN || !strcmp(option->name, "graph");
    if (!command || !asks)
        return 0;
    return error_set(error, ERROR_FAILED, "--%s is no option of '%s', see parrun help %s", option->name,
                     command->word, command->word);
}

static int check_need(const struct option *option, const struct options *options,
                      struct error *error)
{
    const struct option *needed =
        option->needs ? option_find(option->needs, strlen(option->needs)) : NULL;
    if (!needed || option_is_given(needed, options))
        return 0;
    return error_set(error, ERROR_FAILED, "--%s needs --%s%s%s: %s", option->name, needed->name,
                     needed->argument ? " " : "", needed->argument ? needed->argument : "",
                     needed->help);
}

int options_agree(const struct options *options, struct error *error)
{
    const struct option *option;
    int result = 0;
    if (options->mode == MODE_HELP || options->mode == MODE_VERSION)
        return 0;
    for (size_t i = 0; !result && (option = option_at(i)); i++) {
        if (!option_is_given(option, options))
            continue;
        result = check_command(option, options->command, error);
        if (!result)
            result = check_mode(option, options->mode, error);
        if (!result)
            result = check_need(option, options, error);
    }
    return result;
}
