#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace muster::store {

// An agent's data folder, held exclusively while this object lives: created with mode 0700 if
// missing (an existing one gets that mode unless others keep files in it), and locked through the
// file "lock" in it, which names the holder's pid. The lock is the kernel's: it ends with the
// process however that ends, so a stale file never stands in the way.
class DataFolder {
 public:
  // kAlreadyExists: another process holds it (its pid is in the text); otherwise the error of the
  // system. Every text has the path and the remedy.
  static absl::StatusOr<DataFolder> Open(const std::string& path);
  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&& other) noexcept;
  ~DataFolder();

  const std::string& path() const { return path_; }
  // Lets the members of a group pass through to a socket inside, and no more: mode 0710.
  absl::Status AdmitGroup(uint32_t group_id) const;

 private:
  DataFolder(std::string path, int lock_fd);
  std::string path_;
  int lock_fd_ = -1;
};

}  // namespace muster::store
