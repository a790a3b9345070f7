#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace muster::store {

// A --datastore value that its back end has found sound (presence_factory.h reads it).
struct DatastoreUrl {
  std::string kind = "none";   // BackEnd::kind
  std::string text = "none";   // for the back end alone: may hold secrets
  std::string shown = "none";  // with "***" in place of each secret: for logs and answers

  // Whether the agent is to keep no record anywhere.
  bool is_none() const { return kind == "none"; }

  friend bool operator==(const DatastoreUrl&, const DatastoreUrl&) = default;
};

// Where the store is and how to get in, secrets included. Stores call it on libuv's pool before
// each new connection, so that a password changed in a file is found without a restart. Safe to
// call from any thread; may block on the disk. Null: the URL given at the opening holds for ever.
using UrlSource = std::function<absl::StatusOr<DatastoreUrl>()>;

}  // namespace muster::store
