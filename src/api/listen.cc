#include "src/api/listen.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/runtime/sockaddr.h"

namespace muster::api {
namespace {

constexpr int kBacklog = 128;

absl::Status SystemError(int error, const std::string& what) {
  const std::string text = absl::StrCat(what, "\n", std::strerror(error),
                                        "\ncheck the path, or choose another with --socket PATH");
  switch (error) {
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(text);
    case EADDRINUSE:
      return absl::AlreadyExistsError(text);
    case EADDRNOTAVAIL:
    case ENOENT:
    case ENOTDIR:
      return absl::InvalidArgumentError(text);
    default:
      return absl::UnavailableError(text);
  }
}

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

// Closes a descriptor at the end of its scope, unless it was taken out.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  int Take() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// Makes room for our socket file: only a socket on which nobody answers is removed.
absl::Status RemoveStale(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "cannot create the socket ", path, "\na file that is no socket has that name\n",
        "remove it, or choose another with --socket PATH"));
  }
  const Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = UnixAddress(path);
  const int connected =
      connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (connected == 0 || errno == EAGAIN) {
    return absl::AlreadyExistsError(
        absl::StrCat("cannot create the socket ", path, "\nanother agent answers on it\n",
                     "stop that one, or choose another with --socket PATH"));
  }
  if (errno != ECONNREFUSED)
    return SystemError(errno, absl::StrCat("cannot look at the socket ", path));
  unlink(path.c_str());
  return absl::OkStatus();
}

absl::StatusOr<gid_t> FindGroup(const std::string& name) {
  uint32_t number = 0;
  if (absl::SimpleAtoi(name, &number)) return static_cast<gid_t>(number);
  std::vector<char> room(16 * 1024);
  group entry{};
  group* found = nullptr;
  if (getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found) != 0 || found == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no group '", name, "' on this host\n\ncheck --socket-group"));
  }
  return found->gr_gid;
}

}  // namespace

const size_t UnixListener::kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

UnixListener::UnixListener(UnixListener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::exchange(other.path_, "")),
      device_(other.device_),
      inode_(other.inode_) {}

UnixListener::~UnixListener() {
  if (fd_ >= 0) close(fd_);
  RemoveFile();
}

absl::StatusOr<UnixListener> UnixListener::Open(const std::string& path, const std::string& group) {
  if (path.size() > kPathBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the path ", path, " is too long\nit has ", path.size(), " bytes; a unix socket takes ",
        kPathBytesMax, "\nchoose a shorter one with --socket PATH"));
  }
  gid_t gid = static_cast<gid_t>(-1);
  if (!group.empty()) {
    const absl::StatusOr<gid_t> found = FindGroup(group);
    if (!found.ok()) return found.status();
    gid = *found;
  }
  if (absl::Status stale = RemoveStale(path); !stale.ok()) return stale;
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = UnixAddress(path);
  const std::string what = absl::StrCat("cannot create the socket ", path);
  // The mask makes the file private from its first moment; opening it to the group comes after.
  const mode_t mask = umask(0177);
  const int bound = bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = errno;
  umask(mask);
  if (bound != 0) return SystemError(error, what);

  UnixListener listener;
  listener.path_ = path;
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return SystemError(errno, what);
  listener.device_ = info.st_dev;
  listener.inode_ = info.st_ino;
  if (!group.empty() &&
      (chown(path.c_str(), static_cast<uid_t>(-1), gid) != 0 || chmod(path.c_str(), 0660) != 0)) {
    return SystemError(errno, absl::StrCat("cannot give the socket ", path, " to group ", group));
  }
  if (listen(fd.get(), kBacklog) != 0) return SystemError(errno, what);
  listener.fd_ = fd.Take();
  return listener;
}

int UnixListener::ReleaseFd() { return std::exchange(fd_, -1); }

void UnixListener::RemoveFile() {
  if (path_.empty()) return;
  struct stat info {};
  const bool ours =
      lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
  if (ours) unlink(path_.c_str());
  path_.clear();
}

absl::StatusOr<int> ListenTcp(const Address& address, Address* bound) {
  const auto failure = [&address](int error) {
    return runtime::BindError("TCP", address, -error, "--http");
  };
  const bool v6 = !address.is_v4();
  Fd fd(socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return failure(errno);
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (v6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  sockaddr_storage storage = runtime::ToSockaddr(address, v6);
  auto* const socket_address = reinterpret_cast<sockaddr*>(&storage);
  socklen_t size = v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (bind(fd.get(), socket_address, size) != 0 || listen(fd.get(), kBacklog) != 0 ||
      getsockname(fd.get(), socket_address, &size) != 0) {
    return failure(errno);
  }
  *bound = runtime::FromSockaddr(socket_address);
  return fd.Take();
}

}  // namespace muster::api
