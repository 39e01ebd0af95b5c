/* The limit of the thread bench: COUNT threads started and joined, one after another. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *body(void *arg)
{
    return arg;
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 5000;

    for (long i = 0; i < count; i++) {
        pthread_t thread;
        int failed = pthread_create(&thread, NULL, body, NULL);
        if (failed) {
            fprintf(stderr, "pthread_create: %s\n", strerror(failed));
            return 1;
        }
        pthread_join(thread, NULL);
    }
    return 0;
}
