#pragma once

#include <memory>

#include "src/store/datastore_url.h"
#include "src/store/presence_store.h"
#include "src/store/url_source.h"

namespace muster::store {

// A store of the kind that `url` names; for `none` one in memory that nobody else sees. Nothing is
// opened or dialled yet, so that a store that is not there never stops a start. `fresh` may be
// null: then `url` is used for ever. A new kind is one file beside this one, and one line in here.
std::unique_ptr<PresenceStore> OpenPresenceStore(const DatastoreUrl& url, UrlSource fresh,
                                                 PresenceOptions options);

}  // namespace muster::store
