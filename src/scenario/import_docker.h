/* A service of docker compose, and the options of docker run that its keys are. */
#ifndef SCENARIO_IMPORT_DOCKER_H
#define SCENARIO_IMPORT_DOCKER_H

#include "scenario/import_private.h"

struct service {
    struct import *import;
    const char *name; /* in the file */
    const struct node *map;
    struct draft draft;
    bool container;       /* it has an image, there or to be built: docker run runs it */
    bool relative;        /* an option names a path that is seen from the file */
    struct texts options; /* of docker run */
};

/*
 * Takes KEY as options of docker run; false where it is none of those that are options. What is
 * wrong is in the diagnostics.
 */
bool docker_take(struct service *service, const struct node *key, const struct node *value);

/* Adds the option --NAME=VALUE. */
void docker_option(struct service *service, const char *name, const char *value);

#endif
