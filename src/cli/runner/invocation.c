/* The command line as words for a shell. */
#include "cli/runner/invocation.h"

#include <string.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "engine/run.h"

static void put_word(struct buf *out, const char *word)
{
    buf_char(out, ' ');
    shell_quote(out, word, strlen(word));
}

void invocation_fill(struct invocation *invocation, struct invocation_text *text,
                     const struct options *options)
{
    const char *program = options->argv[0];
    shell_quote(&text->program, program, strlen(program));
    /* The word stands first, before what is added. */
    buf_printf(&text->program, " %s", options->command ? options->command->word : "run");
    for (int i = 1; i < options->argc; i++)
        if (i != options->word_at)
            put_word(&text->arguments, options->argv[i]);
    put_word(&text->operands, options->file);
    for (size_t i = 0; i < options->overrides.count; i++)
        put_word(&text->operands, options->overrides.items[i]);
    *invocation = (struct invocation){
        .program = buf_string(&text->program),
        .arguments = buf_string(&text->arguments),
        .operands = buf_string(&text->operands),
        .journal = options->files.journal != NULL,
        .resumes = options->select.resume != RESUME_NONE,
    };
}

void invocation_release(struct invocation_text *text)
{
    buf_release(&text->program);
    buf_release(&text->arguments);
    buf_release(&text->operands);
}
