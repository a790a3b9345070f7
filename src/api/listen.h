#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "src/base/address.h"

namespace muster::api {

// A listening unix socket and its file. The file is removed by Close, if it is still the same.
class UnixListener {
 public:
  // Longest path that the system takes: 107 bytes.
  static const size_t kPathBytesMax;

  // Mode 0600; with a `group` (name or number) 0660 and of that group. A file left behind by a dead
  // agent is replaced. kInvalidArgument: path too long, or no such group; kAlreadyExists: somebody
  // answers there, or it is no socket.
  static absl::StatusOr<UnixListener> Open(const std::string& path, const std::string& group);
  UnixListener(UnixListener&& other) noexcept;
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();

  // Hands the descriptor over; the file stays ours.
  int ReleaseFd();
  void RemoveFile();

 private:
  UnixListener() = default;
  int fd_ = -1;
  std::string path_;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
};

// A listening TCP socket; `*bound` is its address with the real port. kAlreadyExists: the port is
// busy; kInvalidArgument: not an address of this host; kPermissionDenied.
absl::StatusOr<int> ListenTcp(const Address& address, Address* bound);

}  // namespace muster::api
