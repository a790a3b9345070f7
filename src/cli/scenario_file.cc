#include "src/cli/scenario_file.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "src/cli/text.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace muster::cli {
namespace {

using sim::Action;
using sim::Deed;

constexpr size_t kEventsMax = 100'000;

// The keys that an event of that deed may have beside `at` and `do`; the first `required` of them
// it must have.
struct Shape {
  Deed deed;
  size_t required;
  std::vector<std::string> keys;
};

const std::vector<Shape>& Shapes() {
  static const std::vector<Shape> shapes = {{Deed::kCrash, 1, {"members"}},
                                            {Deed::kPowerOff, 1, {"members"}},
                                            {Deed::kRestart, 1, {"members", "lost-disk"}},
                                            {Deed::kPause, 1, {"members"}},
                                            {Deed::kResume, 1, {"members"}},
                                            {Deed::kBlock, 1, {"members"}},
                                            {Deed::kUnblock, 1, {"members"}},
                                            {Deed::kCpu, 2, {"members", "share"}},
                                            {Deed::kLoss, 1, {"loss", "members", "direction"}},
                                            {Deed::kCut, 2, {"from", "to", "transport"}},
                                            {Deed::kPartition, 1, {"groups"}},
                                            {Deed::kHeal, 0, {}},
                                            {Deed::kLeave, 1, {"members"}},
                                            {Deed::kJoin, 1, {"count"}}};
  return shapes;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> DeedNames() {
  std::vector<std::string> names;
  for (const Shape& shape : Shapes()) names.emplace_back(sim::DeedName(shape.deed));
  return names;
}

class Reader {
 public:
  Reader(const std::string& path, std::optional<int64_t> members, std::optional<Duration> duration)
      : path_(path), members_flag_(members), duration_flag_(duration) {}
  Result<ScenarioFile> Read(std::string_view text);

 private:
  // Remembers the first thing that is wrong; always false.
  bool Wrong(const toml::node& node, const std::string& what, const std::string& fact,
             const std::string& remedy);
  bool ReadSetting(std::string_view key, const toml::node& node);
  bool ReadEvents(const toml::node& node);
  bool ReadEvent(const toml::table& table);
  bool ReadKey(const std::string& key, const toml::node& node, Action* action);
  bool ReadText(const std::string& key, const toml::node& node, std::string* text);
  bool ReadCount(const std::string& key, const toml::node& node, int64_t low, int64_t high,
                 int64_t* count);
  bool ReadTime(const std::string& key, const toml::node& node, Duration* time);
  bool ReadPercent(const std::string& key, const toml::node& node, uint32_t* ppm);
  bool ReadMembers(const toml::node& node, std::vector<int>* members);
  bool ReadRange(const toml::node& node, std::vector<int>* members);
  bool ReadGroups(const toml::node& node, Action* action);
  // Whether all members named are there when something happens to them.
  bool CheckMembers();

  const std::string& path_;
  std::optional<int64_t> members_flag_;
  std::optional<Duration> duration_flag_;
  ScenarioFile file_;
  struct Placed {
    Action action;
    const toml::node* node;
  };
  std::vector<Placed> placed_;
  std::optional<Failure> failure_;
};

bool Reader::Wrong(const toml::node& node, const std::string& what, const std::string& fact,
                   const std::string& remedy) {
  failure_ = Failure{ExitCode::kUsage, what,
                     "line " + std::to_string(node.source().begin.line) + " of " + path_ +
                         (fact.empty() ? "" : ": " + fact),
                     remedy};
  return false;
}

bool Reader::ReadText(const std::string& key, const toml::node& node, std::string* text) {
  const auto* value = node.as_string();
  if (value == nullptr || value->get().empty()) {
    return Wrong(node, "'" + key + "' is no text", "", key + " = \"...\"");
  }
  *text = value->get();
  return true;
}

bool Reader::ReadCount(const std::string& key, const toml::node& node, int64_t low, int64_t high,
                       int64_t* count) {
  const auto* value = node.as_integer();
  if (value != nullptr && value->get() >= low && value->get() <= high) {
    *count = value->get();
    return true;
  }
  const std::string got = value == nullptr ? "" : " " + std::to_string(value->get());
  return Wrong(
      node, "bad value" + got + " for '" + key + "'",
      "it must be a whole number from " + std::to_string(low) + " to " + std::to_string(high),
      key + " = " + std::to_string(std::clamp<int64_t>(10, low, high)));
}

bool Reader::ReadTime(const std::string& key, const toml::node& node, Duration* time) {
  std::string text;
  if (!ReadText(key, node, &text)) {
    failure_->remedy = key + " = \"10s\"";
    return false;
  }
  if (ParseDuration(text, time)) return true;
  return Wrong(node, "bad time '" + text + "' for '" + key + "'", "it is no span of time",
               "write a number and its unit: \"500ms\", \"10s\", \"2m\"");
}

bool Reader::ReadPercent(const std::string& key, const toml::node& node, uint32_t* ppm) {
  std::string text;
  if (!ReadText(key, node, &text)) {
    failure_->remedy = key + " = \"5%\"";
    return false;
  }
  if (ParsePercent(text, ppm)) return true;
  return Wrong(node, "bad value '" + text + "' for '" + key + "'", "it is no share in percent",
               "write it from \"0%\" to \"100%\", for instance \"2.5%\"");
}

// "n3", or "n3-n7" with both ends.
bool Reader::ReadRange(const toml::node& node, std::vector<int>* members) {
  std::string text;
  if (!ReadText("members", node, &text)) {
    failure_->remedy = "members = [\"n3\", \"n10-n14\"]";
    return false;
  }
  const auto index = [](std::string_view name) {
    int value = -1;
    if (!name.starts_with('n')) return -1;
    const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), value);
    return error == std::errc() && end == name.data() + name.size() ? value : -1;
  };
  const std::string_view view = text;
  const size_t dash = view.find('-');
  const int first = index(view.substr(0, dash));
  const int last = dash == std::string_view::npos ? first : index(view.substr(dash + 1));
  if (first < 0 || last < first || last >= sim::kPlanMembersMax) {
    return Wrong(node, "'" + text + "' names no members", "members are n0, n1, n2 ...",
                 "write \"n3\" for one, \"n10-n14\" for five");
  }
  for (int member = first; member <= last; ++member) members->push_back(member);
  return true;
}

