#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <features.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

// Ignoring SIGCHLD is inherited from whoever started us, and loses every exit status.
static void keep_exit_statuses(void) {
    struct sigaction current;
    if (sigaction(SIGCHLD, NULL, &current) != 0) return;
    if (current.sa_handler != SIG_IGN && !(current.sa_flags & SA_NOCLDWAIT)) return;
    if (current.sa_handler == SIG_IGN) current.sa_handler = SIG_DFL;
    current.sa_flags &= ~SA_NOCLDWAIT;
    sigaction(SIGCHLD, &current, NULL);
}

static int describe_files(posix_spawn_file_actions_t *actions, int input, int output) {
    int error = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
#if __GLIBC_PREREQ(2, 34)
    // Ours are all closed on exec; libraries may be less careful.
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#endif
    if (!error) error = posix_spawn_file_actions_addchdir_np(actions, "/");
    return error;
}

static int describe_process(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error) error = posix_spawnattr_setpgroup(attributes, 0);
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (!error) error = posix_spawnattr_setflags(attributes, flags);
    return error;
}

int child_spawn(
    pid_t *child, const char *path, char *const arguments[], char *const environment[], int input, int output) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    posix_spawnattr_t attributes;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        error = describe_files(&actions, input, output);
        if (!error) error = describe_process(&attributes);
        if (!error) keep_exit_statuses();
        if (!error) error = posix_spawn(child, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int child_has_ended(pid_t child) {
    siginfo_t info;
    info.si_pid = 0;  // stays 0 while the child runs
    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

int child_reap(pid_t child, int *exit_status, int *signal) {
    int status;
    pid_t reaped;
    do reaped = waitpid(child, &status, 0);
    while (reaped < 0 && errno == EINTR);
    if (reaped < 0) return errno;
    *exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return 0;
}

// When the standard descriptors are closed the next ones get their numbers, and whoever logs writes into them.
static int above_standard(int descriptor) {
    if (descriptor < 0 || descriptor > STDERR_FILENO) return descriptor;
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int error = errno;
    close(descriptor);
    errno = error;
    return copy;
}

// A process descriptor is closed on exec by definition.
int child_pidfd(pid_t child) { return above_standard((int)syscall(SYS_pidfd_open, child, 0)); }

int child_bell(void) { return above_standard(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int child_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    for (int end = 0; end < 2; end++) {
        ends[end] = above_standard(ends[end]);
        if (ends[end] >= 0) continue;
        int error = errno;
        close(ends[1 - end]);
        errno = error;
        return -1;
    }
    return 0;
}

int child_input(const void *bytes, size_t count) {
    int file = above_standard(memfd_create("message", MFD_CLOEXEC));
    if (file < 0) return -1;
    for (const char *rest = bytes; count > 0;) {
        ssize_t written = write(file, rest, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            int error = errno;
            close(file);
            errno = error;
            return -1;
        }
        rest += written;
        count -= (size_t)written;
    }
    if (lseek(file, 0, SEEK_SET) == 0) return file;
    close(file);
    return -1;
}

void child_name_thread(void) { pthread_setname_np(pthread_self(), "child program"); }
