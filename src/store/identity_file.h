#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/address.h"
#include "src/base/ids.h"

namespace muster::store {

// What an agent must not forget between two runs.
struct IdentityRecord {
  static constexpr size_t kPeersMax = 64;

  HostId id;                   // drawn at the first start of this data folder
  uint64_t epoch = 0;          // the last start epoch issued; 0: none yet
  std::vector<Address> peers;  // members of the last run, where a restart finds its cluster

  friend bool operator==(const IdentityRecord&, const IdentityRecord&) = default;
};

// As text, one fact a line, closed by a checksum of all before it:
//   muster-identity 1
//   id 0f3a...          32 hex digits
//   epoch 17
//   peer 127.0.7.1:7946
//   checksum 16 hex digits, XXH3-64
std::string EncodeIdentity(const IdentityRecord& record);
// kDataLoss with the reason for anything but the exact output of EncodeIdentity.
absl::StatusOr<IdentityRecord> DecodeIdentity(std::string_view text);

// The file "identity" in a data folder, and its previous version "identity.bak". A new version is
// written beside them and made durable before it takes the place of the old one, so that a crash at
// any instant leaves a whole one. Load before the first Save. Not for two threads at once.
class IdentityFile {
 public:
  explicit IdentityFile(std::string folder);

  struct Loaded {
    IdentityRecord record;  // zero id: there was none yet
    std::string warning;    // not empty when the previous version had to be used
  };
  // kDataLoss: neither version is sound, with the names of both and the remedy. A record from the
  // previous version has its epoch raised by one, for the start that the lost one may have counted.
  absl::StatusOr<Loaded> Load();
  // Durable when it returns. May block for as long as the disk likes: never call it on a loop.
  // `record.peers` beyond kPeersMax are left out.
  absl::Status Save(const IdentityRecord& record);

  const std::string& path() const { return path_; }

 private:
  absl::Status KeepPrevious() const;

  std::string folder_;
  std::string path_;
  bool current_is_sound_ = false;  // worth keeping as the previous version
};

}  // namespace muster::store
