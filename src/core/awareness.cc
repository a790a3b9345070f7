#include "src/core/awareness.h"

#include <algorithm>

namespace muster::core {

bool Awareness::Add(int delta) {
  const int before = score_;
  score_ = std::clamp(score_ + delta, 0, kMax);
  return score_ != before;
}

}  // namespace muster::core
