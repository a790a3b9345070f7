#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/effects.h"
#include "src/runtime/drain_timer.h"
#include "src/runtime/driver.h"
#include "src/runtime/join_watch.h"
#include "src/runtime/lag_meter.h"
#include "src/runtime/post_queue.h"
#include "src/runtime/requests.h"
#include "src/runtime/resolver.h"
#include "src/runtime/seed_book.h"
#include "src/runtime/stream_table.h"
#include "src/runtime/udp_socket.h"

namespace muster::runtime {

// The parts of a driver and the one path that every input takes through them: call the core, then
// Flush(). Internal to driver*.cc.
struct Driver::Impl : StreamTable::Handler {
  Impl(uv_loop_t* uv_loop, Config settings);

  absl::Status Open();
  void Close(std::function<void()> done);

  // Inputs.
  void OnPacket(const Address& from, std::string_view bytes);
  void OnStreamOpened(core::StreamId stream, const Address& peer) override;
  void OnStreamMessage(core::StreamId stream, std::string_view body) override;
  void OnStreamEnded(core::StreamId stream, core::StreamEnd end) override;
  void OnDue(TimePoint scheduled, bool drained);

  // Carries out what the core's last call left in `effects`, sets the timer, tells listeners.
  void Flush();
  void CarryOut();
  void Dispatch();
  void Tell(TimePoint at, const core::Event& event);

  // Seeds.
  void SetSeeds();
  void RefreshNames();
  void NamesRefreshed(const std::vector<Address>& before);
  core::JoinState join_state() const;
  std::string last_join_error() const;
  std::string JoinFailure() const;

  // One target of a Join, resolved or not.
  void JoinAddresses(const std::string& target, const std::vector<Address>& addresses,
                     const std::string& error, const std::shared_ptr<JoinBatch>& batch);

  bool is_open() const { return node != nullptr && !closing; }

  uv_loop_t* loop;
  Config config;
  core::RecordPool pool;
  core::Effects effects;
  std::unique_ptr<core::Node> node;

  UdpSocket udp;
  StreamTable streams;
  DrainTimer timer;
  PostQueue posts;
  Resolver resolver;
  std::unique_ptr<SeedBook> seeds;
  JoinWatch join_watch;
  uv_timer_t lookup_retry;  // active while no seed's name has ever resolved
  uint64_t lookup_retry_ms = 0;
  LagMeter lag;
  Requests requests;

  std::deque<Listener> listeners;  // one may be added while one runs
  struct TimedEvent {
    TimePoint at;
    core::Event event;
  };
  std::vector<TimedEvent> events;  // not told yet
  bool dispatching = false;

  bool closing = false;
  bool closed = false;
  int parts_open = 0;
  std::function<void()> on_closed;

 private:
  absl::Status OpenSockets();
  void PartClosed();
};

}  // namespace muster::runtime
