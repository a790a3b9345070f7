#include "src/sim/run/run.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/rng.h"
#include "src/sim/cluster.h"
#include "src/sim/scorer.h"

namespace muster::sim {
namespace {

constexpr uint64_t kHeaderBytes = 28;  // IPv4 and UDP
constexpr int kSeeds = 3;
constexpr int64_t kSkewPpmMax = 100;
constexpr Duration kMeetingMax = Duration::Seconds(120);
// From the meeting to the start of the clock: what the joins had left to say is said.
constexpr Duration kRest = Duration::Seconds(5);
constexpr Duration kCpuPeriod = Duration::Millis(100);
constexpr Duration kCpuCost = Duration::Micros(50);
constexpr size_t kBucketBytes = 16;
constexpr size_t kBuckets = 1 << 18;
// Every host's table is compared after every change where that costs little.
constexpr int kWatchedMembersMax = 64;

double Seconds(Duration span) { return static_cast<double>(span.micros()) / 1e6; }

ClusterConfig ConfigOf(const Plan& plan) {
  ClusterConfig config;
  config.seed = plan.seed;
  config.options = plan.options;
  config.network.latency = LatencyModel::Lognormal(plan.latency);
  config.network.loss_ppm = plan.loss_ppm;
  config.record_events = false;
  config.watched_observers_max = plan.members <= kWatchedMembersMax ? plan.members : 0;
  return config;
}

class Runner {
 public:
  Runner(const Plan& plan, const Progress& progress)
      : plan_(plan),
        progress_(progress),
        cluster_(ConfigOf(plan)),
        rng_(Rng(plan.seed).Fork(0x72756e)),
        disturbed_(DisturbedOf(plan)),
        scorer_(static_cast<int>(disturbed_.size()), Unsteady()),
        stopped_(disturbed_.size(), false),
        leavers_(disturbed_.size(), false),
        windows_(kBuckets, 0),
        bytes_before_(disturbed_.size(), 0) {}

  RunResult Run();

 private:
  // Who is no witness of all that happens: disturbed, gone or not there from the start.
  std::vector<bool> Unsteady() const;
  void AddMember();
  void Meet();
  void Listen(const Sighting& sighting);
  void RunTo(TimePoint end);
  void Tick();
  void CloseSecond();
  void Do(const Action& action);
  void DoTo(const Action& action, int member);
  void Stop(int member);
  void Began(const Action& action, int member);
  bool ViewsAreEqual() const;
  void Finish();
  uint64_t BytesOf(int member) const;