bool Reader::ReadMembers(const toml::node& node, std::vector<int>* members) {
  const toml::array* list = node.as_array();
  if (list == nullptr) return ReadRange(node, members);
  for (const toml::node& element : *list) {
    if (!ReadRange(element, members)) return false;
  }
  if (!members->empty()) return true;
  return Wrong(node, "an empty list of members", "", "members = [\"n3\", \"n10-n14\"]");
}

bool Reader::ReadGroups(const toml::node& node, Action* action) {
  const toml::array* list = node.as_array();
  const char* const remedy = "groups = [[\"n0-n9\"], [\"n10-n19\"]]";
  if (list == nullptr || list->size() < 2) {
    return Wrong(node, "'groups' are not two or more lists of members", "", remedy);
  }
  std::vector<int> all;
  for (const toml::node& element : *list) {
    std::vector<int> group;
    if (!ReadMembers(element, &group)) return false;
    all.insert(all.end(), group.begin(), group.end());
    action->groups.push_back(std::move(group));
  }
  std::sort(all.begin(), all.end());
  const auto twice = std::adjacent_find(all.begin(), all.end());
  if (twice == all.end()) return true;
  return Wrong(node, "n" + std::to_string(*twice) + " is in two groups", "", remedy);
}

bool Reader::ReadKey(const std::string& key, const toml::node& node, Action* action) {
  if (key == "members") return ReadMembers(node, &action->members);
  if (key == "groups") return ReadGroups(node, action);
  if (key == "share") return ReadPercent(key, node, &action->share_ppm);
  if (key == "loss") return ReadPercent(key, node, &action->loss_ppm);
  if (key == "from" || key == "to") {
    action->groups.resize(2);
    return ReadMembers(node, &action->groups[key == "from" ? 0 : 1]);
  }
  if (key == "count") {
    int64_t count = 0;
    if (!ReadCount(key, node, 1, sim::kPlanMembersMax, &count)) return false;
    action->count = static_cast<int>(count);
    return true;
  }
  if (key == "lost-disk") {
    const auto* flag = node.as_boolean();
    if (flag == nullptr) return Wrong(node, "'lost-disk' is no truth", "", "lost-disk = true");
    action->lost_disk = flag->get();
    return true;
  }
  std::string text;
  if (!ReadText(key, node, &text)) return false;
  if (key == "direction") {
    action->ingress = text == "in" || text == "both";
    action->egress = text == "out" || text == "both";
    if (action->ingress || action->egress) return true;
    return Wrong(node, "bad value '" + text + "' for 'direction'", "",
                 "direction = \"in\", \"out\" or \"both\"");
  }
  action->transports = text == "udp" ? sim::kUdp : text == "tcp" ? sim::kTcp : sim::kBoth;
  if (text == "udp" || text == "tcp" || text == "both") return true;
  return Wrong(node, "bad value '" + text + "' for 'transport'", "",
               "transport = \"udp\", \"tcp\" or \"both\"");
}

