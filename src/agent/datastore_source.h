#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "src/agent/settings.h"
#include "src/store/datastore_url.h"

namespace muster::agent {

// What --datastore-file holds: one URL, alone in its file but for white space. Three-line errors
// that name the file and never what stands in it.
absl::StatusOr<store::DatastoreUrl> ReadDatastoreFile(const std::string& path);

// The agent's datastore, as it is right now. kInvalidArgument as a usage error.
absl::StatusOr<store::DatastoreUrl> FindDatastore(const Settings& settings);

// What the store asks before each new connection: the file anew, if there is one; else null.
store::UrlSource DatastoreSource(const Settings& settings);

}  // namespace muster::agent
