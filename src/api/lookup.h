#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "src/api/backend.h"
#include "src/api/shapes.h"

namespace muster::api {

// Finds the member that a client means: a host id (32 hex digits), "name~1a2b" (a name and the
// first digits of an id), or a name. A live member goes before those that failed or left under the
// same name; among these, the last one does. Pruned members are not found.
// kNotFound; kFailedPrecondition when two live members share the name: the text lists both ids.
absl::StatusOr<size_t> FindMember(const Backend& backend, std::string_view text);

// True for members that users may see.
inline bool IsVisible(const Member& member) { return member.state != wire::State::kPruned; }

// All of them, in the order of (name, id).
std::vector<Listed> VisibleMembers(const Backend& backend);

}  // namespace muster::api
