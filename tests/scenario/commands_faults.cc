// Scenario commands about hosts, processes and the network.

#include <algorithm>
#include <utility>

#include "tests/scenario/runner.h"

namespace muster::scenario {
namespace {

bool Contains(const std::vector<int>& hosts, int host) {
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

sim::Transports ParseTransports(const Arguments& arguments) {
  if (arguments.has_word("udp")) return sim::kUdp;
  if (arguments.has_word("tcp")) return sim::kTcp;
  return sim::kBoth;
}

const char* TypeName(wire::PacketType type) {
  switch (type) {
    case wire::PacketType::kPing:
      return "ping";
    case wire::PacketType::kPingRequest:
      return "ping-request";
    case wire::PacketType::kAck:
      return "ack";
    case wire::PacketType::kNack:
      return "nack";
    case wire::PacketType::kPull:
      return "pull";
    case wire::PacketType::kGossip:
      return "gossip";
    case wire::PacketType::kVoteRequest:
      return "vote-request";
    case wire::PacketType::kVote:
      return "vote";
  }
  return "";
}

}  // namespace

void Runner::Cluster(const Arguments& arguments) { world_.Create(arguments); }

void Runner::Host(const Arguments& arguments) { world_.AddHost(arguments); }

void Runner::Start(const Arguments& arguments) {
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) world_.cluster().Start(host);
}

void Runner::Crash(const Arguments& arguments) {
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) world_.cluster().Crash(host);
}

void Runner::PowerOff(const Arguments& arguments) {
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) {
    world_.cluster().PowerOff(host);
  }
}

void Runner::Restart(const Arguments& arguments) {
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) {
    sim::RestartOptions options;
    options.lost_disk = arguments.Get("disk", "kept") == "lost";
    options.no_seeds = arguments.Get("seeds", "kept") == "none";
    if (const auto text = arguments.Find("address")) {
      const absl::StatusOr<Address> address = Address::Parse(*text);
      if (!address.ok()) throw ScriptError{std::string(address.status().message())};
      options.address = *address;
    }
    if (options.lost_disk) world_.NoteLostDisk(host, world_.cluster().host(host).disk().id);
    world_.cluster().Restart(host, options);
  }
}

void Runner::Pause(const Arguments& arguments) {
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) world_.cluster().Pause(host);
}

void Runner::Resume(const Arguments& arguments) {
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) world_.cluster().Resume(host);
}

void Runner::Lateness(const Arguments& arguments) {
  const Duration by = ParseSpan(arguments.word(1, "a span"));
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) {
    world_.cluster().SetLateness(host, by);
  }
}

void Runner::Partition(const Arguments& arguments) {
  std::vector<std::vector<int>> groups;
  for (std::string part : Split(arguments.word(0, "groups such as (1,2)|(3)"), '|')) {
    std::erase_if(part, [](char c) { return c == '(' || c == ')'; });
    groups.push_back(world_.HostsAt(part));
  }
  world_.cluster().Partition(groups);
}

void Runner::OneWay(const Arguments& arguments) {
  world_.cluster().Cut(world_.HostsAt(arguments.Need("from")), world_.HostsAt(arguments.Need("to")),
                       ParseTransports(arguments));
}

void Runner::Heal(const Arguments&) {
  world_.cluster().HealAll();
  switched_off_.clear();
}

void Runner::SwitchTransport(const Arguments& arguments, sim::Transports transports) {
  const std::string& how = arguments.word(0, "on or off");
  if (how != "on" && how != "off") throw ScriptError{"neither on nor off: " + how};
  sim::Cluster& cluster = world_.cluster();
  for (const int host : world_.HostsAt(arguments.word(1, "hosts"))) {
    if (how == "off") {
      const std::vector<int> all = world_.HostsAt("all");
      switched_off_.push_back(
          {host,
           transports,
           {cluster.Cut({host}, all, transports), cluster.Cut(all, {host}, transports)}});
      continue;
    }
    std::erase_if(switched_off_, [&](const SwitchedOff& off) {
      if (off.host != host || off.transports != transports) return false;
      for (const auto cut : off.cuts) cluster.Heal(cut);
      return true;
    });
  }
}

void Runner::Udp(const Arguments& arguments) { SwitchTransport(arguments, sim::kUdp); }

void Runner::Tcp(const Arguments& arguments) { SwitchTransport(arguments, sim::kTcp); }

void Runner::Loss(const Arguments& arguments) {
  const auto hosts = arguments.Find("at");
  if (!hosts) {
    world_.cluster().SetLoss(ParseRatio(arguments.word(0, "a percentage")));
    return;
  }
  const uint32_t out = ParseRatio(arguments.Get("out", "0%"));
  const uint32_t in = ParseRatio(arguments.Get("in", "0%"));
  for (const int host : world_.HostsAt(*hosts)) world_.cluster().SetHostLoss(host, out, in);
}

bool Runner::Drops(int from, int to, sim::Transports transport, std::string_view bytes) {
  std::string type = "tcp";
  if (transport == sim::kUdp) {
    wire::Packet packet;
    if (world_.forge().codec().DecodePacket(bytes, &packet) != wire::Reject::kNone) return false;
    type = TypeName(packet.type);
  }
  return std::any_of(drops_.begin(), drops_.end(), [&](const Drop& drop) {
    return (drop.type == type || drop.type == "all") && Contains(drop.from, from) &&
           Contains(drop.to, to);
  });
}

void Runner::DropPackets(const Arguments& arguments) {
  if (arguments.has_word("off")) {
    drops_.clear();
    InstallFilter();
    return;
  }
  drops_.push_back({arguments.Need("type"), world_.HostsAt(arguments.Get("from", "all")),
                    world_.HostsAt(arguments.Get("to", "all"))});
  InstallFilter();
}

void Runner::InstallFilter() {
  if (drops_.empty() && !trace_packets_) {
    world_.cluster().network().SetFilter(nullptr);
    return;
  }
  world_.cluster().network().SetFilter(
      [this](int from, int to, sim::Transports transport, std::string_view bytes) {
        const bool drops = !drops_.empty() && Drops(from, to, transport, bytes);
        if (trace_packets_ && !drops) TracePacket(from, to, transport, bytes);
        return drops;
      });
}

void Runner::TracePacket(int from, int to, sim::Transports transport, std::string_view bytes) {
  std::string line = "n" + std::to_string(from + 1) + " > n" + std::to_string(to + 1) + " ";
  wire::Packet packet;
  if (transport == sim::kTcp) {
    line += "tcp " + std::to_string(bytes.size());
  } else if (world_.forge().codec().DecodePacket(bytes, &packet) != wire::Reject::kNone) {
    line += "undecodable";
  } else {
    line += std::string(TypeName(packet.type)) + " " + std::to_string(packet.sequence);
    if (packet.answers != 0) line += " to " + std::to_string(packet.answers);
    if (packet.health != 0) line += " health " + std::to_string(packet.health);
    for (const wire::Update& update : packet.updates) {
      line += std::string(", ") + world_.Label(update.id) + " " + wire::StateName(update.state) +
              " " + std::to_string(update.incarnation.epoch()) + "." +
              std::to_string(update.incarnation.counter());
    }
  }
  if (world_.cluster().network().Blocked(from, to, transport)) line += " (cut)";
  packets_.emplace_back(world_.cluster().now(), std::move(line));
}

}  // namespace muster::scenario
