/* What a probe looks at, and the checks that need the whole process. */
#ifndef SCENARIO_BIND_PROBE_H
#define SCENARIO_BIND_PROBE_H

#include <stdbool.h>

struct loader;
struct process_spec;

/* Where a service answers. */
struct probe_address {
    char host[256];   /* a name or a number, without brackets */
    char port[8];     /* digits */
    const char *path; /* of a URL: what follows the port, perhaps empty; within the text given */
};

/* "8080", ":8080", "HOST:8080", "[::1]:8080"; false for anything else. */
bool probe_parse_tcp(const char *text, struct probe_address *address);

/* "http://HOST[:PORT][/PATH]"; false for anything else. */
bool probe_parse_url(const char *text, struct probe_address *address);

/* Reports probes that this process can never pass. */
void probe_check(struct loader *loader, const struct process_spec *process);

#endif
