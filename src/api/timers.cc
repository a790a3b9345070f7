#include "src/api/timers.h"

#include <utility>

namespace muster::api {

Timers::Id Timers::Set(TimePoint at, std::function<void()> action) {
  const Id id = ++last_id_;
  const bool earlier = at < deadlines_.next();
  deadlines_.Set(id, at);
  actions_.Insert(id, std::move(action));
  if (earlier && on_earlier_) on_earlier_();
  return id;
}

void Timers::Cancel(Id id) {
  if (deadlines_.Clear(id)) actions_.Erase(id);
}

void Timers::Run(TimePoint now) {
  const Id newest = last_id_;
  Id id = 0;
  while (deadlines_.next() <= now && deadlines_.PopDue(now, &id)) {
    std::function<void()> action = std::move(*actions_.Find(id));
    actions_.Erase(id);
    if (id > newest) {  // set by an action of this very run
      deadlines_.Set(id, now);
      actions_.Insert(id, std::move(action));
      return;
    }
    action();
  }
}

}  // namespace muster::api
