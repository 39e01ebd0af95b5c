/* A service of docker compose: the options of docker run and the keys of parrun that its keys are. */
#ifndef IMPORT_COMPOSE_H
#define IMPORT_COMPOSE_H

#include "import/private.h"

/* The keys that are options of docker run, and those that say how a service runs anywhere. */
extern const struct key_row docker_rows[];
extern const struct key_row service_rows[];

/* Adds the option --NAME=VALUE, once. */
void docker_option(struct import *import, const char *name, const char *value);

/* What docker knows the container of service NAME by; NULL, with an error, where there is none. */
const char *docker_container(struct import *import, const struct node *place, const char *name);

/* True where an option of another service names the container of this one. */
bool docker_is_named(const struct import *import);

/* A comment with the line of docker build that makes the image. */
void docker_build(struct import *import, const struct node *value);

/* The command of a healthcheck; false, with an error, where it is wrong. */
bool service_test(struct import *import, const struct node *test, struct texts *words);

bool service_tells_ready(const struct node *service);
bool service_is_off(const struct node *service);

/* True where it runs in a container: it has an image, there or to be built. */
bool service_is_container(const struct node *service);

/* Writes 'depends_on', 'limits', and 'ready' where another waits for it to be healthy. */
void service_finish(struct import *import);

#endif
