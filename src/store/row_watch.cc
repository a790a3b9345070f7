#include "src/store/row_watch.h"

#include <algorithm>
#include <iterator>

namespace muster::store {

void RowWatch::BeginLook(int64_t wall_us, TimePoint now) {
  wall_us_ = wall_us;
  now_ = now;
  ++look_;
}

Duration RowWatch::AgeAtFirstSight(int64_t stamp_us, int64_t wall_us, TimePoint now) const {
  const Duration by_wall =
      std::max(Duration::Micros(Duration::SaturatingSub(wall_us, stamp_us)), Duration::Zero());
  return last_look_ ? std::min(by_wall, now - *last_look_) : by_wall;
}

RowWatch::Verdict RowWatch::VerdictOn(const Seen& seen, Duration ttl, int64_t wall_us,
                                      TimePoint now) {
  const Duration watched = now - seen.since;
  const Duration by_wall = Duration::Micros(Duration::SaturatingSub(wall_us, seen.stamp_us));
  Verdict verdict;
  verdict.age = seen.age + watched;
  verdict.live = verdict.age < ttl;
  // A stamp ahead of the wall clock tells nothing: it may stay ahead for years.
  verdict.sweep = watched >= ttl && (by_wall >= ttl || by_wall < Duration::Zero());
  return verdict;
}

RowWatch::Verdict RowWatch::See(const std::string& key, int64_t stamp_us, Duration ttl) {
  const auto [place, is_new] = rows_.try_emplace(key);
  Seen& seen = place->second;
  if (is_new || seen.stamp_us != stamp_us) {
    seen.stamp_us = stamp_us;
    seen.age = AgeAtFirstSight(stamp_us, wall_us_, now_);
    seen.since = now_;
  }
  seen.look = look_;
  return VerdictOn(seen, ttl, wall_us_, now_);
}

void RowWatch::EndLook() {
  last_look_ = now_;
  for (auto row = rows_.begin(); row != rows_.end();) {
    row = row->second.look == look_ ? std::next(row) : rows_.erase(row);
  }
}

RowWatch::Verdict RowWatch::Judge(const std::string& key, int64_t stamp_us, Duration ttl,
                                  int64_t wall_us, TimePoint now) const {
  const auto known = rows_.find(key);
  if (known != rows_.end() && known->second.stamp_us == stamp_us) {
    return VerdictOn(known->second, ttl, wall_us, now);
  }
  Seen seen;
  seen.stamp_us = stamp_us;
  seen.age = AgeAtFirstSight(stamp_us, wall_us, now);
  seen.since = now;
  return VerdictOn(seen, ttl, wall_us, now);
}

}  // namespace muster::store
