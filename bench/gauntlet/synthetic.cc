#include "bench/gauntlet/synthetic.h"

#include <memory>
#include <string>
#include <utility>

#include "src/core/member_table.h"
#include "src/sim/cluster.h"
#include "src/sim/core_process.h"
#include "src/wire/codec.h"
#include "src/wire/limits.h"

namespace muster::gauntlet {
namespace {

constexpr uint64_t kHeaderBytes = 28;  // IPv4 and UDP

// What all members know.
struct Population {
  Population(const core::Options& all_options, size_t members)
      : options(all_options), table(&pool, members, 0) {}

  core::Identity IdentityOf(int member, const HostId& id) const {
    core::Identity identity;
    identity.id = id;
    identity.attributes.name = "n" + std::to_string(member);
    identity.attributes.address = sim::Cluster::DefaultAddress(member);
    identity.attributes.boot = 1;
    identity.attributes.agent = "sim";
    identity.attributes.tolerance_ms = static_cast<uint32_t>(options.tolerance.millis());
    return identity;
  }
  void Add(int member, const HostId& id) {
    wire::Update update;
    update.id = id;
    update.incarnation = Incarnation::Of(1, 0);
    update.attributes = IdentityOf(member, id).attributes;
    update.attributes_hash = wire::AttributesHash(*update.attributes);
    (void)table.Apply(TimePoint::FromMicros(1), update);
  }

  core::Options options;
  core::RecordPool pool;
  core::MemberTable table;
};

// Asks for no deadline: what it does, it does when it hears something.
class QuietMember final : public sim::Process {
 public:
  QuietMember(const sim::ProcessStart& start, Population* population)
      : host_(start.host), id_(start.id), seed_(start.seed), population_(population) {}

  void OnStart(TimePoint, sim::Outputs&) override {}
  void OnDatagram(TimePoint now, const Address& from, std::string_view bytes,
                  sim::Outputs& out) override {
    Core(now, out).OnDatagram(now, from, bytes, out);
  }
  void OnStreamOpened(TimePoint now, core::StreamId stream, const Address& peer,
                      sim::Outputs& out) override {
    Core(now, out).OnStreamOpened(now, stream, peer, out);
  }
  void OnStreamMessage(TimePoint now, core::StreamId stream, std::string_view message,
                       sim::Outputs& out) override {
    Core(now, out).OnStreamMessage(now, stream, message, out);
  }
  void OnStreamEnded(TimePoint now, core::StreamId stream, core::StreamEnd end,
                     sim::Outputs& out) override {
    Core(now, out).OnStreamEnded(now, stream, end, out);
  }
  void OnDeadline(TimePoint, core::Backlog, sim::Outputs&) override {}
  void OnLeave(TimePoint, sim::Outputs& out) override { out.Exit(); }

  TimePoint NextDeadline() const override { return TimePoint::Never(); }
  sim::Standing StandingOf(int member, const HostId& id) const override {
    return core_ == nullptr ? sim::Standing::kUnknown : core_->StandingOf(member, id);
  }
  size_t UpCount() const override { return core_ == nullptr ? 0 : core_->UpCount(); }
  uint64_t ViewHash() const override { return core_ == nullptr ? 0 : core_->ViewHash(); }
  size_t QueueDepth() const override { return core_ == nullptr ? 0 : core_->QueueDepth(); }
  uint64_t digest() const override { return core_ == nullptr ? 0 : core_->digest(); }
  size_t DatagramBytesMax() const override { return wire::limits::kDatagramBytesMax; }
  Duration StreamBudget() const override { return population_->options.stream_budget; }
  size_t MessageSize(std::string_view bytes) const override { return core_->MessageSize(bytes); }

 private:
  sim::CoreProcess& Core(TimePoint now, sim::Outputs& out) {
    if (core_ == nullptr) {
      core_ = std::make_unique<sim::CoreProcess>(
          population_->options, population_->IdentityOf(host_, id_), seed_, now, &population_->pool,
          std::vector<Address>(), std::vector<Address>());
      core_->node().AdoptTable(now, population_->table, out.effects());
    }
    return *core_;
  }

  int host_;
  HostId id_;
  uint64_t seed_;
  Population* population_;
  std::unique_ptr<sim::CoreProcess> core_;
};

}  // namespace

TrialResult RunSyntheticJoin(const Trial& trial, Mode mode) {
  if (!IsMuster(mode)) return {};
  core::Options options = MusterOptions(mode, Constants::kShipped, trial.members);
  options.members_max = 2 * trial.members;
  Population population(options, static_cast<size_t>(options.members_max));
  sim::ClusterConfig config;
  config.seed = trial.seed;
  config.record_events = false;
  config.watched_observers_max = 0;
  sim::Cluster cluster(config);
  for (int member = 0; member < trial.members; ++member) {
    sim::HostConfig host;
    host.factory = [&population](const sim::ProcessStart& start) {
      return std::make_unique<QuietMember>(start, &population);
    };
    cluster.AddHost(std::move(host));
    population.Add(member, cluster.host(member).disk().id);
    cluster.Start(member);
  }
  sim::HostConfig host;
  host.name = "joiner";
  host.options = options;
  for (int seed = 0; seed < 3; ++seed) host.seeds.push_back(sim::Cluster::DefaultAddress(seed));
  const int joiner = cluster.AddHost(std::move(host));
  constexpr sim::LinkRate kGigabit = {125'000'000, 64'000'000};
  cluster.network().SetHostRate(joiner, kGigabit, kGigabit);
  const TimePoint from = cluster.now();
  cluster.Start(joiner);
  const size_t all = static_cast<size_t>(trial.members) + 1;
  const bool knows_all =
      cluster.RunUntil([&] { return cluster.UpCount(joiner) == all; }, Duration::Seconds(120));
  const sim::Traffic& traffic = cluster.traffic(joiner);
  const uint64_t bytes = traffic.sent_bytes + traffic.received_bytes + traffic.sent_stream_bytes +
                         traffic.received_stream_bytes +
                         (traffic.sent_datagrams + traffic.received_datagrams) * kHeaderBytes;
  const double seconds = static_cast<double>((cluster.now() - from).micros()) / 1e6;
  return {{knows_all ? seconds : 999}, {static_cast<double>(bytes) / 1e3}};
}

}  // namespace muster::gauntlet
