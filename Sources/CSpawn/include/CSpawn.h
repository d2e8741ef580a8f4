// What Swift cannot say itself: file actions, signal sets, descriptors by system call, wait statuses.
#pragma once
#include <stddef.h>
#include <sys/types.h>

// Starts `path` with exactly these arguments and variables, in a process group of its own and in "/". `input` becomes its standard
// input, `output` its standard output and error; it inherits nothing else that is open, and no signal is ignored or blocked.
// Returns 0, or the errno of what failed, exec included; then there is no child.
int child_spawn(
    pid_t *child, const char *path, char *const arguments[], char *const environment[], int input, int output);

// A descriptor above 2 that becomes readable when the child ends; -1 with errno set.
int child_pidfd(pid_t child);

// Whether the child can be reaped without waiting; also when there is no such child.
int child_has_ended(pid_t child);

// Reaps the child, waiting for its end. Returns 0 and sets one of the two, or the errno.
int child_reap(pid_t child, int *exit_status, int *signal);

// A descriptor that becomes readable when 8 bytes, an integer above 0, are written to it; -1 with errno set. Closed on exec.
int child_bell(void);

// Both ends of a pipe, closed on exec, none of them 0, 1 or 2. Returns 0, or -1 with errno set.
int child_pipe(int ends[2]);

// Names the calling thread "child program", for whoever lists threads.
void child_name_thread(void);

// A file in memory with these bytes, to be read from its beginning; closed on exec, none of 0, 1 and 2. -1 with errno set.
int child_input(const void *bytes, size_t count);
