#include "bench/baselines/world.h"

#include <algorithm>

namespace muster::baselines {
namespace {

// First retransmission timeout of an established TCP connection (Linux); it doubles.
constexpr Duration kRetransmission = Duration::Millis(200);

}  // namespace

World::World(const WorldConfig& config, const Factory& factory)
    : config_(config), network_rng_(0), now_(TimePoint::FromMicros(1'000'000)) {
  Rng rng(config.seed);
  network_rng_ = rng.Fork(1);
  for (int member = 0; member < config.members; ++member) {
    auto host = std::make_unique<Host>();
    host->world = this;
    host->index = member;
    host->random = rng.Fork(static_cast<uint64_t>(member) + 2);
    host->model = factory(member, host.get());
    hosts_.push_back(std::move(host));
  }
}

World::~World() = default;

void World::StartTogether() {
  for (const auto& host : hosts_) host->model->Start(members(), -1);
}

void World::Host::SetTimer(TimePoint at, uint32_t kind, uint32_t argument) {
  Event& event = world->queue_.Push(std::max(at, world->now_));
  event.kind = Event::Kind::kTimer;
  event.host = index;
  event.timer = kind;
  event.argument = argument;
}

void World::Send(Host* from, int to, const Packet& packet, bool is_stream) {
  if (is_stream) {
    from->traffic.stream_bytes += packet.wire_bytes;
  } else {
    ++from->traffic.packets;
    from->traffic.bytes += packet.wire_bytes;
  }
  Duration delay = config_.latency.Draw(&network_rng_);
  Duration wait = kRetransmission;
  while (config_.loss_ppm > 0 && network_rng_.Chance(config_.loss_ppm, 1'000'000)) {
    if (!is_stream) return;
    delay += wait;
    wait = wait * 2;
  }
  Event& event = queue_.Push(now_ + delay);
  event.kind = Event::Kind::kPacket;
  event.host = to;
  const Packet& source = packet;
  event.packet.kind = source.kind;
  event.packet.sender = source.sender;
  event.packet.target = source.target;
  event.packet.sequence = source.sequence;
  event.packet.wire_bytes = source.wire_bytes;
  event.packet.started = source.started;
  event.packet.updates.assign(source.updates.begin(), source.updates.end());
}

void World::ReadLater(Host* host) {
  if (host->reads_later) return;
  host->reads_later = true;
  Event& event = queue_.Push(std::max(now_, host->busy_until));
  event.kind = Event::Kind::kRead;
  event.host = host->index;
}

// The reader is one thread: it blocks with the first packet in hand, the rest wait behind it.
void World::Arrive(Host* host, Queue::Slot slot) {
  host->inbox.push_back(slot);
  if (host->is_blocked) return;
  if (host->inbox.size() == 1 && host->busy_until <= now_) {
    Read(host);
  } else {
    ReadLater(host);
  }
}

void World::Read(Host* host) {
  if (host->is_blocked || host->inbox.empty()) return;
  const Queue::Slot slot = host->inbox.front();
  host->inbox.pop_front();
  host->busy_until = now_ + config_.packet_cost;
  ++host->traffic.received;
  host->model->OnPacket(queue_[slot].packet);
  queue_.Release(slot);
  if (!host->inbox.empty()) ReadLater(host);
}

void World::Unblock(int member) {
  Host& host = At(member);
  host.is_blocked = false;
  if (!host.is_up) return;
  if (!host.inbox.empty()) ReadLater(&host);
  host.model->OnReleased();
}

void World::RunUntil(TimePoint end) {
  while (!queue_.empty() && queue_.next() <= end) {
    const Queue::Slot slot = queue_.Pop(&now_);
    const Event& event = queue_[slot];
    Host& host = At(event.host);
    ++steps_;
    if (!host.is_up) {
      queue_.Release(slot);
      continue;
    }
    switch (event.kind) {
      case Event::Kind::kPacket:
        Arrive(&host, slot);  // which releases it once it is read
        continue;
      case Event::Kind::kTimer:
        host.model->OnTimer(event.timer, event.argument);
        break;
      case Event::Kind::kRead:
        host.reads_later = false;
        Read(&host);
        break;
    }
    queue_.Release(slot);
  }
  now_ = end;
}

World::Traffic World::total() const {
  Traffic sum;
  for (const auto& host : hosts_) {
    sum.packets += host->traffic.packets;
    sum.bytes += host->traffic.bytes;
    sum.stream_bytes += host->traffic.stream_bytes;
    sum.received += host->traffic.received;
  }
  return sum;
}

}  // namespace muster::baselines
