#pragma once

namespace muster {

// The version of the software: `muster --version`, status, and what members tell each other.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace muster