bool Reader::ReadEvent(const toml::table& table) {
  Action action;
  const toml::node* const at = table.get("at");
  const toml::node* const deed = table.get("do");
  if (at == nullptr || deed == nullptr) {
    return Wrong(table, "an event without '" + std::string(at == nullptr ? "at" : "do") + "'", "",
                 "at = \"10s\" and do = \"crash\"");
  }
  std::string name;
  if (!ReadTime("at", *at, &action.at) || !ReadText("do", *deed, &name)) return false;
  if (!sim::ParseDeed(name, &action.deed)) {
    return Wrong(*deed, "nothing is called '" + name + "'",
                 "the nearest is '" + Nearest(name, DeedNames()) + "'", Joined(DeedNames()));
  }
  const Shape& shape = Shapes()[static_cast<size_t>(action.deed)];
  for (const auto& [toml_key, node] : table) {
    const std::string key(toml_key.str());
    if (key == "at" || key == "do") continue;
    if (std::find(shape.keys.begin(), shape.keys.end(), key) == shape.keys.end()) {
      return Wrong(node, "unknown key '" + key + "' of '" + name + "'", "",
                   shape.keys.empty() ? "leave it out" : "keys are at, do, " + Joined(shape.keys));
    }
    if (!ReadKey(key, node, &action)) return false;
  }
  for (size_t i = 0; i < shape.required; ++i) {
    if (table.contains(shape.keys[i])) continue;
    return Wrong(table, "'" + name + "' without '" + shape.keys[i] + "'", "",
                 "keys are at, do, " + Joined(shape.keys));
  }
  placed_.push_back({std::move(action), at});
  return true;
}

bool Reader::ReadEvents(const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
    return Wrong(node, "'event' is no list of tables", "",
                 "write [[event]] before the lines of each event");
  }
  if (list->size() > kEventsMax) {
    return Wrong(node, "too many events: " + std::to_string(list->size()),
                 "at most " + std::to_string(kEventsMax), "shorten the file");
  }
  for (const toml::node& element : *list) {
    if (!ReadEvent(*element.as_table())) return false;
  }
  return true;
}

