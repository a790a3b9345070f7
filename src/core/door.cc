#include "src/core/door.h"

#include <algorithm>

namespace muster::core {

bool Door::Take(StreamId stream, Visitor* visitor) {
  for (size_t i = 0; i < visitors_.size(); ++i) {
    if (visitors_[i].stream != stream) continue;
    *visitor = std::move(visitors_[i]);
    visitors_.erase(visitors_.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }
  return false;
}

void Door::Gone(StreamId stream) {
  std::erase_if(visitors_, [stream](const Visitor& v) { return v.stream == stream; });
}

bool Door::IsWaiting(StreamId stream) const {
  return std::any_of(visitors_.begin(), visitors_.end(),
                     [stream](const Visitor& v) { return v.stream == stream; });
}

bool Door::IsAboutClone(StreamId stream) const {
  return std::any_of(visitors_.begin(), visitors_.end(), [stream](const Visitor& v) {
    return v.stream == stream && v.holder == v.joiner.id;
  });
}

Door::Decision Door::Decide(const Visitor& visitor, const Answer& answer) {
  if (!answer.answered || answer.id != visitor.holder) return Decision::kReplace;
  // The holder's id answered. If it is the joiner's own id, only another run is a clone.
  if (visitor.holder == visitor.joiner.id && answer.boot != 0 &&
      visitor.joiner.attributes.has_value() && answer.boot == visitor.joiner.attributes->boot) {
    return Decision::kReplace;
  }
  return Decision::kRefuse;
}

}  // namespace muster::core
