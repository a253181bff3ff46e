/* A disk that is watched and that fails: loaded in front of the C library of a test process.
 *
 * DISK_FOLDER   only files below it are watched
 * DISK_TRACE    every change of theirs is appended to this file
 * DISK_FAIL     "sync N", "full N", "short N": the N-th sync or write fails with EIO, ENOSPC, or
 *               writes only half and then fails
 *               "ro N": from the N-th write on the file system is read-only; N = 0: from the start
 *               "die N": the process is gone before the N-th write or sync, as by kill -9
 *
 * Trace: one record for each operation: kind (W write, T truncate, S sync, U unlink, A what the
 * process said on its output), length of the path (2 bytes), path, offset (8), length (4), data.
 * Little endian, as the machine is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int trace_fd = -2;
static long writes, syncs;

static void put(const void *bytes, size_t len) {
    if (syscall(SYS_write, trace_fd, bytes, len) != (long)len) _exit(99);
}

static void note(char kind, const char *path, uint64_t offset, const void *data, uint32_t len) {
    if (trace_fd == -2) {
        const char *name = getenv("DISK_TRACE");
        trace_fd = name ? (int)syscall(SYS_openat, AT_FDCWD, name,
                                       O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    }
    if (trace_fd < 0) return;
    uint16_t path_len = (uint16_t)strlen(path);
    put(&kind, 1), put(&path_len, 2), put(path, path_len);
    put(&offset, 8), put(&len, 4), put(data, len);
}

static int below(const char *path) {
    const char *folder = getenv("DISK_FOLDER");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

/* The path of a watched file, or nothing. */
static const char *watched(int fd) {
    static char path[4096];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (len <= 0) return NULL;
    path[len] = 0;
    if (!below(path)) return NULL;
    /* Shared memory and the lock are not durable state. */
    return strstr(path, "-shm") || strstr(path, ".lock") ? NULL : path;
}

/* True when this operation is the one that fails. */
static int fails(const char *how, long count) {
    const char *plan = getenv("DISK_FAIL");
    size_t len = strlen(how);
    return plan && strncmp(plan, how, len) == 0 && atol(plan + len) == count;
}

/* True when the file system became read-only before this write. */
static int read_only(void) {
    const char *plan = getenv("DISK_FAIL");
    return plan && strncmp(plan, "ro ", 3) == 0 && writes >= atol(plan + 3);
}

/* One more operation; it may be the one that the process does not live to see. */
static void count(long *kind) {
    ++*kind;
    if (fails("die ", writes + syncs)) kill(getpid(), SIGKILL);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset) {
    const char *path = watched(fd);
    if (path) {
        count(&writes);
        if (read_only()) return errno = EROFS, -1;
        if (fails("full ", writes)) return errno = ENOSPC, -1;
        if (fails("short ", writes)) {
            note('W', path, (uint64_t)offset, data, (uint32_t)(len / 2));
            syscall(SYS_pwrite64, fd, data, len / 2, offset);
            return errno = EIO, -1;
        }
        note('W', path, (uint64_t)offset, data, (uint32_t)len);
    }
    return syscall(SYS_pwrite64, fd, data, len, offset);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) {
    return pwrite64(fd, data, len, offset);
}

ssize_t write(int fd, const void *data, size_t len) {
    if (fd == 1) note('A', "", 0, data, (uint32_t)len);
    return syscall(SYS_write, fd, data, len);
}

int ftruncate64(int fd, off64_t size) {
    const char *path = watched(fd);
    if (path && read_only()) return errno = EROFS, -1;
    if (path) note('T', path, (uint64_t)size, "", 0);
    return (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int sync_as(long call, int fd) {
    const char *path = watched(fd);
    if (path) {
        count(&syncs);
        if (fails("sync ", syncs)) return errno = EIO, -1;
        note('S', path, 0, "", 0);
    }
    return (int)syscall(call, fd);
}

int fsync(int fd) { return sync_as(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_as(SYS_fdatasync, fd); }

int unlink(const char *path) {
    if (below(path) && read_only()) return errno = EROFS, -1;
    if (below(path)) note('U', path, 0, "", 0);
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
    va_end(rest);
    if (below(path) && (flags & O_ACCMODE) != O_RDONLY && read_only()) return errno = EROFS, -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
    va_end(rest);
    return open64(path, flags, mode);
}