  const Plan& plan_;
  const Progress& progress_;
  Cluster cluster_;
  Rng rng_;
  std::vector<bool> disturbed_;
  Scorer scorer_;
  std::vector<bool> stopped_;  // for now: failed verdicts about it are right
  std::vector<bool> leavers_;
  std::vector<uint64_t> windows_;  // members' seconds by bytes sent
  std::vector<uint64_t> bytes_before_;
  uint64_t packets_ = 0;
  uint64_t packets_before_ = 0;
  uint64_t member_seconds_ = 0;
  uint64_t bytes_ = 0;
  TimePoint start_;
  TimePoint last_unequal_;
  Duration tick_;
  std::vector<size_t> sizes_before_;
  RunResult result_;
};

std::vector<bool> Runner::Unsteady() const {
  std::vector<bool> unsteady = disturbed_;
  for (const Action& action : plan_.actions) {
    for (const int member : action.members) unsteady[static_cast<size_t>(member)] = true;
  }
  for (size_t i = static_cast<size_t>(plan_.members); i < unsteady.size(); ++i) unsteady[i] = true;
  return unsteady;
}

uint64_t Runner::BytesOf(int member) const {
  const Traffic& traffic = cluster_.traffic(member);
  return traffic.sent_bytes + traffic.sent_datagrams * kHeaderBytes + traffic.sent_stream_bytes;
}

void Runner::AddMember() {
  HostConfig host;
  const int member = static_cast<int>(cluster_.size());
  host.name = absl::StrCat("n", member);
  host.options = plan_.options;
  for (int seed = 0; seed < std::min(kSeeds, plan_.members); ++seed) {
    if (seed != member) host.seeds.push_back(Cluster::DefaultAddress(seed));
  }
  cluster_.AddHost(std::move(host));
  cluster_.SetClockSkew(member, rng_.Between(-kSkewPpmMax, kSkewPpmMax));
}

void Runner::Meet() {
  for (int member = 0; member < plan_.members; ++member) AddMember();
  const TimePoint begin = cluster_.now();
  for (int member = 0; member < plan_.members; ++member) cluster_.Start(member);
  result_.met =
      cluster_.RunUntil([this] { return ViewsAreEqual(); }, kMeetingMax,
                        plan_.members > 1000 ? Duration::Millis(100) : Duration::Millis(10));
  result_.meeting = Seconds(cluster_.now() - begin);
  cluster_.RunFor(kRest);
  cluster_.SetSightingListener([this](const Sighting& sighting) { Listen(sighting); });
}

void Runner::Listen(const Sighting& sighting) {
  if (sighting.subject < 0) return;
  const auto subject = static_cast<size_t>(sighting.subject);
  if (sighting.sight == Sight::kSuspected) ++result_.suspicions;
  if (sighting.sight == Sight::kFailed && disturbed_[subject] && !stopped_[subject]) {
    ++result_.disturbed_failures;
  }
  if (sighting.sight == Sight::kFailed && leavers_[subject] && !disturbed_[subject]) {
    ++result_.false_failures;
  }
  const bool counts = sighting.sight == Sight::kFailed || sighting.sight == Sight::kLeft ||
                      sighting.sight == Sight::kJoined;
  if (counts) scorer_.Add(sighting);
}

// A member shows all running ones and the views are one; blocked and paused ones are not asked.
bool Runner::ViewsAreEqual() const {
  uint64_t hash = 0;
  bool is_first = true;
  size_t running = 0;
  size_t up = 0;
  for (int member = 0; member < static_cast<int>(cluster_.size()); ++member) {
    const SimNode& host = cluster_.host(member);
    running += host.process() == nullptr ? 0 : 1;
    if (!host.is_running() || host.is_blocked()) continue;
    const uint64_t each = host.process()->ViewHash();
    if (!is_first && each != hash) return false;
    hash = each;
    up = host.process()->UpCount();
    is_first = false;
  }
  return up == running;
}

void Runner::Tick() {
  if (!ViewsAreEqual()) last_unequal_ = cluster_.now();
  std::vector<size_t> sizes;
  for (int member = 0; member < static_cast<int>(cluster_.size()); ++member) {
    const SimNode& host = cluster_.host(member);
    if (host.is_running()) sizes.push_back(host.process()->UpCount());
  }
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  const double at = Seconds(cluster_.now() - start_);
  for (const size_t size : sizes) {
    result_.sizes_seen.push_back({at, size});
    result_.sizes.push_back(size);
  }
  if (sizes == sizes_before_) result_.sizes.resize(result_.sizes.size() - sizes.size());
  sizes_before_ = std::move(sizes);
  if (progress_) progress_(cluster_.now() - start_, plan_.duration);
}

void Runner::CloseSecond() {
  uint64_t sum = 0;
  uint64_t running = 0;
  for (int member = 0; member < static_cast<int>(cluster_.size()); ++member) {
    uint64_t& before = bytes_before_[static_cast<size_t>(member)];
    const uint64_t bytes = BytesOf(member) - before;
    before += bytes;
    if (!cluster_.host(member).is_running()) continue;
    ++windows_[std::min<size_t>(bytes / kBucketBytes, kBuckets - 1)];
    sum += bytes;
    ++running;
  }
  result_.bytes_by_second.push_back(static_cast<double>(sum) /
                                    static_cast<double>(std::max<uint64_t>(1, running)));
  bytes_ += sum;
  member_seconds_ += running;
}

void Runner::RunTo(TimePoint end) {
  while (cluster_.now() < end) {
    const Duration done = cluster_.now() - start_;
    const TimePoint tick = start_ + tick_ * (done / tick_ + 1);
    const TimePoint second = start_ + Duration::Seconds(done.seconds() + 1);
    cluster_.RunFor(std::min({end, tick, second}) - cluster_.now());
    if (cluster_.now() == second) CloseSecond();
    if (cluster_.now() == tick) Tick();
  }
}

void Runner::Stop(int member) { stopped_[static_cast<size_t>(member)] = true; }

void Runner::Began(const Action& action, int member) {
  Spread spread;
  spread.member = member;
  spread.deed = action.deed;
  spread.at = Seconds(action.at);
  result_.spreads.push_back(spread);
}

void Runner::DoTo(const Action& action, int member) {
  const SimNode& host = cluster_.host(member);
  const bool has_process = host.process() != nullptr;
  const bool is_fit = action.deed == Deed::kRestart || action.deed == Deed::kCpu ||
                      (action.deed == Deed::kUnblock ? has_process && host.is_blocked()
                       : action.deed == Deed::kResume
                           ? host.state() == ProcessState::kPaused
                           : has_process && (action.deed != Deed::kPause || host.is_running()));
  if (!is_fit) {
    result_.void_actions.push_back(absl::StrCat(FormatDuration(action.at), ": n", member,
                                                " is in no state to ", DeedName(action.deed)));
    return;
  }
  switch (action.deed) {
    case Deed::kCrash:
      Stop(member);
      cluster_.Crash(member);
      return Began(action, member);
    case Deed::kPowerOff:
      Stop(member);
      cluster_.PowerOff(member);
      return Began(action, member);
    case Deed::kRestart: {
      RestartOptions restart;
      restart.lost_disk = action.lost_disk;
      stopped_[static_cast<size_t>(member)] = false;
      return cluster_.Restart(member, restart);
    }
    case Deed::kPause:
      return cluster_.Pause(member);
    case Deed::kResume:
      return cluster_.Resume(member);
    case Deed::kBlock:
      return cluster_.Block(member);
    case Deed::kUnblock:
      return cluster_.Unblock(member);
    case Deed::kCpu: {
      const bool is_whole = action.share_ppm >= kPpm;
      const Duration slice = kCpuPeriod * action.share_ppm / kPpm;
      return cluster_.SetCpu(member, is_whole ? CpuShare{} : CpuShare{kCpuPeriod, slice, kCpuCost});
    }
    case Deed::kLeave:
      leavers_[static_cast<size_t>(member)] = true;
      if (!cluster_.Leave(member).ok()) return;
      return Began(action, member);
    default:
      return cluster_.SetHostLoss(member, action.egress ? action.loss_ppm : 0,
                                  action.ingress ? action.loss_ppm : 0);
  }
}

void Runner::Do(const Action& action) {
  switch (action.deed) {
    case Deed::kCut:
      cluster_.Cut(action.groups[0], action.groups[1], action.transports);
      return;
    case Deed::kPartition:
      cluster_.Partition(action.groups);
      return;
    case Deed::kHeal:
      return cluster_.HealAll();
    case Deed::kJoin:
      for (int i = 0; i < action.count; ++i) {
        const int member = static_cast<int>(cluster_.size());
        AddMember();
        Began(action, member);
        cluster_.Start(member);
      }
      return;
    case Deed::kLoss:
      if (action.members.empty()) return cluster_.SetLoss(action.loss_ppm);
      [[fallthrough]];
    default:
      for (const int member : action.members) DoTo(action, member);
  }
}

void Runner::Finish() {
  for (Spread& spread : result_.spreads) {
    Scorer::Detection detection;
    const Sight sight = spread.deed == Deed::kJoin    ? Sight::kJoined
                        : spread.deed == Deed::kLeave ? Sight::kLeft
                                                      : Sight::kFailed;
    const TimePoint from = start_ + Duration::Micros(static_cast<int64_t>(spread.at * 1e6 + 0.5));
    if (!scorer_.SpreadOf(sight, spread.member, from, &detection)) continue;
    spread.first = detection.first;
    spread.all = detection.full;
  }
  std::sort(result_.sizes.begin(), result_.sizes.end());
  result_.sizes.erase(std::unique(result_.sizes.begin(), result_.sizes.end()), result_.sizes.end());
  for (int member = 0; member < static_cast<int>(cluster_.size()); ++member) {
    packets_ += cluster_.traffic(member).sent_datagrams;
    const SimNode& host = cluster_.host(member);
    if (!host.is_running()) continue;
    ++result_.running_at_end;
    result_.up_at_end = std::max(result_.up_at_end, host.process()->UpCount());
  }
  const auto seconds = static_cast<double>(std::max<uint64_t>(1, member_seconds_));
  result_.bytes_mean = static_cast<double>(bytes_) / seconds;
  result_.packets_mean = static_cast<double>(packets_ - packets_before_) / seconds;
  uint64_t above = member_seconds_ / 100;
  for (size_t i = kBuckets; i-- > 0;) {
    if (windows_[i] > above) {
      result_.bytes_p99 = static_cast<double>((i + 1) * kBucketBytes);
      break;
    }
    above -= windows_[i];
  }
  const Duration last_action = plan_.actions.empty() ? Duration::Zero() : plan_.actions.back().at;
  const TimePoint calm = start_ + std::min(last_action, plan_.duration);
  if (ViewsAreEqual()) {
    result_.converged = Seconds(std::max(last_unequal_ + tick_, calm) - calm);
    if (last_unequal_ < calm) result_.converged = 0;
  }
  // False verdicts about leavers are counted as they come: to the scorer they are disturbed.
  result_.false_failures += scorer_.FalsePositives();
  result_.false_failures_at_healthy = scorer_.FalsePositivesHealthy();
  const std::vector<Violation>& violations = cluster_.checkers().violations();
  result_.broken_rules = cluster_.checkers().violation_count();
  if (!violations.empty()) {
    result_.first_broken_rule =
        absl::StrCat(RuleName(violations.front().rule), ": ", violations.front().text);
  }
  result_.steps = cluster_.steps();
  result_.digest = cluster_.digest();
}

RunResult Runner::Run() {
  Meet();
  start_ = cluster_.now();
  last_unequal_ = TimePoint::FromMicros(0);
  tick_ = std::clamp(plan_.duration / 3000, Duration::Millis(100), Duration::Seconds(1));
  for (int member = 0; member < plan_.members; ++member) {
    bytes_before_[static_cast<size_t>(member)] = BytesOf(member);
    packets_before_ += cluster_.traffic(member).sent_datagrams;
  }
  Tick();
  for (const Action& action : plan_.actions) {
    if (action.at > plan_.duration) break;
    RunTo(start_ + action.at);
    Do(action);
  }
  RunTo(start_ + plan_.duration);
  Finish();
  return std::move(result_);
}

}  // namespace

RunResult Run(const Plan& plan, const Progress& progress) {
  return std::make_unique<Runner>(plan, progress)->Run();
}

}  // namespace muster::sim
