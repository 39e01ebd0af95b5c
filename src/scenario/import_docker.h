/* A service of docker compose: the options of docker run and the keys of parrun that its keys are.
 */
#ifndef SCENARIO_IMPORT_DOCKER_H
#define SCENARIO_IMPORT_DOCKER_H

#include "scenario/import_private.h"

struct service {
    struct import *import;
    const char *name; /* in the file */
    const struct node *map;
    const struct node *all; /* the services */
    const char *project;    /* its name, or NULL */
    struct draft draft;
    bool container; /* it has an image, there or to be built: docker run runs it */
    bool relative;  /* an option names a path that is seen from the file */
    bool replicated;
    struct texts options; /* of docker run */
    struct buf limits;    /* what stands between the braces of 'limits' */
};

/*
 * Takes KEY as options of docker run; false where it is none of those that are options. What is
 * wrong is in the diagnostics.
 */
bool docker_take(struct service *service, const struct node *key, const struct node *value);

/* Keys that say how it runs, in a container or not. */
void service_depends(struct service *service, const struct node *value);
void service_deploy(struct service *service, const struct node *value);
void service_health(struct service *service, const struct node *value);
void service_replicas(struct service *service, const struct node *value);
void service_restart(struct service *service, const struct node *value);
void service_limits(struct service *service, const struct node *value);

/* What says how many there are of a service, NULL where nothing does. */
const struct node *service_replicas_node(const struct node *map);

/* Writes 'ready' where another service waits for it to be healthy; the other keys are read. */
void service_awaited(struct service *service);

/* A size of 'mem_limit' or below 'deploy'. */
void service_memory(struct service *service, const struct node *value);

/* The user of a service without a container. */
void service_user(struct service *service, const struct node *value);

/* Adds the option --NAME=VALUE. */
void docker_option(struct service *service, const char *name, const char *value);

#endif
