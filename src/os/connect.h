/* Whether somebody answers at an address of this machine at this moment. */
#ifndef OS_CONNECT_H
#define OS_CONNECT_H

#include <stdbool.h>

/* True where a connection to PORT (digits) at HOST is accepted; false for hosts but localhost and the numbers of the
 * loopback device, as another machine may take its time. */
bool answer_at_port(const char *host, const char *port);

/* The same for the socket at PATH. */
bool answer_at_path(const char *path);

#endif
