/*
 * A library to be loaded before the C library (LD_PRELOAD): it counts the durable steps of a
 * process and does harm at the step that it is told to.
 *
 * In: the environment of the process.
 *   FAULT_FOLDER  only files and folders in this folder count; an absolute path
 *   FAULT_STEP    the step, from 1, at which to act; 0 or absent for never
 *   FAULT_ACTION  kill         SIGKILL before the step
 *                 kill-amid    write half of the bytes, then SIGKILL (as kill where none are written)
 *                 full         from the step on nothing grows: ENOSPC
 *                 folders      from the step on no name is made, moved or removed: EACCES
 *                 system       from the step on nothing at all is changed: EROFS
 *                 pause        SIGSTOP before the step; somebody sends SIGCONT
 *   FAULT_TRACE   a file, outside the folder; without an action every step is written there as
 *                 `number operation path end`, with one only the step that the action fell on
 * Out: the calls as the C library does them, or failed ones.
 *
 * A step is a call that changes what is on the disk or brings it there: write, pwrite, writev,
 * ftruncate, fsync, rename, link, unlink, mkdir, rmdir, and opening a file that is not there yet.
 * Calls through memory maps are not seen. Thread-safe: the count is one atomic number.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum action { NONE, KILL, KILL_AMID, FULL, FOLDERS, SYSTEM, PAUSE };
enum nature { GROWS, SYNCS, NAMES };

static const char *const ACTIONS[] = {"", "kill", "kill-amid", "full", "folders", "system", "pause"};

static char folder[PATH_MAX];
static size_t folder_length;
static unsigned long when;
static enum action action;
static int trace = -1;
static atomic_ulong steps;

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("FAULT_FOLDER");
    if (text == NULL || realpath(text, folder) == NULL)
        return;
    folder_length = strlen(folder);
    text = getenv("FAULT_STEP");
    when = text == NULL ? 0 : strtoul(text, NULL, 10);
    text = getenv("FAULT_ACTION");
    for (int known = KILL; text != NULL && known <= PAUSE; known++)
        if (strcmp(text, ACTIONS[known]) == 0)
            action = known;
    text = getenv("FAULT_TRACE");
    if (text != NULL)
        trace = open(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

static int is_within(const char *path)
{
    return folder_length > 0 && strncmp(path, folder, folder_length) == 0
        && (path[folder_length] == '/' || path[folder_length] == '\0');
}

/* The absolute path of an open file or folder; false where it is none. */
static int path_of(int file, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* The absolute path of a name beside an open folder. */
static int path_at(int beside, const char *name, char *path)
{
    char base[PATH_MAX];
    if (name[0] == '/')
        return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX;
    if (beside == AT_FDCWD ? getcwd(base, sizeof base) == NULL : !path_of(beside, base))
        return 0;
    return snprintf(path, PATH_MAX, "%s/%s", base, name) < PATH_MAX;
}

static void tell(unsigned long step, const char *operation, const char *path, long end)
{
    char line[PATH_MAX + 64];
    const char *within = path[folder_length] == '/' ? path + folder_length + 1 : ".";
    int length = snprintf(line, sizeof line, "%lu %s %s %ld\n", step, operation, within, end);
    if (trace >= 0 && length > 0)
        syscall(SYS_write, trace, line, (size_t)length);
}

/* Whether the call may go on; otherwise errno says why not. `half` asks for half a write first. */
static int may(const char *operation, enum nature nature, const char *path, long end, int *half)
{
    if (!is_within(path))
        return 1;
    unsigned long step = atomic_fetch_add(&steps, 1) + 1;
    if (action == NONE || step == when)
        tell(step, operation, path, end);
    if (action == NONE || when == 0 || step < when)
        return 1;
    if (step == when && action == PAUSE)
        raise(SIGSTOP);
    if (step == when && action == KILL_AMID && half != NULL)
        *half = 1;
    else if (step == when && (action == KILL || action == KILL_AMID))
        kill(getpid(), SIGKILL);
    if (action == FULL && nature == GROWS)
        return errno = ENOSPC, 0;
    if (action == FOLDERS && nature == NAMES)
        return errno = EACCES, 0;
    if (action == SYSTEM && nature != SYNCS)
        return errno = EROFS, 0;
    return 1;
}

static int may_file(const char *operation, enum nature nature, int file, long end, int *half)
{
    char path[PATH_MAX];
    return folder_length == 0 || !path_of(file, path) || may(operation, nature, path, end, half);
}

static int may_name(const char *operation, enum nature nature, int beside, const char *name)
{
    char path[PATH_MAX];
    return folder_length == 0 || !path_at(beside, name, path)
        || may(operation, nature, path, 0, NULL);
}

#define NEXT(name) \
    static __typeof__(name) *next_##name; \
    if (next_##name == NULL) \
        next_##name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *bytes, size_t count)
{
    NEXT(write);
    int half = 0;
    if (!may_file("write", GROWS, file, (long)count, &half))
        return -1;
    ssize_t written = next_write(file, bytes, half ? count / 2 : count);
    if (half)
        kill(getpid(), SIGKILL);
    return written;
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    NEXT(writev);
    int half = 0;
    if (!may_file("writev", GROWS, file, 0, &half))
        return -1;
    ssize_t written = next_writev(file, parts, half ? (count + 1) / 2 : count);
    if (half)
        kill(getpid(), SIGKILL);
    return written;
}

static ssize_t write_at(__typeof__(pwrite64) *next, int file, const void *bytes, size_t count,
                        off64_t offset)
{
    int half = 0;
    if (!may_file("pwrite", GROWS, file, (long)offset + (long)count, &half))
        return -1;
    ssize_t written = next(file, bytes, half ? count / 2 : count, offset);
    if (half)
        kill(getpid(), SIGKILL);
    return written;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset)
{
    NEXT(pwrite64);
    return write_at(next_pwrite64, file, bytes, count, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset)
{
    NEXT(pwrite64);
    return write_at(next_pwrite64, file, bytes, count, offset);
}

static int shorten(__typeof__(ftruncate64) *next, int file, off64_t length)
{
    struct stat state;
    int grows = fstat(file, &state) == 0 && length > state.st_size;
    /* A full disk still lets a file shrink; one that may not be written does not. */
    enum nature nature = grows || action == SYSTEM ? GROWS : SYNCS;
    if (!may_file("ftruncate", nature, file, (long)length, NULL))
        return -1;
    return next(file, length);
}

int ftruncate64(int file, off64_t length)
{
    NEXT(ftruncate64);
    return shorten(next_ftruncate64, file, length);
}

int ftruncate(int file, off_t length)
{
    NEXT(ftruncate64);
    return shorten(next_ftruncate64, file, length);
}

int fsync(int file)
{
    NEXT(fsync);
    return may_file("fsync", SYNCS, file, 0, NULL) ? next_fsync(file) : -1;
}

int fdatasync(int file)
{
    NEXT(fdatasync);
    return may_file("fdatasync", SYNCS, file, 0, NULL) ? next_fdatasync(file) : -1;
}

int rename(const char *from, const char *to)
{
    NEXT(rename);
    return may_name("rename", NAMES, AT_FDCWD, to) ? next_rename(from, to) : -1;
}

int renameat(int from_beside, const char *from, int to_beside, const char *to)
{
    NEXT(renameat);
    return may_name("rename", NAMES, to_beside, to)
        ? next_renameat(from_beside, from, to_beside, to)
        : -1;
}

int linkat(int from_beside, const char *from, int to_beside, const char *to, int flags)
{
    NEXT(linkat);
    return may_name("link", NAMES, to_beside, to)
        ? next_linkat(from_beside, from, to_beside, to, flags)
        : -1;
}

int unlink(const char *path)
{
    NEXT(unlink);
    return may_name("unlink", NAMES, AT_FDCWD, path) ? next_unlink(path) : -1;
}

int unlinkat(int beside, const char *name, int flags)
{
    NEXT(unlinkat);
    return may_name("unlink", NAMES, beside, name) ? next_unlinkat(beside, name, flags) : -1;
}

int rmdir(const char *path)
{
    NEXT(rmdir);
    return may_name("rmdir", NAMES, AT_FDCWD, path) ? next_rmdir(path) : -1;
}

/* A folder needs room and a name. */
int mkdir(const char *path, mode_t mode)
{
    NEXT(mkdir);
    enum nature nature = action == FULL ? GROWS : NAMES;
    return may_name("mkdir", nature, AT_FDCWD, path) ? next_mkdir(path, mode) : -1;
}

/* Opening is a step where it makes the file; to write to one that is there fails on a file system
 * that may not be written. */
static int may_open(int beside, const char *name, int flags)
{
    struct stat state;
    int is_new = (flags & O_CREAT) != 0 && fstatat(beside, name, &state, 0) != 0;
    int writes = (flags & O_ACCMODE) != O_RDONLY;
    if (folder_length == 0 || (flags & O_TMPFILE) == O_TMPFILE)
        return 1;
    if (is_new)
        return may_name("create", action == FULL ? GROWS : NAMES, beside, name);
    char path[PATH_MAX];
    if (writes && action == SYSTEM && when > 0 && atomic_load(&steps) >= when
        && path_at(beside, name, path) && is_within(path))
        return errno = EROFS, 0;
    return 1;
}

#define MODE_OF(flags, mode) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    NEXT(open);
    return may_open(AT_FDCWD, path, flags) ? next_open(path, flags, mode) : -1;
}

int open64(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    NEXT(open64);
    return may_open(AT_FDCWD, path, flags) ? next_open64(path, flags, mode) : -1;
}

int openat(int beside, const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    NEXT(openat);
    return may_open(beside, path, flags) ? next_openat(beside, path, flags, mode) : -1;
}

int openat64(int beside, const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    NEXT(openat64);
    return may_open(beside, path, flags) ? next_openat64(beside, path, flags, mode) : -1;
}
