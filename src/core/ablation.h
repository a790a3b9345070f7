#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>

namespace muster::core {

// Parts of the detector that the ablation of bench/gauntlet turns off, one at a time, to show what
// each is worth. They can be turned off only in builds with --define muster_ablation=on; in all
// others Without is false at compile time and costs nothing. Names for the command line are in
// kMechanismNames, in this order.
enum class Mechanism : uint8_t {
  kVotes,         // the quorum of observers; without: the accuser decides alone
  kEvidenceGate,  // round trips of one's own before a verdict; without: none needed
  kVoidProbes,    // probes that prove nothing; without: every unanswered probe counts
  kLastLook,      // all paths once more before a verdict; without: the window alone
  kPacedRings,    // fixed observers, paced by the target; without: targets drawn at random
  kRttTimeouts,   // timeouts by round-trip time; without: the largest allowed
  kLossy,         // rules for members that lose most of their packets
  kDamping,       // holding back members that flap
  kBatching,      // one batch for users where many change together
  kRepeats,       // pings that ask again within a probe; without: each path is tried once
};
inline constexpr std::string_view kMechanismNames[] = {
    "votes",        "evidence-gate", "void-probes", "last-look", "paced-rings",
    "rtt-timeouts", "lossy",         "damping",     "batching",  "repeats"};
inline constexpr int kMechanisms = static_cast<int>(std::size(kMechanismNames));
static_assert(kMechanisms == static_cast<int>(Mechanism::kRepeats) + 1);

#ifdef MUSTER_ABLATION
inline constexpr bool kCanAblate = true;
inline uint32_t ablated_mechanisms = 0;  // one bit each; set before the first node is made
inline bool Without(Mechanism mechanism) {
  return (ablated_mechanisms >> static_cast<int>(mechanism) & 1) != 0;
}
#else
inline constexpr bool kCanAblate = false;
constexpr bool Without(Mechanism) { return false; }
#endif

}  // namespace muster::core
