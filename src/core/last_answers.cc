#include "src/core/last_answers.h"

#include <algorithm>

namespace muster::core {

void LastAnswers::Note(TimePoint now, const HostId& id) {
  for (Answer& answer : answers_) {
    if (answer.id != id) continue;
    answer.at = now;
    return;
  }
  if (answers_.size() < kMax) {
    answers_.push_back({id, now});
    return;
  }
  *std::min_element(answers_.begin(), answers_.end(),
                    [](const Answer& a, const Answer& b) { return a.at < b.at; }) = {id, now};
}

TimePoint LastAnswers::Of(const HostId& id) const {
  for (const Answer& answer : answers_) {
    if (answer.id == id) return answer.at;
  }
  return TimePoint();
}

}  // namespace muster::core