bool Reader::ReadSetting(std::string_view key, const toml::node& node) {
  const std::string name(key);
  if (name == "event") return ReadEvents(node);
  if (name == "members") {
    int64_t members = 0;
    const bool ok = ReadCount(name, node, sim::kPlanMembersMin, sim::kPlanMembersMax, &members);
    file_.members = members;
    return ok;
  }
  if (name == "seed") {
    int64_t seed = 0;
    const bool ok = ReadCount(name, node, 0, INT64_MAX, &seed);
    file_.seed = seed;
    return ok;
  }
  if (name == "duration" || name == "latency") {
    Duration time;
    if (!ReadTime(name, node, &time)) return false;
    (name == "duration" ? file_.duration : file_.latency) = time;
    return true;
  }
  if (name == "loss") {
    uint32_t ppm = 0;
    if (!ReadPercent(name, node, &ppm)) return false;
    return ReadText(name, node, &file_.loss);
  }
  if (name == "profile") return ReadText(name, node, &file_.profile);
  if (name == "tolerance" || name == "period") {
    Duration time;
    if (!ReadTime(name, node, &time)) return false;
    return ReadText(name, node, name == "period" ? &file_.period : &file_.tolerance);
  }
  const std::vector<std::string> keys = {"members",   "duration", "seed",    "loss", "latency",
                                         "tolerance", "period",   "profile", "event"};
  return Wrong(node, "unknown key '" + name + "' in the scenario",
               "the nearest is '" + Nearest(name, keys) + "'", "keys are " + Joined(keys));
}

bool Reader::CheckMembers() {
  const sim::Plan defaults;
  int64_t there = members_flag_.value_or(file_.members.value_or(defaults.members));
  const Duration end = duration_flag_.value_or(file_.duration.value_or(defaults.duration));
  for (const Placed& placed : placed_) {
    const Action& action = placed.action;
    if (action.at > end) {
      return Wrong(*placed.node, "an event at " + FormatSpan(action.at),
                   "the run ends at " + FormatSpan(end), "a longer duration, or an earlier event");
    }
    std::vector<int> members = action.members;
    for (const std::vector<int>& group : action.groups) {
      members.insert(members.end(), group.begin(), group.end());
    }
    const auto last = std::max_element(members.begin(), members.end());
    if (last != members.end() && *last >= there) {
      return Wrong(
          *placed.node, "there is no n" + std::to_string(*last) + " then",
          "the members at " + FormatSpan(action.at) + " are n0 to n" + std::to_string(there - 1),
          "name one of them, or raise members");
    }
    there += action.count;
    if (there > sim::kPlanMembersMax) {
      return Wrong(*placed.node, "too many members: " + std::to_string(there),
                   "at most " + std::to_string(sim::kPlanMembersMax), "let fewer join");
    }
  }
  return true;
}

Result<ScenarioFile> Reader::Read(std::string_view text) {
  const toml::parse_result parsed = toml::parse(text, std::string_view(path_));
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Failure{ExitCode::kUsage, "not TOML: " + path_,
                   "line " + std::to_string(error.source().begin.line) + ": " +
                       std::string(error.description()),
                   "texts in double quotes, as in at = \"10s\""};
  }
  for (const auto& [key, node] : parsed.table()) {
    if (!ReadSetting(key.str(), node)) return *failure_;
  }
  std::stable_sort(placed_.begin(), placed_.end(),
                   [](const Placed& a, const Placed& b) { return a.action.at < b.action.at; });
  if (!CheckMembers()) return *failure_;
  for (Placed& placed : placed_) file_.actions.push_back(std::move(placed.action));
  return std::move(file_);
}

}  // namespace

bool ParsePercent(std::string_view text, uint32_t* ppm) {
  if (!text.ends_with('%')) return false;
  text.remove_suffix(1);
  text = Trim(text);
  double percent = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (!(percent >= 0 && percent <= 100)) return false;
  *ppm = static_cast<uint32_t>(percent * 10'000 + 0.5);
  return true;
}

Result<ScenarioFile> ParseScenario(std::string_view text, const std::string& path,
                                   std::optional<int64_t> members,
                                   std::optional<Duration> duration) {
  return Reader(path, members, duration).Read(text);
}

}  // namespace muster::cli
