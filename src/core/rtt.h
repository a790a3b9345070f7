#pragma once

#include "src/base/time.h"
#include "src/core/member_table.h"

namespace muster::core {

// RFC 6298's estimator in the two 16-bit fields of a view entry, units of 8 us (at most 524 ms):
//   first sample: srtt = r, rttvar = r/2
//   then: rttvar += (|srtt - r| - rttvar)/4, srtt += (r - srtt)/8
void AddRttSample(Duration rtt, MemberView* member);

// srtt; zero when never measured.
Duration SmoothedRtt(const MemberView& member);

// clamp(srtt + 4 rttvar, min, max); max when never measured.
Duration AckTimeout(const MemberView& member, Duration min, Duration max);

}  // namespace muster::core
