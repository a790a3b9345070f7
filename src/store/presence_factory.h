#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "src/store/datastore_url.h"
#include "src/store/presence_store.h"

namespace muster::store {

// Where the store is and how to get in. Called on libuv's pool before each new connection, so that
// a password changed in a file is found without a restart. Must be safe to call from any thread.
using UrlSource = std::function<absl::StatusOr<DatastoreUrl>()>;

// A store of the kind that `url` names; nullptr for `none`. Nothing is opened or dialled yet, so
// that a store that is not there never stops a start. A new kind is one file beside this one, and
// one line in here. `fresh` may be null: then `url` is used for ever.
std::unique_ptr<PresenceStore> OpenPresenceStore(const DatastoreUrl& url, UrlSource fresh,
                                                 PresenceOptions options);

}  // namespace muster::store
