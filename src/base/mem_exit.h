/* What is done where memory runs out, before the process ends (base/mem.h). */
#ifndef BASE_MEM_EXIT_H
#define BASE_MEM_EXIT_H

/* FUNCTION is called before that is told, as by a handler of signals: it allocates nothing. NULL: nothing is. */
void mem_before_exit(void (*function)(void));

#endif
