#pragma once

#include <memory>

#include "src/store/back_end.h"
#include "src/store/datastore_url.h"
#include "src/store/presence_store.h"

namespace muster::store {

// Records in the table muster_presence of a PostgreSQL database, version 9.5 or newer, in the first
// schema of the role's search path. The table is made when it is found missing; a role without
// that right works with one that is there. Needs SELECT, INSERT, UPDATE and DELETE on it.
//
// libpq is opened at the first operation. Each operation is one statement and one round trip; a
// Scan that saw expired rows takes a second one to remove up to 1,000 of them, and is none the
// worse if that is not allowed. The server's clock judges expiry.
extern const BackEnd kPostgresqlBackEnd;

// `url` has passed kPostgresqlBackEnd.parse, as has what `fresh` returns, which may be null.
std::unique_ptr<PresenceStore> OpenPostgresqlStore(const DatastoreUrl& url, UrlSource fresh,
                                                   PresenceOptions options);

}  // namespace muster::store
