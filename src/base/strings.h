#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace muster {

// Debian builds abseil with its own string_view type, which does not convert to or from the
// standard one. Code here uses std::string_view; these two are the only crossings.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace muster
