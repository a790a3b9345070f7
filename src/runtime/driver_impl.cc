#include "src/runtime/driver_impl.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/check.h"
#include "src/base/status_macros.h"
#include "src/runtime/clock.h"
#include "src/runtime/event_log.h"

namespace muster::runtime {
namespace {

constexpr uint64_t kLookupRetryFirstMs = 500;

}  // namespace

Driver::Impl::Impl(uv_loop_t* uv_loop, Config settings)
    : loop(uv_loop), config(std::move(settings)) {
  timer.Start(
      loop, [this] { return udp.HasInput(); },
      [this](TimePoint scheduled, bool drained) { OnDue(scheduled, drained); });
  posts.Start(loop);
  join_watch.Start(loop, [this] { return JoinFailure(); });
  uv_timer_init(loop, &lookup_retry);
  lookup_retry.data = this;
}

absl::Status Driver::Impl::OpenSockets() {
  StreamTable::Limits limits;
  // One more than the node keeps: at the next one it decides which of them makes room. In the
  // listener's backlog it would wait until some stream's budget ends.
  limits.inbound_max = static_cast<size_t>(config.options.streams_max) + 1;
  limits.inbound_budget = config.options.stream_budget;
  MUSTER_RETURN_IF_ERROR(udp.Open(loop, config.bind));
  return streams.Listen(loop, udp.bound(), limits, this);
}

absl::Status Driver::Impl::Open() {
  MUSTER_RETURN_IF_ERROR(config.options.Validate());
  std::vector<Target> targets;
  for (const std::string& text : config.seeds) {
    absl::StatusOr<Target> target = Target::Parse(text);
    if (!target.ok()) return target.status();
    targets.push_back(*std::move(target));
  }
  MUSTER_RETURN_IF_ERROR(OpenSockets());
  resolver.Start(loop, udp.bound());
  seeds = std::make_unique<SeedBook>(&resolver, std::move(targets));
  Address& advertised = config.identity.attributes.address;
  if (advertised.port() == 0) advertised = advertised.WithPort(udp.bound().port());
  node = std::make_unique<core::Node>(config.options, config.identity, config.seed, MonotonicNow(),
                                      &pool);
  MUSTER_RETURN_IF_ERROR(udp.StartReading(
      [this](const Address& from, std::string_view bytes) { OnPacket(from, bytes); },
      [this](uint32_t sequence) {
        node->HandleLateSend(MonotonicNow(), sequence);
        Flush();
      }));
  SetSeeds();
  if (seeds->has_names()) RefreshNames();
  return absl::OkStatus();
}

void Driver::Impl::Close(std::function<void()> done) {
  MUSTER_CHECK(!closing);
  closing = true;
  on_closed = std::move(done);
  events.clear();
  const std::function<void()> part_closed = [this] { PartClosed(); };
  parts_open = 7;
  udp.Close(part_closed);
  streams.Close(part_closed);
  resolver.Close(part_closed);
  timer.Close(part_closed);
  posts.Close(part_closed);
  join_watch.Close(part_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&lookup_retry),
           [](uv_handle_t* handle) { static_cast<Impl*>(handle->data)->PartClosed(); });
}

void Driver::Impl::PartClosed() {
  if (--parts_open > 0) return;
  closed = true;
  // The callback may destroy this object.
  const std::function<void()> done = std::move(on_closed);
  if (done) done();
}

void Driver::Impl::OnPacket(const Address& from, std::string_view bytes) {
  node->HandlePacket(MonotonicNow(), from, bytes, effects);
  Flush();
}

void Driver::Impl::OnStreamOpened(core::StreamId stream, const Address& peer) {
  node->HandleStreamOpened(MonotonicNow(), stream, peer, effects);
  Flush();
}

void Driver::Impl::OnStreamMessage(core::StreamId stream, std::string_view body) {
  node->HandleStreamMessage(MonotonicNow(), stream, body, effects);
  Flush();
}

void Driver::Impl::OnStreamEnded(core::StreamId stream, core::StreamEnd end) {
  node->HandleStreamClosed(MonotonicNow(), stream, end, effects);
  Flush();
}

void Driver::Impl::OnDue(TimePoint scheduled, bool drained) {
  const TimePoint begin = MonotonicNow();
  lag.Add(begin - scheduled);
  streams.HandleDeadlines(begin);
  if (closing) return;
  // Streams that ended told the node of it, at a later time than `begin`.
  const TimePoint now = MonotonicNow();
  if (node->NextDeadline() <= now) {
    node->HandleDeadline(now, drained ? core::Backlog::kDrained : core::Backlog::kMore, effects);
  }
  Flush();
}

