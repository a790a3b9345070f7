#include "src/sim/network.h"

#include <algorithm>

#include "src/base/check.h"

namespace muster::sim {
namespace {

// Labels of the generators, one a purpose.
enum Purpose : uint64_t { kLatency = 1, kLoss, kDuplicate, kCorrupt, kReorder };

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

void Network::SetHostLoss(int host, uint32_t egress_ppm, uint32_t ingress_ppm) {
  egress_loss_ppm_.at(static_cast<size_t>(host)) = egress_ppm;
  ingress_loss_ppm_.at(static_cast<size_t>(host)) = ingress_ppm;
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
  uint64_t passes = kPpm;
  const auto through = [&passes](uint32_t loss) { passes = passes * (kPpm - loss) / kPpm; };
  through(config_.loss_ppm);
  through(egress_loss_ppm_[static_cast<size_t>(from)]);
  through(ingress_loss_ppm_[static_cast<size_t>(to)]);
  if (const Link* link = FindLink(from, to)) through(link->loss_ppm);
  return kPpm - static_cast<uint32_t>(passes);
}

uint32_t Network::WorstHostLossPpm(int host) const {
  const size_t i = static_cast<size_t>(host);
  return std::max({config_.loss_ppm, egress_loss_ppm_[i], ingress_loss_ppm_[i]});
}

Duration Network::Latency(int from, int to) {
  const Link* link = FindLink(from, to);
  const LatencyModel& model =
      link != nullptr && link->has_latency ? link->latency : config_.latency;
  return model.Draw(&latency_rng_);
}

Network::Fate Network::DatagramFate(int from, int to, std::string_view bytes) {
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
  if (const uint32_t loss = LossPpm(from, to); loss > 0 && loss_rng_.Chance(loss, kPpm)) {
    ++counts_.lost;
    return fate;
  }
  fate.copies = 1;
  fate.delay[0] = Latency(from, to);
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

bool Network::SegmentPasses(int from, int to, std::string_view bytes, Duration* delay) {
  if (filter_ && filter_(from, to, kTcp, bytes)) {
    ++counts_.filtered;
    return false;
  }
  if (Blocked(from, to, kTcp)) {
    ++counts_.segments_cut;
    return false;
  }
  if (const uint32_t loss = LossPpm(from, to); loss > 0 && loss_rng_.Chance(loss, kPpm)) {
    ++counts_.segments_lost;
    return false;
  }
  *delay = Latency(from, to);
  return true;
}

}  // namespace muster::sim
