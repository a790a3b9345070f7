#include "tests/e2e/harness/watcher.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "src/api/client.h"
#include "src/base/time.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

// The stream is reopened after this long, so that a watcher of a living agent can be destroyed.
constexpr Duration kLongestStream = Duration::Seconds(600);

std::string TextOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Watcher::Watcher(const std::string& url) : url_(url) {
  thread_ = std::thread([this] { Read(); });
  WaitUntil(Duration::Seconds(10), [this] { return connected(); });
}

Watcher::~Watcher() {
  stopping_ = true;
  thread_.join();
}

void Watcher::Read() {
  absl::StatusOr<api::Client> client = api::Client::Create(url_);
  if (!client.ok()) return;
  client
      ->Stream("/v1/events", kLongestStream,
               [this](std::string_view line) { return TakeLine(std::string(line)); })
      .IgnoreError();
}

bool Watcher::TakeLine(const std::string& line) {
  const nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
  if (!parsed.is_object()) return !stopping_;
  SeenEvent event;
  event.arrived_us = WallMicros();
  event.type = TextOf(parsed, "type");
  event.to = TextOf(parsed, "to");
  event.batch = TextOf(parsed, "batch");
  event.line = line;
  const auto member = parsed.find("member");
  if (member != parsed.end() && member->is_object()) event.member = TextOf(*member, "name");
  const auto by = parsed.find("by");
  if (by != parsed.end() && by->is_array()) {
    for (const nlohmann::json& name : *by) {
      if (name.is_string()) event.by.push_back(name.get<std::string>());
    }
  }
  if (event.type == "hello") greeted_ = true;
  const std::lock_guard<std::mutex> lock(mutex_);
  events_.push_back(std::move(event));
  return !stopping_;
}

std::vector<SeenEvent> Watcher::Events() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return events_;
}

int Watcher::Count(const std::function<bool(const SeenEvent&)>& wanted) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int>(std::count_if(events_.begin(), events_.end(), wanted));
}

int Watcher::CountType(const std::string& type, const std::string& member) const {
  return Count([&](const SeenEvent& event) {
    return event.type == type && (member.empty() || event.member == member);
  });
}

}  // namespace muster::e2e
