/* A disk that fails, for tests: preloaded into the program, it makes writes and syncs of files under FAULT_DIR fail.
 *
 * FAULT_FILE, read at each call, says how; without that file nothing fails:
 *   "ENOSPC" or "EIO"          every write (ENOSPC: that makes a file longer; EIO: and every sync) fails
 *   "EROFS"                    no file can be opened to be written
 *   "ENOSPC 17 3" or "EIO …"   only the 17th write or sync since the process began and the two behind it fail
 * On ENOSPC what overwrites is taken, and a file that was shortened gives its bytes to those that grow: FAULT_ROOM is how many
 * bytes are free when the process begins (0).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long n_calls, room;
static int room_known;

static int ours(int fd) {
  char name[64], path[PATH_MAX];
  const char *dir = getenv("FAULT_DIR");
  if (!dir || !*dir) return 0;
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(name, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return strncmp(path, dir, strlen(dir)) == 0;
}

/* The errno of this call, or 0. grows: bytes that the file becomes longer. is_sync: nothing is written. */
static int fault(int fd, long grows, int is_sync) {
  const char *file = getenv("FAULT_FILE");
  if (!file || !ours(fd)) return 0;
  int result = 0;
  pthread_mutex_lock(&lock);
  n_calls++;
  if (!room_known) {
    const char *given = getenv("FAULT_ROOM");
    room = given ? atol(given) : 0;
    room_known = 1;
  }
  static ssize_t (*real_read)(int, void *, size_t);
  if (!real_read) real_read = dlsym(RTLD_NEXT, "read");
  char text[64] = {0}, kind[16] = {0};
  long first = -1, n = 1;
  int how = open(file, O_RDONLY | O_CLOEXEC);
  if (how >= 0) {
    ssize_t got = real_read(how, text, sizeof text - 1);
    close(how);
    if (got > 0 && sscanf(text, "%15s %ld %ld", kind, &first, &n) >= 1) {
      int is_full = strcmp(kind, "ENOSPC") == 0;
      if (first >= 0) {
        if (n_calls >= first && n_calls < first + n) result = is_full ? ENOSPC : EIO;
      } else if (strcmp(kind, "EIO") == 0) {
        result = EIO;
      } else if (is_full && !is_sync && grows > 0) {
        if (grows > room) result = ENOSPC; else room -= grows;
      }
    }
  }
  pthread_mutex_unlock(&lock);
  return result;
}

static long growth(int fd, off_t end) {
  struct stat st;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return 0;
  return end > st.st_size ? end - st.st_size : 0;
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)
#define FAIL_IF(call) do { int e = (call); if (e) { errno = e; return -1; } } while (0)

ssize_t write(int fd, const void *data, size_t n) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (fd > 2 && ours(fd)) {
    off_t at = fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
    FAIL_IF(fault(fd, growth(fd, at + n), 0));
  }
  return real(fd, data, n);
}
ssize_t pwrite64(int fd, const void *data, size_t n, off_t at) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  FAIL_IF(fault(fd, growth(fd, at + n), 0));
  return real(fd, data, n, at);
}
ssize_t pwrite(int fd, const void *data, size_t n, off_t at) { return pwrite64(fd, data, n, at); }
int ftruncate64(int fd, off_t size) {
  REAL(int, "ftruncate64", int, off_t);
  struct stat st;
  if (ours(fd) && fstat(fd, &st) == 0) {
    if (size < st.st_size) {
      pthread_mutex_lock(&lock);
      room += st.st_size - size;
      pthread_mutex_unlock(&lock);
    } else FAIL_IF(fault(fd, size - st.st_size, 0));
  }
  return real(fd, size);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int fsync(int fd) {
  REAL(int, "fsync", int);
  FAIL_IF(fault(fd, 0, 1));
  return real(fd);
}
int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  FAIL_IF(fault(fd, 0, 1));
  return real(fd);
}
/* What opening a file means: its errno, or 0. One that is cut gives its bytes back. */
static int opening(const char *path, int flags) {
  const char *dir = getenv("FAULT_DIR"), *file = getenv("FAULT_FILE");
  struct stat st;
  if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && file && dir && *dir && strncmp(path, dir, strlen(dir)) == 0) {
    FILE *how = fopen(file, "r");
    char kind[16] = {0};
    int is_read_only = how && fscanf(how, "%15s", kind) == 1 && strcmp(kind, "EROFS") == 0;
    if (how) fclose(how);
    if (is_read_only) return EROFS;
  }
  if ((flags & O_TRUNC) && dir && *dir && strncmp(path, dir, strlen(dir)) == 0 && stat(path, &st) == 0) {
    pthread_mutex_lock(&lock);
    room += st.st_size;
    pthread_mutex_unlock(&lock);
  }
  return 0;
}
int open64(const char *path, int flags, ...) {
  REAL(int, "open64", const char *, int, ...);
  va_list list;
  va_start(list, flags);
  mode_t mode = va_arg(list, mode_t);
  va_end(list);
  FAIL_IF(opening(path, flags));
  return real(path, flags, mode);
}
