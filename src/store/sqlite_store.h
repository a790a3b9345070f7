#pragma once

#include <memory>
#include <string>

#include "src/store/back_end.h"
#include "src/store/presence_store.h"

namespace muster::store {

// Presence records in a SQLite file, "sqlite:PATH", that all agents of a host share. All work on
// the file runs on libuv's pool, one piece at a time; one connection stays open. A disk that
// freezes holds up one thread of the pool and nothing else: the operation fails when its budget is
// used up, and later ones at once until the disk lets go.
extern const BackEnd kSqliteBackEnd;

std::unique_ptr<PresenceStore> OpenSqliteStore(const std::string& path, PresenceOptions options);

}  // namespace muster::store
