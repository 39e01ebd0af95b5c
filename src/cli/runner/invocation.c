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

/* How many words, from word NUMBER on, name the record, 0 where it is another: a record is of one run, so that a later one cannot have its file. */
static int record_words(const struct options *options, int number)
{
    const char *file = options->files.record, *word = options->argv[number];
    if (!file)
        return 0;
    if (number + 1 < options->argc && file == options->argv[number + 1])
        return 2;
    return file > word && file <= word + strlen(word) ? 1 : 0;
}

void invocation_fill(struct invocation *invocation, struct invocation_text *text,
                     const struct options *options)
{
    const char *program = options->argv[0];
    shell_quote(&text->program, program, strlen(program));
    /* The word stands first, before what is added. */
    buf_printf(&text->program, " %s", options->command ? options->command->word : "run");
    for (int i = 1; i < options->argc; i++) {
        int words = record_words(options, i);
        if (words)
            i += words - 1;
        else if (i != options->word_at)
            put_word(&text->arguments, options->argv[i]);
    }
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
