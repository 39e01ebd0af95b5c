/*
 * A coprocess in C: how many steps a number takes to come to 1, where an even one is halved and an odd
 * one becomes 3n+1. Reads a number a line and answers with a line, until its input ends.
 *
 *     cc -O2 -o collatz collatz.c
 */
#include <stdio.h>
#include <stdlib.h>

static int steps_of(unsigned long long number)
{
    int steps = 0;
    while (number > 1) {
        number = number % 2 ? 3 * number + 1 : number / 2;
        steps++;
    }
    return steps;
}

int main(void)
{
    char line[64];
    while (fgets(line, sizeof(line), stdin)) {
        char *end;
        unsigned long long number = strtoull(line, &end, 10);
        if (end == line || *end != '\n')
            printf("no number\n");
        else
            printf("%d\n", steps_of(number));
        fflush(stdout); /* an answer that stays in a buffer is none */
    }
    return 0;
}
