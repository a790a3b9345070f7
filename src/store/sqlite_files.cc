#include "src/store/sqlite_files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"

namespace muster::store {
namespace {

constexpr mode_t kMode = 0600;
constexpr int kRetryMillis = 20;
constexpr std::string_view kMagic = "SQLite";  // of the 16 bytes that each database begins with
constexpr const char* kLogs[] = {"-wal", "-shm", "-journal"};

const char* RemedyOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return "; make its folder, or name another file";
    case EACCES:
    case EPERM:
      return "; let this agent's user write to its folder, or name another file";
    case EROFS:
      return "; name a file on a disk that can be written";
    case ENOSPC:
    case EDQUOT:
      return "; make room on its disk";
    case ELOOP:
      return "; remove that symbolic link, which no agent has made";
    default:
      return "";
  }
}

absl::Status Failure(std::string_view what, const std::string& path, int error) {
  const std::string text =
      absl::StrCat("cannot ", ToAbsl(what), " ", path, ": ", std::strerror(error), RemedyOf(error));
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(text);
    case EROFS:
      return absl::FailedPreconditionError(text);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

std::string DamagedName(const std::string& path, int number) {
  return absl::StrCat(path, ".damaged-", number);
}

// What is not there need not be moved.
absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return Failure("rename", from, errno);
}

// The logs first: a file without its logs is still known to be damaged, but logs without their
// file would be taken for those of the next one.
absl::Status RenameAll(const std::string& from, const std::string& to) {
  for (const char* log : kLogs) MUSTER_RETURN_IF_ERROR(Rename(from + log, to + log));
  return Rename(from, to);
}

void RemoveLogs(const std::string& path) {
  for (const char* log : kLogs) unlink((path + log).c_str());
}

}  // namespace

absl::StatusOr<SqliteFileLock> SqliteFileLock::Take(const std::string& path) {
  const std::string name = path + ".lock";
  const int fd = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (fd < 0) return Failure("create", name, errno);
  SqliteFileLock lock(fd);
  for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += kRetryMillis) {
    if (errno != EWOULDBLOCK && errno != EINTR) return Failure("lock", name, errno);
    if (waited >= kWaitMillis) {
      return absl::UnavailableError(
          absl::StrCat("cannot use ", path, ": another process holds ", name));
    }
    poll(nullptr, 0, kRetryMillis);
  }
  return lock;
}

SqliteFileLock::SqliteFileLock(SqliteFileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

SqliteFileLock::~SqliteFileLock() {
  if (fd_ >= 0) close(fd_);
}

absl::Status CheckSqlitePath(const std::string& path) {
  for (const std::string_view end : {".db", ".sqlite", ".sqlite3"}) {
    if (std::string_view(path).ends_with(end)) return absl::OkStatus();
  }
  struct stat info {};
  if (lstat((path + ".lock").c_str(), &info) == 0) return absl::OkStatus();
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return absl::OkStatus();  // whatever it is, opening it as a database says more
  char head[kMagic.size()];
  const ssize_t bytes = read(fd, head, sizeof head);
  close(fd);
  if (bytes <= 0 || std::string_view(head, static_cast<size_t>(bytes)) == kMagic) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("cannot use ", path, ": it is no SQLite database; name another file"));
}

absl::Status CreateSqliteFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (fd >= 0) {
    // Nobody else can have it open: closing it takes no lock of another connection away, as it
    // would for a file that was there.
    fchmod(fd, kMode);
    close(fd);
    RemoveLogs(path);
    return absl::OkStatus();
  }
  if (errno != EEXIST) return Failure("create", path, errno);
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return Failure("read", path, errno);
  if (S_ISREG(info.st_mode)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("cannot use ", path, ": it is a folder or a device; name a file"));
}

absl::StatusOr<std::string> MoveAsideSqliteFile(const std::string& path) {
  const std::string oldest = DamagedName(path, kDamagedKept);
  unlink(oldest.c_str());
  RemoveLogs(oldest);
  for (int number = kDamagedKept - 1; number >= 1; --number) {
    MUSTER_RETURN_IF_ERROR(RenameAll(DamagedName(path, number), DamagedName(path, number + 1)));
  }
  const std::string name = DamagedName(path, 1);
  MUSTER_RETURN_IF_ERROR(RenameAll(path, name));
  return name;
}

}  // namespace muster::store
