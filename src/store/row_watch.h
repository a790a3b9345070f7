#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "src/base/time.h"

namespace muster::store {

// Which rows of a file are live, for a store that has no clock of its own. A row carries the
// writer's wall clock (its stamp), and the wall clock may step by an hour either way. So a stamp
// only tells how old a row was when this process first saw it; from there the monotonic clock
// counts. A row whose stamp has changed since the last look was written after that look, whatever
// the wall clock says meanwhile. It follows that
//   - a process that watches all along never misses a row that is refreshed within its TTL;
//   - one that has just started shows it at the latest after its next refresh;
//   - a row whose writer is dead is shown for its TTL and the size of the step at most.
class RowWatch {
 public:
  struct Verdict {
    Duration age;        // since it was written, as far as this process can tell; never negative
    bool live = false;   // age below the TTL
    bool sweep = false;  // expired by the wall clock, and seen unchanged for its whole TTL
  };

  // A look at all rows of the file. `now` is read before the first row is, `wall_us` after.
  void BeginLook(int64_t wall_us, TimePoint now);
  // A row of this look.
  Verdict See(const std::string& key, int64_t stamp_us, Duration ttl);
  // The look was complete: rows that it did not see are gone.
  void EndLook();
  // What See() would say, for a single row outside of a look.
  Verdict Judge(const std::string& key, int64_t stamp_us, Duration ttl, int64_t wall_us,
                TimePoint now) const;
  // The file is another one: its rows may be older than the last look.
  void ForgetLook() { last_look_.reset(); }
  size_t size() const { return rows_.size(); }

 private:
  struct Seen {
    int64_t stamp_us = 0;
    Duration age;     // when it was first seen with this stamp,
    TimePoint since;  // which was at this instant
    uint64_t look = 0;
  };
  Duration AgeAtFirstSight(int64_t stamp_us, int64_t wall_us, TimePoint now) const;
  static Verdict VerdictOn(const Seen& seen, Duration ttl, int64_t wall_us, TimePoint now);

  std::map<std::string, Seen> rows_;
  std::optional<TimePoint> last_look_;  // the begin of the last complete look
  int64_t wall_us_ = 0;                 // of the present look
  TimePoint now_;
  uint64_t look_ = 0;
};

}  // namespace muster::store
