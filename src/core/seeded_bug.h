#pragma once

#include <cstdint>

namespace muster::core {

// Mistakes that are put in on purpose, to show that the sweeps of tests/sim find them. They exist
// only in builds with --define muster_bugs=on; in all others HasBug is false at compile time and
// each of them costs nothing.
enum class SeededBug : uint8_t {
  kNone,
  kRevives,         // alive wins over failed at one incarnation
  kIgnoresEpoch,    // incarnations are compared by their counters alone
  kNeverRefutes,    // a suspect does not raise its incarnation
  kBelievesOwnEnd,  // claims about oneself are merged like any other
  kHalfTolerance,   // the accuser's window is half as long
  kHearsayVerdict,  // a suspicion heard of is taken for a verdict
  kNeverHeals,      // failed members and lost seeds are not tried again
  kStaleCell,       // the view cell does not follow a change of attributes
  kFirstCellStays,  // what a peer's table is now is not noted, only what it was first
  kStuckDeadline,   // a push with nothing to tell leaves its deadline where it was
};
inline constexpr int kSeededBugs = 10;

#ifdef MUSTER_SEEDED_BUGS
inline SeededBug seeded_bug = SeededBug::kNone;  // chosen by the test, before the first node
inline bool HasBug(SeededBug bug) { return seeded_bug == bug; }
#else
constexpr bool HasBug(SeededBug) { return false; }
#endif

}  // namespace muster::core
