#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace muster::bench {

// What was done to a store between two looks at it.
struct StoreUse {
  double commands = 0;     // statements of SQL, commands to Redis, writes to a file
  double connections = 0;  // to a server
  double bytes_to = 0;     // with IP and TCP headers; for a file, bytes written
  double bytes_from = 0;   // for a file, bytes read
};

// A datastore to measure: a real server of this program's own, or a file. For the main thread.
class Place {
 public:
  virtual ~Place() = default;

  virtual std::string kind() const = 0;  // "sqlite", "redis", "postgresql"
  virtual std::string url() const = 0;   // for --datastore
  // Nothing is stored any more. Nobody may have it open.
  virtual absl::Status Empty() = 0;
  // It answers nobody any more, and loses no connection: a server's processes are stopped; a file
  // is locked against readers and writers. The file must be in use, but not by this process.
  virtual absl::Status Freeze() = 0;
  virtual void Thaw() = 0;
  // Counts what is done from now on. For a file, only what this process does.
  virtual absl::Status StartMeter() = 0;
  virtual absl::StatusOr<StoreUse> ReadMeter() = 0;
};

// By kind; `folder` is for what is a file.
absl::StatusOr<std::unique_ptr<Place>> MakePlace(const std::string& kind,
                                                 const std::string& folder);

inline const std::vector<std::string> kPlaceKinds = {"sqlite", "redis", "postgresql"};

}  // namespace muster::bench
