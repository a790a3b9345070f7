#pragma once

namespace muster::agent {

// Exit codes of the program that an agent can end with.
inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitTimedOut = 4;
inline constexpr int kExitInterrupted = 130;

}  // namespace muster::agent
