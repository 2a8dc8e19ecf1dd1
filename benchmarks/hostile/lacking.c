/* System calls that fail, as on file systems that lack them. file_systems.py. */
#include <errno.h>
#include <sys/stat.h>

static int fail(int number) {
  errno = number;
  return -1;
}

#ifdef LACKS_LINK
int link(const char *from, const char *to) { return fail(EPERM); }
int linkat(int a, const char *from, int b, const char *to, int flags) { return fail(EPERM); }
#endif
#ifdef LACKS_SYMLINK
int symlink(const char *from, const char *to) { return fail(EPERM); }
int symlinkat(const char *from, int a, const char *to) { return fail(EPERM); }
#endif
#ifdef LACKS_FLOCK
int flock(int file, int operation) { return fail(ENOSYS); }
#endif
#ifdef LACKS_CHMOD
int chmod(const char *path, mode_t mode) { return fail(EPERM); }
int fchmod(int file, mode_t mode) { return fail(EPERM); }
int fchmodat(int a, const char *path, mode_t mode, int flags) { return fail(EPERM); }
#endif
