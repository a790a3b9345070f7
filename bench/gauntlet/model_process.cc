#include "bench/gauntlet/model_process.h"

#include <algorithm>
#include <cstring>

#include "src/base/hash.h"
#include "src/sim/cluster.h"

namespace muster::gauntlet {
namespace {

using baselines::Packet;
using baselines::State;
using baselines::Update;

template <typename T>
void Put(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

template <typename T>
T Get(std::string_view bytes, size_t* at) {
  T value;
  std::memcpy(&value, bytes.data() + *at, sizeof(T));
  *at += sizeof(T);
  return value;
}

bool IsPushPull(Packet::Kind kind) {
  return kind == Packet::Kind::kPushPull || kind == Packet::Kind::kPushPullReply;
}

}  // namespace

ModelProcess::ModelProcess(const sim::ProcessStart& start, const ModelStart& how,
                           const ModelFactory& factory)
    : how_(how), rng_(start.seed), now_(start.now), model_(factory(start.host, this)) {}

// Less than any original needs, so that the padding brings it to what the original would weigh.
void ModelProcess::Encode(const Packet& packet) {
  encoded_.clear();
  Put(static_cast<uint8_t>(packet.kind), &encoded_);
  Put(static_cast<uint16_t>(packet.sender), &encoded_);
  Put(static_cast<int16_t>(packet.target), &encoded_);
  Put(packet.sequence, &encoded_);
  Put(static_cast<uint16_t>(packet.updates.size()), &encoded_);
  for (const Update& update : packet.updates) {
    Put(static_cast<uint8_t>(update.state), &encoded_);
    Put(update.incarnation, &encoded_);
    Put(static_cast<uint16_t>(update.subject), &encoded_);
    Put(static_cast<uint16_t>(update.from), &encoded_);
  }
  if (IsPushPull(packet.kind)) Put(packet.started.micros(), &encoded_);
}

void ModelProcess::Receive(std::string_view bytes) {
  size_t at = 0;
  received_.kind = static_cast<Packet::Kind>(Get<uint8_t>(bytes, &at));
  received_.sender = Get<uint16_t>(bytes, &at);
  received_.target = Get<int16_t>(bytes, &at);
  received_.sequence = Get<uint32_t>(bytes, &at);
  received_.updates.resize(Get<uint16_t>(bytes, &at));
  for (Update& update : received_.updates) {
    update.state = static_cast<State>(Get<uint8_t>(bytes, &at));
    update.incarnation = Get<uint32_t>(bytes, &at);
    update.subject = Get<uint16_t>(bytes, &at);
    update.from = Get<uint16_t>(bytes, &at);
  }
  if (IsPushPull(received_.kind)) {
    received_.started = TimePoint::FromMicros(Get<int64_t>(bytes, &at));
  }
  digest_ = HashCombine(digest_, received_.sequence ^ static_cast<uint64_t>(now_.micros()));
  model_->OnPacket(received_);
}

// ---- Inputs ----

void ModelProcess::OnStart(TimePoint now, sim::Outputs& out) {
  Enter(now, out);
  model_->Start(how_.members, how_.seed);
}

void ModelProcess::OnDatagram(TimePoint now, const Address& /*from*/, std::string_view bytes,
                              sim::Outputs& out) {
  Enter(now, out);
  Receive(bytes);
}

void ModelProcess::OnStreamOpened(TimePoint now, core::StreamId stream, const Address& /*peer*/,
                                  sim::Outputs& out) {
  Enter(now, out);
  const auto pending = std::find_if(pending_.begin(), pending_.end(),
                                    [stream](const Pending& p) { return p.stream == stream; });
  if (pending == pending_.end()) return;  // accepted
  out.SendOnStream(stream, pending->bytes, pending->wire_bytes);
  pending_.erase(pending);
}

// One message a connection; who gets it closes.
void ModelProcess::OnStreamMessage(TimePoint now, core::StreamId stream, std::string_view message,
                                   sim::Outputs& out) {
  Enter(now, out);
  out.effects().CloseStream(stream);
  Receive(message);
}

void ModelProcess::OnStreamEnded(TimePoint now, core::StreamId stream, core::StreamEnd /*end*/,
                                 sim::Outputs& out) {
  Enter(now, out);
  std::erase_if(pending_, [stream](const Pending& p) { return p.stream == stream; });
}

void ModelProcess::OnDeadline(TimePoint now, core::Backlog /*backlog*/, sim::Outputs& out) {
  Enter(now, out);
  while (!timers_.empty() && timers_.top().at <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    model_->OnTimer(timer.kind, timer.argument);
  }
}

void ModelProcess::OnLeave(TimePoint now, sim::Outputs& out) {
  Enter(now, out);
  out.Exit();
}

void ModelProcess::OnUnblocked(TimePoint now, sim::Outputs& out) {
  Enter(now, out);
  model_->OnReleased();
}

sim::Standing ModelProcess::StandingOf(int member, const HostId& /*id*/) const {
  switch (model_->StateOf(member)) {
    case State::kAlive:
      return sim::Standing::kAlive;
    case State::kSuspect:
      return sim::Standing::kSuspect;
    case State::kDead:
      return sim::Standing::kFailed;
    case State::kUnknown:
      break;
  }
  return sim::Standing::kUnknown;
}

// ---- baselines::Io ----

void ModelProcess::Send(int to, const Packet& packet) {
  Encode(packet);
  out_->SendDatagram(sim::Cluster::DefaultAddress(to), encoded_, packet.wire_bytes);
}

void ModelProcess::SendStream(int to, const Packet& packet) {
  Encode(packet);
  const core::StreamId stream = next_stream_;
  next_stream_ += 2;
  pending_.push_back({stream, encoded_, packet.wire_bytes});
  out_->effects().OpenStream(stream, sim::Cluster::DefaultAddress(to), StreamBudget());
}

void ModelProcess::SetTimer(TimePoint at, uint32_t kind, uint32_t argument) {
  timers_.push({at, next_order_++, kind, argument});
}

void ModelProcess::Report(int subject, State state) {
  out_->Tell(state == State::kDead ? sim::Sight::kFailed : sim::Sight::kReturned, subject, false);
}

}  // namespace muster::gauntlet
