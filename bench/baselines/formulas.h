#pragma once

#include "src/base/time.h"

namespace muster::baselines {

// SWIM (2002), section 4.1: an update is piggybacked at most lambda log n times by each member;
// the prototype's steps (figure 3c: 9, 12, 15 periods) pin it to 3 ceil(ln(n + 1)).
int SwimTransmissions(int members);
// SWIM, section 4.2 and figure 3c: a suspicion lasts as many periods.
int SwimSuspicionPeriods(int members);
// SWIM, section 3.1: expected periods until some member pings a failed one, 1 / (1 - e^-qf).
double SwimDetectionPeriods(double healthy_fraction);

// memberlist, util.go retransmitLimit: mult ceil(log10(n + 1)) transmissions of an update.
int TransmitLimit(int mult, int members);
// memberlist, util.go pushPullScale: the interval, times 1 + ceil(log2 n - 5) above 32 members.
Duration PushPullInterval(Duration interval, int members);
// Lifeguard, section IV-B: Min = alpha max(1, log10 n) P. The code rounds log10 n down to 1/1000.
Duration SuspicionMin(int alpha, int members, Duration period);
// Lifeguard, section IV-B: max(Min, Max - (Max - Min) log(C + 1) / log(K + 1)), Max = beta Min,
// after C independent confirmations of K looked for. K = 0: Min.
Duration SuspicionTimeout(Duration min, int beta, int confirmations, int looked_for);

}  // namespace muster::baselines
