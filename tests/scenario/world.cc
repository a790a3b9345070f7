#include "tests/scenario/world.h"

#include <algorithm>

#include "src/core/options.h"

namespace muster::scenario {
namespace {

// A profile by its name, with the options that a file may change.
core::Options ParseOptions(const Arguments& arguments) {
  core::Profile profile;
  const std::string name = arguments.Get("profile", "lan");
  if (!core::ParseProfile(name, &profile).ok()) throw ScriptError{"no profile " + name};
  core::Options options = core::Options::For(profile);
  options.tolerance = arguments.Span("tolerance", options.tolerance);
  options.period = arguments.Span("period", options.period);
  options.members_max = static_cast<int>(arguments.Number("members-max", options.members_max));
  options.tombstone_for = arguments.Span("tombstone-for", options.tombstone_for);
  options.tombstone_quiet = arguments.Span("tombstone-quiet", options.tombstone_quiet);
  const absl::Status status = options.Validate();
  if (!status.ok()) throw ScriptError{std::string(status.message())};
  return options;
}

Address ParseAddress(const std::string& text) {
  const absl::StatusOr<Address> address = Address::Parse(text);
  if (!address.ok()) throw ScriptError{std::string(address.status().message())};
  return *address;
}

}  // namespace

sim::Cluster& World::cluster() {
  if (cluster_ == nullptr) throw ScriptError{"no cluster yet: start with `cluster n=3`"};
  return *cluster_;
}

void World::Create(const Arguments& arguments) {
  if (cluster_ != nullptr) throw ScriptError{"one cluster a file"};
  sim::ClusterConfig config;
  config.seed = static_cast<uint64_t>(arguments.Number("seed", 1));
  config.options = ParseOptions(arguments);
  const int n = static_cast<int>(arguments.Number("n", 3));
  if (n < 1 || static_cast<uint64_t>(n) > kHostsMax) throw ScriptError{"n must be 1 to 64"};
  cluster_ = std::make_unique<sim::Cluster>(config);
  for (int i = 0; i < n; ++i) cluster_->AddHost("n" + std::to_string(i + 1));
  std::vector<Address> seeds;
  for (const int seed : HostsAt(arguments.Get("seeds", "1"))) {
    seeds.push_back(cluster_->host(seed).config().address);
  }
  for (int i = 0; i < n; ++i) cluster_->config(i).seeds = seeds;
}

void World::AddHost(const Arguments& arguments) {
  const int model = 0;
  sim::HostConfig config;
  config.options = cluster().host(model).config().options;
  config.options.tolerance = arguments.Span("tolerance", config.options.tolerance);
  config.seeds = cluster().host(model).config().seeds;
  config.name = arguments.Get("name", "n" + std::to_string(cluster().size() + 1));
  config.cluster = arguments.Get("cluster", config.cluster);
  if (const auto text = arguments.Find("address")) config.address = ParseAddress(*text);
  if (const auto text = arguments.Find("advertise")) config.advertise = ParseAddress(*text);
  if (const auto text = arguments.Find("seeds")) {
    config.seeds.clear();
    for (const int seed : HostsAt(*text)) {
      config.seeds.push_back(cluster().host(seed).config().address);
    }
  }
  if (const auto text = arguments.Find("disk-of")) {
    cluster().Clone(HostAt(*text), std::move(config));
  } else {
    cluster().AddHost(std::move(config));
  }
}

int World::HostAt(std::string_view text) {
  if (!text.empty() && text[0] == 'n') text.remove_prefix(1);
  const int64_t number = ParseNumber(text);
  if (number < 1 || static_cast<uint64_t>(number) > cluster().size()) {
    throw ScriptError{"no host " + std::string(text)};
  }
  return static_cast<int>(number) - 1;
}

std::vector<int> World::HostsAt(std::string_view text) {
  std::vector<int> hosts;
  if (text == "all") {
    for (size_t i = 0; i < cluster().size(); ++i) hosts.push_back(static_cast<int>(i));
    return hosts;
  }
  for (const std::string& part : Split(text, ',')) {
    const size_t dash = part.find('-');
    const int first = HostAt(part.substr(0, dash));
    const int last = dash == std::string::npos ? first : HostAt(part.substr(dash + 1));
    for (int host = first; host <= last; ++host) hosts.push_back(host);
  }
  return hosts;
}

std::vector<int> World::Running() const {
  std::vector<int> running;
  for (size_t i = 0; i < cluster_->size(); ++i) {
    if (cluster_->host(static_cast<int>(i)).is_running()) running.push_back(static_cast<int>(i));
  }
  return running;
}

std::vector<int> World::Observers(const Arguments& arguments, const std::vector<HostId>& except) {
  if (const auto at = arguments.Find("at")) return HostsAt(*at);
  std::vector<int> observers = Running();
  std::erase_if(observers, [&](int host) {
    return std::find(except.begin(), except.end(), cluster().host(host).disk().id) != except.end();
  });
  return observers;
}

void World::NoteLostDisk(int host, const HostId& old) {
  const std::string label = "n" + std::to_string(host + 1) + ".old";
  std::erase_if(old_members_, [&](const auto& entry) { return entry.first == label; });
  old_members_.emplace_back(label, old);
}

HostId World::Member(std::string_view label) {
  for (const auto& [name, id] : old_members_) {
    if (name == label || name == "n" + std::string(label)) return id;
  }
  for (const GhostMember& ghost : ghosts_) {
    if (ghost.label == label) return ghost.id;
  }
  return cluster().host(HostAt(label)).disk().id;
}

std::string World::Label(const HostId& id) const {
  for (size_t i = 0; i < cluster_->size(); ++i) {
    if (cluster_->host(static_cast<int>(i)).disk().id == id) return "n" + std::to_string(i + 1);
  }
  for (const auto& [name, old] : old_members_) {
    if (old == id) return name;
  }
  for (const GhostMember& ghost : ghosts_) {
    if (ghost.id == id) return ghost.label;
  }
  return "unknown:" + id.ToHexPrefix(8);
}

const wire::Attributes& World::Ghost(const std::string& label, HostId* id) {
  auto it = std::find_if(ghosts_.begin(), ghosts_.end(),
                         [&](const GhostMember& ghost) { return ghost.label == label; });
  if (it == ghosts_.end()) {
    const uint32_t number = static_cast<uint32_t>(ghosts_.size()) + 1;
    // 10.9.0.0/16: where no host is.
    const Address address = Address::V4((10u << 24) + (9u << 16) + number, kDefaultPort);
    ghosts_.push_back({label, testing::TestId(number), testing::TestAttributes(label, address)});
    it = ghosts_.end() - 1;
  }
  *id = it->id;
  return it->attributes;
}

}  // namespace muster::scenario
