/* A terminal that is no device: what one side writes, a program on the other side sees as typed. */
#ifndef OS_PTY_H
#define OS_PTY_H

struct error;

/*
 * Opens one of the size of the run's own terminal, or of 24 lines of 80 columns: ENDS[0] for the
 * runner, which reads EIO once nobody has the other open any more, ENDS[1] for the program. Its
 * lines end with a newline alone. 0, or a negative code with ERROR filled and nothing open.
 */
int pty_open(int ends[2], struct error *error);

/* The run's own terminal may have another size: gives it to the one whose runner's end is FD. */
void pty_resize(int fd);

/* The size of the one whose runner's end is FD, and another for it; one of 0 leaves it as it is. */
void pty_size(int fd, int *rows, int *columns);
void pty_set_size(int fd, int rows, int columns);

/* Makes the terminal at FD that of this session, which this process leads. 0, or -1 with errno. Safe
 * before exec. */
int pty_control(int fd);

#endif
