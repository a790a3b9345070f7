#pragma once

namespace muster {

// Prints "FILE:LINE: check failed: CONDITION" on stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace muster

// A broken internal invariant is our own bug: it ends the process in every build, before a wrong
// answer leaves it. Input from users and from the network is never checked with these.
#define MUSTER_CHECK(condition)                                              \
  do {                                                                       \
    if (!(condition)) ::muster::CheckFailed(__FILE__, __LINE__, #condition); \
  } while (false)

// For checks that cost more than a few instructions: on in builds without NDEBUG.
#ifdef NDEBUG
#define MUSTER_DCHECK(condition) \
  do {                           \
  } while (false && (condition))
#else
#define MUSTER_DCHECK(condition) MUSTER_CHECK(condition)
#endif
