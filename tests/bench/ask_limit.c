/* The least that questions and answers can take: ask_limit COUNT PROGRAM: a line to it, a line back. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *start(char *program, FILE **answers)
{
    int to[2], from[2];
    if (pipe(to) || pipe(from))
        exit(1);
    if (!fork()) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[1]);
        close(from[0]);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    *answers = fdopen(from[0], "r");
    return fdopen(to[1], "w");
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 2;
    FILE *answers, *questions = start(arguments[2], &answers);
    char line[64];
    for (int i = 1; i <= atoi(arguments[1]); i++) {
        fprintf(questions, "%d\n", i);
        fflush(questions);
        if (!fgets(line, sizeof(line), answers))
            return 1;
        fputs(line, stdout);
    }
    fclose(questions);
    return wait(NULL) < 0;
}
