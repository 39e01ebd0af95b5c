/* A descriptor that is watched for something to read. */
#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

struct loop;
struct watch;

/* Calls FUNCTION(ARG) whenever FD, which it owns from now on, can be read. */
struct watch *watch_new(struct loop *loop, int fd, void (*function)(void *arg), void *arg);

/* Lets what comes wait until watch_resume(). */
void watch_pause(struct watch *watch);
void watch_resume(struct watch *watch);

/* Closes FD and frees. NULL is accepted. */
void watch_free(struct watch *watch);

#endif
