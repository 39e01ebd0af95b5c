/* Answers of a terminal. */
#include "os/pty_answer.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static const struct {
    const char *question;
    const char *answer;
} answers[] = {
    {"\033[6n", "\033[1;1R"},      /* where is the cursor? */
    {"\033[?6n", "\033[?1;1R"},
    {"\033[5n", "\033[0n"},        /* is all well? */
    {"\033[c", "\033[?1;2c"},      /* what are you? */
    {"\033[0c", "\033[?1;2c"},
    {"\033[>c", "\033[>0;0;0c"},   /* and of which version? */
    {"\033[>0c", "\033[>0;0;0c"},
};

/* Takes one byte; the answer where a question ends with it. */
static const char *take(struct pty_query *query, char byte)
{
    if (byte == '\033')
        query->length = 0;
    else if (!query->length)
        return NULL;
    query->text[query->length++] = byte;
    for (size_t i = 0; i < countof(answers); i++) {
        const char *question = answers[i].question;
        if (strncmp(question, query->text, query->length) != 0)
            continue;
        if (question[query->length])
            return NULL; /* it may become this one */
        query->length = 0;
        return answers[i].answer;
    }
    query->length = 0;
    return NULL;
}

void pty_answer(struct pty_query *query, int fd, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!query->length && bytes[i] != '\033') {
            const char *next = memchr(bytes + i, '\033', length - i);
            if (!next)
                return;
            i = (size_t)(next - bytes);
        }
        const char *answer = take(query, bytes[i]);
        ssize_t ignored = answer ? write(fd, answer, strlen(answer)) : 0;
        (void)ignored; /* a program that reads none of its answers gets no more of them */
    }
}
