/* A service of docker compose: the options of docker run and the keys of parrun that its keys are.
 */
#ifndef IMPORT_COMPOSE_DOCKER_H
#define IMPORT_COMPOSE_DOCKER_H

#include "import/private.h"

struct compose_service {
    struct draft draft; /* the first member, for draft_take_*() */
    struct import *import;
    const char *name; /* in the file */
    const struct node *root;
    const struct node *map;
    const struct node *all; /* the services */
    bool container; /* it has an image, there or to be built: docker run runs it */
    bool relative;  /* an option names a path that is seen from the file */
    bool replicated;
    struct texts options; /* of docker run */
    struct texts after;   /* services that it needs without a word in depends_on */
    struct buf limits;    /* what stands between the braces of 'limits' */
};

/* The keys that are options of docker run, and those that say how a service runs anywhere. */
extern const struct key_rows docker_rows;
extern const struct key_rows service_rows;

/* Adds the option --NAME=VALUE, once. */
void docker_option(struct compose_service *service, const char *name, const char *value);

/* What docker knows the container of service NAME by; NULL, with an error, where there is none. */
const char *docker_container(struct compose_service *service, const struct node *place,
                             const char *name);

/* True where an option of another service names the container of this one. */
bool docker_is_named(const struct compose_service *service);

/* A comment with the line of docker build that makes the image. */
void docker_build(void *object, const struct key_row *row, const struct node *value);

/* Writes 'depends_on', 'limits', and 'ready' where another waits for it to be healthy. */
void service_finish(struct compose_service *service);

#endif
