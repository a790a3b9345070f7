// Scenario commands that let time pass and print what there is to see.

#include <algorithm>
#include <utility>

#include "tests/scenario/runner.h"

namespace muster::scenario {
namespace {

using core::Event;
using core::EventType;

std::string IncarnationText(Incarnation incarnation) {
  const std::string counter = incarnation.is_top() ? "top" : std::to_string(incarnation.counter());
  return std::to_string(incarnation.epoch()) + "." + counter;
}

bool IsUp(wire::State state) {
  return state == wire::State::kAlive || state == wire::State::kSuspect;
}

// Named counters of a node, as `stats` writes them.
uint64_t Counter(const core::Stats& stats, const std::string& name) {
  if (name.rfind("rejected.", 0) == 0) {
    for (int i = 0; i < wire::kRejectCount; ++i) {
      const wire::Reject reject = static_cast<wire::Reject>(i);
      if (name.substr(9) == wire::RejectName(reject)) {
        return stats.rejected[static_cast<size_t>(i)];
      }
    }
  }
  if (name == "rejected") {
    uint64_t sum = 0;
    for (const uint64_t count : stats.rejected) sum += count;
    return sum;
  }
  const std::pair<const char*, uint64_t> counters[] = {
      {"probes", stats.probes},
      {"probes_answered", stats.probes_answered},
      {"probes_relayed", stats.probes_relayed},
      {"probes_failed", stats.probes_failed},
      {"probes_void", stats.probes_void},
      {"suspicions", stats.suspicions},
      {"verdicts", stats.verdicts},
      {"verdicts_delayed", stats.verdicts_delayed},
      {"refutations", stats.refutations},
      {"syncs", stats.syncs},
      {"syncs_changed", stats.syncs_changed},
      {"stalls", stats.stalls},
      {"streams_refused", stats.streams_refused},
      {"packets_out", stats.packets_out},
      {"frames_out", stats.frames_out},
  };
  for (const auto& [known, value] : counters) {
    if (name == known) return value;
  }
  throw ScriptError{"no counter " + name};
}

}  // namespace

void Runner::Advance(const Arguments& arguments) {
  world_.cluster().RunFor(ParseSpan(arguments.word(0, "a span")));
}

// ---- Conditions ----

Runner::Condition Runner::MemberCondition(const std::string& kind, const Arguments& arguments) {
  std::vector<HostId> subjects;
  std::vector<std::string> labels = Split(arguments.word(1, "members"), ',');
  for (const std::string& label : labels) {
    // A range is of hosts; anything else may be a ghost or a former member.
    if (label.find('-') != std::string::npos || label == "all") {
      for (const int host : world_.HostsAt(label)) {
        subjects.push_back(world_.cluster().host(host).disk().id);
      }
    } else {
      subjects.push_back(world_.Member(label));
    }
  }
  const std::vector<int> observers = world_.Observers(arguments, subjects);
  if (observers.empty()) throw ScriptError{"nobody is left to observe"};
  return [this, kind, subjects, observers](std::string* seen) {
    for (const int observer : observers) {
      for (const HostId& subject : subjects) {
        const core::MemberView* view = world_.cluster().View(observer, subject);
        const bool is_gone = view == nullptr || view->state == wire::State::kPruned;
        const std::string state = is_gone ? "gone" : wire::StateName(view->state);
        const bool is_up = view != nullptr && IsUp(view->state);
        if (kind == state || (kind == "up" && is_up) || (kind == "notup" && !is_up)) continue;
        *seen =
            "n" + std::to_string(observer + 1) + " shows " + world_.Label(subject) + " " + state;
        return false;
      }
    }
    return true;
  };
}

Runner::Condition Runner::EventCondition(const Arguments& arguments) {
  const std::string type = arguments.word(1, "an event type");
  const int host = world_.HostAt(arguments.Need("at"));
  std::optional<HostId> subject;
  if (const auto of = arguments.Find("of")) subject = world_.Member(*of);
  const size_t from = events_shown_.size() > static_cast<size_t>(host)
                          ? events_shown_[static_cast<size_t>(host)]
                          : 0;
  return [this, type, host, subject, from](std::string* seen) {
    const std::vector<sim::Recorded>& events = world_.cluster().events();
    for (size_t i = from; i < events.size(); ++i) {
      const Event& event = events[i].event;
      if (events[i].host == host && core::EventTypeName(event.type) == type &&
          (!subject || event.member == *subject)) {
        return true;
      }
    }
    *seen = "no such event";
    return false;
  };
}

Runner::Condition Runner::ParseCondition(const Arguments& arguments) {
  const std::string& kind = arguments.word(0, "a condition");
  if (kind == "agree") {
    return [this](std::string* seen) {
      *seen = "tables differ";
      return world_.cluster().Agreed();
    };
  }
  if (kind == "size") {
    const uint64_t size = static_cast<uint64_t>(ParseNumber(arguments.word(1, "a number")));
    const std::vector<int> observers = world_.Observers(arguments, {});
    return [this, size, observers](std::string* seen) {
      for (const int observer : observers) {
        if (!world_.cluster().host(observer).is_running()) continue;
        const size_t up = world_.cluster().node(observer).members().up_count();
        if (up == size) continue;
        *seen = "n" + std::to_string(observer + 1) + " counts " + std::to_string(up);
        return false;
      }
      return true;
    };
  }
  if (kind == "stopped") {
    const std::vector<int> hosts = world_.HostsAt(arguments.word(1, "hosts"));
    return [this, hosts](std::string* seen) {
      *seen = "still running";
      return std::all_of(hosts.begin(), hosts.end(), [this](int host) {
        return world_.cluster().host(host).state() == sim::ProcessState::kStopped;
      });
    };
  }
  if (kind == "event") return EventCondition(arguments);
  for (const char* known :
       {"alive", "suspect", "failed", "leaving", "left", "gone", "up", "notup"}) {
    if (kind == known) return MemberCondition(kind, arguments);
  }
  throw ScriptError{"no condition " + kind};
}

void Runner::Await(const Arguments& arguments) {
  const Condition condition = ParseCondition(arguments);
  const Duration within = arguments.NeedSpan("within");
  const TimePoint start = world_.cluster().now();
  std::string seen;
  const bool holds = world_.cluster().RunUntil([&] { return condition(&seen); }, within);
  std::string line =
      holds ? "ok within " + SpanText(within) : "NOT within " + SpanText(within) + ": " + seen;
  if (holds && trace_) {
    line += ", after " + std::to_string((world_.cluster().now() - start).micros() / 1000) + " ms";
  }
  Print(line);
}

void Runner::Hold(const Arguments& arguments) {
  const Condition condition = ParseCondition(arguments);
  const Duration span = arguments.NeedSpan("for");
  const TimePoint start = world_.cluster().now();
  std::string seen;
  const bool broke = world_.cluster().RunUntil([&] { return !condition(&seen); }, span);
  if (!broke) {
    Print("held for " + SpanText(span));
    return;
  }
  Print("BROKE after " + std::to_string((world_.cluster().now() - start).micros() / 1000) +
        " ms: " + seen);
}

// ---- Views ----

void Runner::Members(const Arguments& arguments) {
  const bool full = arguments.has_word("full");
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) {
    const core::MemberTable& members = world_.cluster().node(host).members();
    std::vector<std::string> lines;
    for (size_t i = 0; i < members.size(); ++i) {
      const core::MemberView& member = members[i];
      if (member.state == wire::State::kPruned) continue;  // hidden from users
      std::string line = members.DisplayName(i) + " " + wire::StateName(member.state);
      if (full) {
        line += " " + IncarnationText(member.incarnation) + " " +
                member.attributes().address.ToString();
        if (member.udp_impaired) line += " udp-impaired";
      }
      if (full || arguments.has_word("tags")) {
        for (const auto& [key, value] : member.attributes().tags) line += " " + key + "=" + value;
      }
      lines.push_back(std::move(line));
    }
    std::sort(lines.begin(), lines.end());
    for (const std::string& line : lines) Print(line);
  }
}

