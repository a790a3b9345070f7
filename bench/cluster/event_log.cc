#include "bench/cluster/event_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace muster::bench {
namespace {

// The value of " key=value" in a line; values with blanks, which are quoted, are not asked for
// here.
std::string_view ValueOf(std::string_view line, std::string_view key) {
  for (size_t at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
    if (at == 0 || line[at - 1] != ' ') continue;
    const size_t begin = at + key.size();
    const size_t end = line.find(' ', begin);
    return line.substr(begin, end == std::string_view::npos ? end : end - begin);
  }
  return {};
}

}  // namespace

bool ParseLogLine(std::string_view line, LoggedEvent* event) {
  tm fields = {};
  int micros = 0;
  char severity = 0;
  const std::string head(line.substr(0, 26));
  if (sscanf(head.c_str(), "%c%4d%2d%2d %2d:%2d:%2d.%6d", &severity, &fields.tm_year,
             &fields.tm_mon, &fields.tm_mday, &fields.tm_hour, &fields.tm_min, &fields.tm_sec,
             &micros) != 8) {
    return false;
  }
  const std::string_view type = ValueOf(line, "event=");
  if (type.empty()) return false;
  fields.tm_year -= 1900;
  fields.tm_mon -= 1;
  event->wall_us = int64_t{timegm(&fields)} * 1'000'000 + micros;
  event->type = std::string(type);
  event->member = std::string(ValueOf(line, "member="));
  return true;
}

LogFollower::~LogFollower() {
  if (fd_ >= 0) close(fd_);
}

LogFollower::LogFollower(LogFollower&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      rest_(std::move(other.rest_)),
      events_(std::move(other.events_)) {}

void LogFollower::Poll() {
  if (fd_ < 0) fd_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) return;
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t got = read(fd_, buffer.data(), buffer.size());
    if (got <= 0) return;
    rest_.append(buffer.data(), static_cast<size_t>(got));
    size_t begin = 0;
    for (size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
      LoggedEvent event;
      if (ParseLogLine(std::string_view(rest_).substr(begin, end - begin), &event)) {
        events_.push_back(std::move(event));
      }
      begin = end + 1;
    }
    rest_.erase(0, begin);
  }
}

int64_t LogFollower::FirstAfter(int64_t since_us, const std::vector<std::string>& types,
                                std::string_view member) const {
  // What is asked for is recent: look from the end.
  int64_t found_us = 0;
  for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
    if (event->wall_us <= since_us) break;
    const bool of_type = std::find(types.begin(), types.end(), event->type) != types.end();
    if (of_type && event->member == member) found_us = event->wall_us;
  }
  return found_us;
}

int LogFollower::Count(int64_t from_us, int64_t to_us,
                       const std::function<bool(const LoggedEvent&)>& wanted) const {
  return static_cast<int>(
      std::count_if(events_.begin(), events_.end(), [&](const LoggedEvent& event) {
        return event.wall_us > from_us && event.wall_us <= to_us && wanted(event);
      }));
}

}  // namespace muster::bench
