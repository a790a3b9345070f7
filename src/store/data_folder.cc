#include "src/store/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace muster::store {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kParentMode = 0755;

absl::Status Failure(const std::string& what, const std::string& path, int error) {
  const std::string text =
      absl::StrCat("cannot ", what, " the data folder ", path, "\n", std::strerror(error), "\n",
                   "choose a folder that this user may write with --data-dir DIR");
  if (error == EACCES || error == EPERM || error == EROFS) return absl::PermissionDeniedError(text);
  return absl::UnavailableError(text);
}

// Whether nobody else keeps anything in the folder: it is empty or was an agent's before. The mode
// of any other folder (think of /tmp) is not for us to change; our files in it are closed anyway.
bool IsOurs(const std::string& path) {
  if (access((path + "/lock").c_str(), F_OK) == 0) return true;
  std::error_code error;
  return std::filesystem::is_empty(path, error) && !error;
}

// Creates `path` and its parents. A folder that exists already is fine.
absl::Status MakeFolder(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (mkdir(parent.c_str(), kParentMode) != 0 && errno != EEXIST) {
      return Failure("create", path, errno);
    }
  }
  if (mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return Failure("create", path, errno);
  }
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return Failure("read", path, errno);
  if (!S_ISDIR(info.st_mode)) return Failure("use", path, ENOTDIR);
  if ((info.st_mode & 0777) != kFolderMode && IsOurs(path) &&
      chmod(path.c_str(), kFolderMode) != 0) {
    return Failure("close to others", path, errno);
  }
  return absl::OkStatus();
}

std::string Holder(int fd) {
  char text[32] = "";
  const ssize_t size = pread(fd, text, sizeof text - 1, 0);
  int pid = 0;
  if (size <= 0 || !absl::SimpleAtoi(text, &pid)) return "another process";
  return absl::StrCat("process ", pid);
}

}  // namespace

absl::StatusOr<DataFolder> DataFolder::Open(const std::string& path) {
  if (path.empty() || path.front() != '/') {
    return absl::InvalidArgumentError(
        absl::StrCat("data folder '", path, "' is not an absolute path"));
  }
  if (const absl::Status made = MakeFolder(path); !made.ok()) return made;
  const std::string lock_path = path + "/lock";
  const int fd = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Failure("lock", path, errno);
  DataFolder folder(path, fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) return Failure("lock", path, error);
    return absl::AlreadyExistsError(
        absl::StrCat("the data folder ", path, " is in use\n", Holder(fd),
                     " holds it; two agents cannot share an identity\n",
                     "stop that one, or give this one its own with --data-dir DIR"));
  }
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return Failure("lock", path, errno);
  }
  return folder;
}

DataFolder::DataFolder(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

DataFolder& DataFolder::operator=(DataFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_fd_, other.lock_fd_);
  return *this;
}

DataFolder::~DataFolder() {
  if (lock_fd_ >= 0) close(lock_fd_);
}

absl::Status DataFolder::AdmitGroup(uint32_t group_id) const {
  if (chown(path_.c_str(), static_cast<uid_t>(-1), group_id) != 0 ||
      chmod(path_.c_str(), 0710) != 0) {
    return Failure("open to the socket's group", path_, errno);
  }
  return absl::OkStatus();
}

}  // namespace muster::store