std::optional<std::string> Runner::EventLine(const Event& event, bool with_by, bool all) {
  std::string line = core::EventTypeName(event.type);
  switch (event.type) {
    case EventType::kSelfHealth:
    case EventType::kAgreement:
    case EventType::kEpochRaised:
    case EventType::kJoinTried:
    case EventType::kSeedsWanted:
    case EventType::kPingDone:
      if (!all) return std::nullopt;
      line += " " + std::to_string(event.value);
      break;
    case EventType::kSelfIsolated:
      line += event.value != 0 ? " yes" : " no";
      break;
    case EventType::kRefutedSelf:
      line += " " + IncarnationText(Incarnation::FromRaw(event.value));
      break;
    case EventType::kLeaveDone:
      line += " " + std::to_string(event.value) + " of " + std::to_string(event.asked);
      break;
    default:
      break;
  }
  if (!event.member.is_zero()) line += " " + world_.Label(event.member);
  if (event.reason != wire::Reason::kNone) {
    line += std::string(" (") + wire::ReasonText(event.reason) + ")";
  }
  if (with_by && event.by != 0) {
    for (const int host : world_.HostsAt("all")) {
      const HostId id = world_.cluster().host(host).disk().id;
      if (static_cast<uint32_t>(id.hi >> 32) == event.by) {
        line += " by " + world_.Label(id);
        break;
      }
    }
  }
  return line;
}

