#include "src/core/rtt.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace muster::core {
namespace {

constexpr int64_t kUnitUs = 8;
constexpr int64_t kUnitsMax = std::numeric_limits<uint16_t>::max();

// To the nearest unit, so that small samples do not drag the estimate down for ever.
uint16_t ToUnits(int64_t us, int64_t least) {
  return static_cast<uint16_t>(std::clamp((us + kUnitUs / 2) / kUnitUs, least, kUnitsMax));
}

}  // namespace

void AddRttSample(Duration rtt, MemberView* member) {
  const int64_t sample = std::clamp<int64_t>(rtt.micros(), 0, kUnitUs * kUnitsMax);
  // At least one unit: zero means "never measured".
  if (member->srtt_us8 == 0) {
    member->srtt_us8 = ToUnits(sample, 1);
    member->rttvar_us8 = ToUnits(sample / 2, 0);
    return;
  }
  const int64_t srtt = member->srtt_us8 * kUnitUs;
  const int64_t rttvar = member->rttvar_us8 * kUnitUs;
  const int64_t deviation = srtt > sample ? srtt - sample : sample - srtt;
  member->rttvar_us8 = ToUnits(rttvar + (deviation - rttvar) / 4, 0);
  member->srtt_us8 = ToUnits(srtt + (sample - srtt) / 8, 1);
}

Duration SmoothedRtt(const MemberView& member) {
  return Duration::Micros(member.srtt_us8 * kUnitUs);
}

Duration AckTimeout(const MemberView& member, Duration min, Duration max) {
  if (member.srtt_us8 == 0) return max;
  const Duration timeout = Duration::Micros((member.srtt_us8 + 4 * member.rttvar_us8) * kUnitUs);
  return std::clamp(timeout, min, max);
}

}  // namespace muster::core
