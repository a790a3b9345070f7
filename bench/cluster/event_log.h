#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::bench {

// One line of an agent's event log.
struct LoggedEvent {
  int64_t wall_us = 0;  // the agent's own time stamp, microseconds since the Unix epoch
  std::string type;     // "member.failed" ...
  std::string member;   // name; empty where the event is about no member
};

// Reads one line as agents print it with TZ=UTC: "I20260131 12:34:56.123456 ...] event=... ...".
// False for any other line.
bool ParseLogLine(std::string_view line, LoggedEvent* event);

// Follows an agent's log file by reading what was appended. The agent wrote the times, so how often
// it is read has no influence on what is measured.
class LogFollower {
 public:
  explicit LogFollower(std::string path) : path_(std::move(path)) {}
  ~LogFollower();
  LogFollower(LogFollower&& other) noexcept;
  LogFollower& operator=(LogFollower&&) = delete;

  // Takes in all whole lines that are new.
  void Poll();
  const std::vector<LoggedEvent>& events() const { return events_; }
  // Time of the first event after `since_us` about `member` with one of the types; 0 if none.
  int64_t FirstAfter(int64_t since_us, const std::vector<std::string>& types,
                     std::string_view member) const;
  // Events in (from_us, to_us] that satisfy `wanted`.
  int Count(int64_t from_us, int64_t to_us,
            const std::function<bool(const LoggedEvent&)>& wanted) const;

 private:
  std::string path_;
  int fd_ = -1;
  std::string rest_;  // of the last line, not yet whole
  std::vector<LoggedEvent> events_;
};

}  // namespace muster::bench
