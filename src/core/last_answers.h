#pragma once

#include <cstddef>
#include <vector>

#include "src/base/ids.h"
#include "src/base/time.h"

namespace muster::core {

// When members last answered a probe of ours, on whichever path, or one that we relayed. A vote
// tells it to the accuser: silent is who answers nobody ("Votes" in README.md). Bounded; whose
// answer is oldest goes first, so that the members we observe stay.
class LastAnswers {
 public:
  static constexpr size_t kMax = 64;

  void Note(TimePoint now, const HostId& id);
  // Zero where nothing is known of it.
  TimePoint Of(const HostId& id) const;

 private:
  struct Answer {
    HostId id;
    TimePoint at;
  };
  std::vector<Answer> answers_;
};

}  // namespace muster::core
