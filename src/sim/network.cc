#include "src/sim/network.h"

#include <algorithm>

#include "src/base/check.h"

namespace muster::sim {
namespace {

// Labels of the generators, one a purpose.
enum Purpose : uint64_t { kLatency = 1, kLoss, kDuplicate, kCorrupt, kReorder };

// Of IPv4 and UDP; what a packet costs a line beside its payload.
constexpr size_t kHeaderBytes = 28;

// Of the times in which loss takes all that a host sends.
constexpr uint32_t kMutePackets = 3;
constexpr Duration kMuteFor = Duration::Millis(300);
constexpr size_t kMutesMax = 256;

bool Holds(const std::vector<uint8_t>& flags, int host) {
  return static_cast<size_t>(host) < flags.size() && flags[static_cast<size_t>(host)] != 0;
}

std::vector<uint8_t> Flags(const std::vector<int>& hosts, size_t n) {
  std::vector<uint8_t> flags(n, 0);
  for (const int host : hosts) flags.at(static_cast<size_t>(host)) = 1;
  return flags;
}

}  // namespace

Network::Network(const NetworkConfig& config, Rng rng)
    : config_(config),
      latency_rng_(rng.Fork(kLatency)),
      loss_rng_(rng.Fork(kLoss)),
      duplicate_rng_(rng.Fork(kDuplicate)),
      corrupt_rng_(rng.Fork(kCorrupt)),
      reorder_rng_(rng.Fork(kReorder)) {}

Network::CutId Network::Cut(const std::vector<int>& from, const std::vector<int>& to,
                            Transports transports) {
  cuts_.push_back({next_cut_, transports, Flags(from, hosts()), Flags(to, hosts())});
  return next_cut_++;
}

void Network::Heal(CutId id) {
  std::erase_if(cuts_, [id](const CutSet& cut) { return cut.id == id; });
}

void Network::SetLoss(uint32_t ppm, uint32_t burst) {
  MUSTER_CHECK(ppm <= kPpm && burst >= 1 && (burst == 1 || ppm < kPpm));
  config_.loss_ppm = ppm;
  config_.loss_burst = burst;
}

void Network::SetHostLoss(int host, uint32_t egress_ppm, uint32_t ingress_ppm) {
  Host& faults = hosts_.at(static_cast<size_t>(host));
  faults.egress.loss_ppm = egress_ppm;
  faults.ingress.loss_ppm = ingress_ppm;
  has_lossy_hosts_ = true;
}

void Network::SetHostDelay(int host, Duration egress, Duration ingress) {
  Host& faults = hosts_.at(static_cast<size_t>(host));
  faults.egress.delay = egress;
  faults.ingress.delay = ingress;
  has_slow_lines_ = true;
}

void Network::SetHostRate(int host, const LinkRate& egress, const LinkRate& ingress) {
  Host& faults = hosts_.at(static_cast<size_t>(host));
  faults.egress.rate = egress;
  faults.ingress.rate = ingress;
  has_slow_lines_ = true;
}

void Network::SetLinkLatency(int from, int to, const LatencyModel& latency) {
  Link& link = links_[Key(from, to)];
  link.latency = latency;
  link.has_latency = true;
}

void Network::SetLinkLoss(int from, int to, uint32_t ppm) { links_[Key(from, to)].loss_ppm = ppm; }

void Network::SetNoise(uint32_t duplicate_ppm, uint32_t corrupt_ppm, uint32_t reorder_ppm) {
  config_.duplicate_ppm = duplicate_ppm;
  config_.corrupt_ppm = corrupt_ppm;
  config_.reorder_ppm = reorder_ppm;
}

bool Network::Blocked(int from, int to, Transports transport) const {
  for (const CutSet& cut : cuts_) {
    if ((cut.transports & transport) != 0 && Holds(cut.from, from) && Holds(cut.to, to)) {
      return true;
    }
  }
  return false;
}

uint64_t Network::CutSignature(int host) const {
  uint64_t signature = 0;
  for (const CutSet& cut : cuts_) {
    const uint64_t side = (Holds(cut.from, host) ? 1 : 0) + (Holds(cut.to, host) ? 2 : 0);
    signature = HashCombine(signature, side);
  }
  return signature;
}

uint32_t Network::LossPpm(int from, int to) const {
  if (!has_lossy_hosts_ && links_.empty()) return config_.loss_ppm;
  uint64_t passes = kPpm;
  const auto through = [&passes](uint32_t loss) { passes = passes * (kPpm - loss) / kPpm; };
  through(config_.loss_ppm);
  through(At(from).egress.loss_ppm);
  through(At(to).ingress.loss_ppm);
  if (const Link* link = FindLink(from, to)) through(link->loss_ppm);
  return kPpm - static_cast<uint32_t>(passes);
}

uint32_t Network::WorstHostLossPpm(int host) const {
  return std::max({config_.loss_ppm, At(host).egress.loss_ppm, At(host).ingress.loss_ppm});
}

// A sender stays in the bad state for `loss_burst` packets in the mean; how often it enters it
// follows from the share of packets that are to be lost.
bool Network::IsLostInBurst(Host* sender) {
  if (config_.loss_ppm == 0) return false;
  if (sender->in_burst) {
    sender->in_burst = !loss_rng_.Chance(1, config_.loss_burst);
  } else {
    sender->in_burst = loss_rng_.Chance(
        config_.loss_ppm, static_cast<uint64_t>(config_.loss_burst) * (kPpm - config_.loss_ppm));
    counts_.bursts += sender->in_burst ? 1 : 0;
  }
  return sender->in_burst;
}

bool Network::IsMute(const Host& host, TimePoint until) {
  return host.lost_in_row >= kMutePackets && until - host.lost_from >= kMuteFor;
}

std::vector<Network::Mute> Network::MutesOf(int host, TimePoint until) const {
  std::vector<Mute> mutes;
  for (const Mute& mute : mutes_) {
    if (mute.host == host) mutes.push_back(mute);
  }
  if (IsMute(At(host), until)) mutes.push_back({host, At(host).lost_from, until});
  return mutes;
}

bool Network::IsLost(TimePoint now, int from, int to) {
  const bool is_lost = DrawLoss(from, to);
  Host& sender = hosts_[static_cast<size_t>(from)];
  if (is_lost) {
    if (sender.lost_in_row++ == 0) sender.lost_from = now;
    return true;
  }
  if (IsMute(sender, now)) {
    mutes_.push_back({from, sender.lost_from, now});
    if (mutes_.size() > kMutesMax) mutes_.pop_front();
  }
  sender.lost_in_row = 0;
  return false;
}

bool Network::DrawLoss(int from, int to) {
  uint32_t loss = LossPpm(from, to);
  if (config_.loss_burst > 1) {
    if (IsLostInBurst(&hosts_[static_cast<size_t>(from)])) return true;
    // What is left beside the general loss.
    loss = kPpm - static_cast<uint32_t>(uint64_t{kPpm - loss} * kPpm / (kPpm - config_.loss_ppm));
  }
  return loss > 0 && loss_rng_.Chance(loss, kPpm);
}

bool Network::PassLine(TimePoint at, size_t bytes, Line* line, Duration* delay) {
  if (line->delay > Duration::Zero()) {
    ++counts_.delayed;
    *delay += line->delay;
  }
  if (line->rate.bytes_per_second == 0) return true;
  const int64_t rate = static_cast<int64_t>(line->rate.bytes_per_second);
  const Duration wait = std::max(line->busy_until - at, Duration::Zero());
  const int64_t queued = wait.micros() * rate / 1'000'000;
  if (queued + static_cast<int64_t>(bytes) > static_cast<int64_t>(line->rate.queue_bytes)) {
    ++counts_.tail_drops;
    return false;
  }
  if (wait > Duration::Zero()) ++counts_.queued;
  const Duration service = Duration::Micros(static_cast<int64_t>(bytes) * 1'000'000 / rate);
  line->busy_until = at + wait + service;
  *delay += wait + service;
  return true;
}

bool Network::PassLines(TimePoint now, int from, int to, size_t bytes, Duration* delay) {
  if (!has_slow_lines_) return true;
  bytes += kHeaderBytes;
  Line* egress = &hosts_[static_cast<size_t>(from)].egress;
  Line* ingress = &hosts_[static_cast<size_t>(to)].ingress;
  return PassLine(now, bytes, egress, delay) && PassLine(now + *delay, bytes, ingress, delay);
}

Duration Network::Latency(int from, int to) {
  const Link* link = FindLink(from, to);
  const LatencyModel& model =
      link != nullptr && link->has_latency ? link->latency : config_.latency;
  return model.Draw(&latency_rng_);
}

Network::Fate Network::DatagramFate(TimePoint now, int from, int to, std::string_view bytes) {
  Fate fate;
  ++counts_.datagrams;
  counts_.datagram_bytes += bytes.size();
  if (filter_ && filter_(from, to, kUdp, bytes)) {
    ++counts_.filtered;
    return fate;
  }
  if (Blocked(from, to, kUdp)) {
    ++counts_.cut;
    return fate;
  }
  if (IsLost(now, from, to)) {
    ++counts_.lost;
    return fate;
  }
  fate.delay[0] = Latency(from, to);
  if (!PassLines(now, from, to, bytes.size(), &fate.delay[0])) return fate;
  fate.copies = 1;
  if (config_.duplicate_ppm > 0 && duplicate_rng_.Chance(config_.duplicate_ppm, kPpm)) {
    ++counts_.duplicated;
    fate.copies = 2;
    fate.delay[1] = Latency(from, to);
  }
  if (config_.reorder_ppm > 0 && reorder_rng_.Chance(config_.reorder_ppm, kPpm)) {
    ++counts_.held_back;
    fate.delay[0] += Duration::Micros(reorder_rng_.Between(0, config_.reorder_by.micros()));
  }
  if (config_.corrupt_ppm > 0 && corrupt_rng_.Chance(config_.corrupt_ppm, kPpm)) {
    ++counts_.corrupted;
    fate.corrupt = true;
  }
  return fate;
}

void Network::Corrupt(std::string* bytes) {
  MUSTER_CHECK(!bytes->empty());
  const uint64_t bit = corrupt_rng_.Below(bytes->size() * 8);
  (*bytes)[bit / 8] = static_cast<char>((*bytes)[bit / 8] ^ (1 << (bit % 8)));
}

bool Network::SegmentPasses(TimePoint now, int from, int to, std::string_view bytes,
                            Duration* delay) {
  if (filter_ && filter_(from, to, kTcp, bytes)) {
    ++counts_.filtered;
    return false;
  }
  if (Blocked(from, to, kTcp)) {
    ++counts_.segments_cut;
    return false;
  }
  if (IsLost(now, from, to)) {
    ++counts_.segments_lost;
    return false;
  }
  *delay = Latency(from, to);
  return PassLines(now, from, to, bytes.size(), delay);
}

}  // namespace muster::sim