void Driver::Impl::Flush() {
  if (closing) {
    effects.Clear();
    return;
  }
  core::StreamId stream = 0;
  core::StreamEnd end = core::StreamEnd::kClosed;
  CarryOut();
  while (streams.TakeFailed(&stream, &end)) {
    node->HandleStreamClosed(MonotonicNow(), stream, end, effects);
    CarryOut();
  }
  timer.SetDeadline(std::min(node->NextDeadline(), streams.next_deadline()));
  Dispatch();
}

void Driver::Impl::CarryOut() {
  if (effects.empty()) return;
  for (const core::Effects::Datagram& datagram : effects.datagrams()) {
    udp.Send(datagram.to, effects.bytes(datagram), datagram.probe_sequence);
  }
  for (const core::Effects::StreamAction& action : effects.stream_actions()) {
    switch (action.verb) {
      case core::Effects::StreamVerb::kOpen:
        streams.Open(action.stream, action.to, action.budget);
        break;
      case core::Effects::StreamVerb::kSend:
        streams.Send(action.stream, effects.bytes(action));
        break;
      case core::Effects::StreamVerb::kClose:
        streams.CloseAfterFlush(action.stream);
        break;
    }
  }
  const TimePoint now = MonotonicNow();
  for (const core::Event& event : effects.events()) events.push_back({now, event});
  effects.Clear();
}

void Driver::Impl::Dispatch() {
  if (dispatching || events.empty()) return;
  dispatching = true;
  // By index: what a listener commands appends to the list.
  for (size_t i = 0; i < events.size() && !closing; ++i) {
    const TimedEvent current = std::move(events[i]);
    Tell(current.at, current.event);
  }
  dispatching = false;
  events.clear();
}

void Driver::Impl::Tell(TimePoint at, const core::Event& event) {
  if (config.log_events) LogEvent(event);
  for (size_t i = 0; i < listeners.size() && !closing; ++i) listeners[i](at, event);
  if (closing) return;
  if (std::function<void()> answer = requests.Take(event)) posts.Post(std::move(answer));
  if (event.type == core::EventType::kSeedsWanted) {
    join_watch.Check();
    if (seeds->has_names()) RefreshNames();
  }
}

void Driver::Impl::SetSeeds() {
  node->SetSeeds(MonotonicNow(), seeds->addresses(), config.remembered, effects);
  Flush();
}

void Driver::Impl::RefreshNames() {
  seeds->Refresh([this, before = seeds->addresses()] { NamesRefreshed(before); });
}

void Driver::Impl::NamesRefreshed(const std::vector<Address>& before) {
  if (closing) return;
  const std::vector<Address> known = seeds->addresses();
  if (known != before) SetSeeds();
  if (closing) return;
  join_watch.Check();
  // With addresses to try, the node asks for names again by itself.
  if (!known.empty()) return;
  const auto ceiling_ms = static_cast<uint64_t>(config.options.join_retry_max.millis());
  lookup_retry_ms =
      lookup_retry_ms == 0 ? kLookupRetryFirstMs : std::min(2 * lookup_retry_ms, ceiling_ms);
  uv_timer_start(
      &lookup_retry, [](uv_timer_t* expired) { static_cast<Impl*>(expired->data)->RefreshNames(); },
      lookup_retry_ms, 0);
}

core::JoinState Driver::Impl::join_state() const {
  const core::JoinState state = node->join_state();
  const bool unresolved = seeds->has_names() && seeds->addresses().empty();
  return state == core::JoinState::kAlone && unresolved ? core::JoinState::kJoining : state;
}

std::string Driver::Impl::last_join_error() const {
  if (node->join_state() == core::JoinState::kJoined) return "";
  const std::string& own = node->last_join_error();
  return own.empty() ? seeds->error() : own;
}

std::string Driver::Impl::JoinFailure() const {
  if (!config.log_events || join_state() != core::JoinState::kJoining) return "";
  const std::string error = last_join_error();
  if (error.empty()) return "";
  std::vector<std::string> tried = seeds->texts();
  for (const Address& address : config.remembered) tried.push_back(address.ToString());
  return FormatJoinFailure(tried, error);
}

void Driver::Impl::JoinAddresses(const std::string& target, const std::vector<Address>& addresses,
                                 const std::string& error,
                                 const std::shared_ptr<JoinBatch>& batch) {
  std::string failure = error;
  if (failure.empty()) {
    const absl::StatusOr<uint64_t> request = node->Join(MonotonicNow(), addresses, effects);
    if (request.ok()) {
      batch->Begin(addresses.size());
      requests.AddJoin(*request, target, addresses.size(), batch);
      Flush();
      batch->End();
      return;
    }
    failure = std::string(request.status().message());
  }
  posts.Post([target, failure, batch, addresses] {
    if (addresses.empty()) batch->Result(target, Address(), failure);
    for (const Address& address : addresses) batch->Result(target, address, failure);
    batch->End();
  });
}

}  // namespace muster::runtime
