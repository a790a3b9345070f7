#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace muster::e2e {

// One event as an agent streamed it (EventShape, src/api/shapes.h).
struct SeenEvent {
  int64_t arrived_us = 0;  // wall clock of the harness when the line came, microseconds
  std::string type;        // "member.failed" ...
  std::string member;      // name; empty where the event is about no member
  std::string to;
  std::string batch;
  std::vector<std::string> by;
  std::string line;  // all of it
};

// Records the event stream of one agent, from `hello` to the end of the agent's run, on a thread of
// its own. Nothing is missed: a poll might overlook a state that lasts a moment.
class Watcher {
 public:
  // Begins to read at once; returns when the stream's `hello` has come, or after 10 s.
  explicit Watcher(const std::string& url);
  // The stream ends with the agent: stop or kill it first, or this waits for its next heartbeat.
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  bool connected() const { return greeted_.load(); }
  std::vector<SeenEvent> Events() const;
  // How many events satisfy `wanted`.
  int Count(const std::function<bool(const SeenEvent&)>& wanted) const;
  int CountType(const std::string& type, const std::string& member = "") const;

 private:
  void Read();
  bool TakeLine(const std::string& line);

  const std::string url_;
  std::atomic<bool> greeted_ = false;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<SeenEvent> events_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace muster::e2e