void Runner::Events(const Arguments& arguments) {
  const std::vector<int> hosts = world_.HostsAt(arguments.word(0, "hosts"));
  std::optional<HostId> subject;
  if (const auto of = arguments.Find("of")) subject = world_.Member(*of);
  const std::optional<std::string> only = arguments.Find("only");
  const std::vector<sim::Recorded>& events = world_.cluster().events();
  events_shown_.resize(world_.cluster().size(), 0);
  // Hosts that saw the same share one listing.
  std::vector<std::pair<std::string, std::vector<std::string>>> listings;
  for (const int host : hosts) {
    std::vector<std::string> lines;
    for (size_t i = events_shown_[static_cast<size_t>(host)]; i < events.size(); ++i) {
      const Event& event = events[i].event;
      if (events[i].host != host || (subject && event.member != *subject)) continue;
      // For the checkers alone: what users are shown comes with its own event.
      if (event.type == core::EventType::kVerdictHeld) continue;
      if (only && *only != core::EventTypeName(event.type)) continue;
      auto line = EventLine(events[i].event, arguments.has_word("by"), arguments.has_word("all"));
      if (line) lines.push_back(std::move(*line));
    }
    events_shown_[static_cast<size_t>(host)] = events.size();
    if (arguments.has_word("sorted")) std::sort(lines.begin(), lines.end());
    if (lines.empty()) lines.push_back("nothing");
    const std::string name = "n" + std::to_string(host + 1);
    auto same = std::find_if(listings.begin(), listings.end(),
                             [&](const auto& listing) { return listing.second == lines; });
    if (same == listings.end()) {
      listings.emplace_back(name, std::move(lines));
    } else {
      same->first += " " + name;
    }
  }
  for (const auto& [names, lines] : listings) {
    if (hosts.size() > 1) Print(names + ":");
    for (const std::string& line : lines) Print((hosts.size() > 1 ? "  " : "") + line);
  }
}

void Runner::Seen(const Arguments&) {
  events_shown_.assign(world_.cluster().size(), world_.cluster().events().size());
}

void Runner::Stats(const Arguments& arguments) {
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) {
    const core::Stats& stats = world_.cluster().node(host).stats();
    const std::string prefix = "n" + std::to_string(host + 1) + " ";
    for (size_t i = 1; i < arguments.words().size(); ++i) {
      const std::string& test = arguments.words()[i];  // counter>=number
      const size_t at = test.find(">=");
      if (at == std::string::npos) throw ScriptError{"neither name=number nor name>=number"};
      const uint64_t value = Counter(stats, test.substr(0, at));
      const bool holds = value >= static_cast<uint64_t>(ParseNumber(test.substr(at + 2)));
      Print(prefix + test + (holds ? "" : ": NO, " + std::to_string(value)));
    }
    for (const auto& [name, number] : arguments.pairs()) {
      const uint64_t value = Counter(stats, name);
      const bool holds = value == static_cast<uint64_t>(ParseNumber(number));
      Print(prefix + name + "=" + number + (holds ? "" : ": NO, " + std::to_string(value)));
    }
  }
}

void Runner::Self(const Arguments& arguments) {
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) {
    const core::Node& node = world_.cluster().node(host);
    std::string line = "n" + std::to_string(host + 1) + " " + IncarnationText(node.incarnation());
    if (node.isolated()) line += " isolated";
    if (node.leaving()) line += " leaving";
    line += node.join_state() == core::JoinState::kJoined    ? " joined"
            : node.join_state() == core::JoinState::kJoining ? " joining"
                                                             : " alone";
    if (arguments.has_word("error") && !node.last_join_error().empty()) {
      line += ": " + node.last_join_error();
    }
    Print(line);
  }
}

void Runner::Exit(const Arguments& arguments) {
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) {
    const sim::SimNode& node = world_.cluster().host(host);
    const bool stopped = node.state() == sim::ProcessState::kStopped;
    Print("n" + std::to_string(host + 1) + " " + (stopped ? sim::ExitName(node.exit()) : "runs"));
  }
}

void Runner::Trace(const Arguments& arguments) {
  const std::string& what = arguments.word(0, "on, packets or off");
  trace_ = what != "off";
  trace_packets_ = what == "packets";
  traced_ = world_.cluster().events().size();
  InstallFilter();
}

void Runner::Checks(const Arguments& arguments) {
  for (const std::string& name : Split(arguments.Need("off"), ',')) {
    bool known = false;
    for (int i = 0; i < sim::kRuleCount; ++i) {
      const sim::Rule rule = static_cast<sim::Rule>(i);
      if (name != sim::RuleName(rule)) continue;
      world_.cluster().checkers().Disable(rule);
      known = true;
    }
    if (!known) throw ScriptError{"no rule " + name};
  }
}

}  // namespace muster::scenario
