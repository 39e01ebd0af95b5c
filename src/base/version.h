/* The version of the program; the Makefile reads it for its packages. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define PARRUN_VERSION "0.2.0"

#endif
