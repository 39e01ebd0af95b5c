/* Parrun as a service of systemd: it says when it is up, what it does, and that it lives. */
#ifndef CLI_RUNNER_SYSTEMD_SERVICE_H
#define CLI_RUNNER_SYSTEMD_SERVICE_H

struct run;
struct service;

/*
 * For a run whose objects are made. NULL where nobody asked for it (no NOTIFY_SOCKET). Takes the
 * variables of the protocol out of the environment, so that no child answers in parrun's place.
 */
struct service *service_new(struct run *run);

/* The run is over: tells so, and frees. NULL is accepted. */
void service_free(struct service *service);

#endif
