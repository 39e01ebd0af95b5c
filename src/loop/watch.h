/* A descriptor that is watched for something to read. */
#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

struct loop;
struct watch;

/* Calls FUNCTION(ARG) whenever FD, which it owns from now on, can be read. */
struct watch *watch_new(struct loop *loop, int fd, void (*function)(void *arg), void *arg);

/* Closes FD and frees. NULL is accepted. */
void watch_free(struct watch *watch);

#endif
