#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/api/exchange.h"
#include "src/api/limits.h"
#include "src/base/time.h"

namespace muster::api {

// How events are written on a stream.
enum class Framing : uint8_t {
  kServerSent,  // "id: ...\nevent: ...\ndata: {...}\n\n"
  kJsonLines,   // "{...}\n"
};

struct StreamEvent {
  std::string id;
  std::string type;
  std::string data;  // JSON
};

// Hands events to any number of streams. All streams read from one log, each at its own pace, so
// that an event is kept once; what every stream has read is forgotten at once, and without streams
// nothing is kept. A stream that falls further behind than the limits allow is told how many events
// it missed and is closed: its client connects again and begins with a fresh `hello`. Nobody ever
// waits for a stream.
class EventHub {
 public:
  struct Subscriber {
    Framing framing = Framing::kServerSent;
    std::vector<std::string> types;  // empty: all
    StreamEvent hello;               // sent first, whatever `types` says
    std::function<void()> wake;      // there is something to read; must not read at once
  };

  // `limits` must outlive the hub. `make_gap` writes the event that says how many were missed.
  EventHub(const Limits* limits, std::function<StreamEvent(uint64_t missed)> make_gap);
  ~EventHub();  // after all its streams
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  size_t streams() const { return streams_.size(); }
  // The stream that reads what is published from now on. Null when there are streams_max.
  std::unique_ptr<ByteSource> Subscribe(Subscriber subscriber);
  // Events of earlier and later calls keep their order. Does nothing without streams.
  void Publish(StreamEvent event);
  // Writes a sign of life on every stream that has nothing to read: a comment, or a blank that
  // JSON readers skip.
  void Beat();
  // Ends all streams after what they have begun to write.
  void Close();

  size_t kept_events() const { return log_.size(); }
  size_t kept_bytes() const { return bytes_; }

 private:
  class Stream;
  friend class Stream;
  uint64_t end() const { return first_ + log_.size(); }
  void DropFirst();
  void ForgetRead();

  const Limits* limits_;
  std::function<StreamEvent(uint64_t)> make_gap_;
  std::vector<Stream*> streams_;  // owned by their readers
  std::deque<StreamEvent> log_;
  uint64_t first_ = 0;  // position of log_.front() in the sequence of all published events
  size_t bytes_ = 0;
};

}  // namespace muster::api
