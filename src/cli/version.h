/* The version of the program; the Makefile reads it for its packages. */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#define PARRUN_VERSION "0.2.0"

#endif
