#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "src/store/datastore_url.h"

namespace muster::store {

// Where the store is and how to get in, secrets included. Stores call it on libuv's pool before
// each new connection, so that a password changed in a file is found without a restart. Safe to
// call from any thread; may block on the disk. Null: the URL given at the opening holds for ever.
using UrlSource = std::function<absl::StatusOr<DatastoreUrl>()>;

}  // namespace muster::store
