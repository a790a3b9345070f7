#include "src/runtime/event_log.h"

#include <glog/logging.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "src/base/strings.h"
#include "src/base/time.h"
#include "src/wire/codec.h"

namespace muster::runtime {
namespace {

using core::Event;
using core::EventType;

constexpr size_t kTriedShown = 8;

bool IsPlain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
  });
}

void AppendQuoted(std::string_view value, std::string* out) {
  *out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (c == '\n') {
      *out += "\\n";
    } else if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) >= 0x7f) {
      absl::StrAppend(out, "\\x", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    } else {
      *out += c;
    }
  }
  *out += '"';
}

// What follows the member: how its state moved, and on whose word.
void AddChange(const Event& event, LogLine* line) {
  if (event.from != event.to) line->Add("from", wire::StateName(event.from));
  line->Add("to", wire::StateName(event.to));
  line->Add("incarnation",
            absl::StrCat(event.incarnation.epoch(), ".", event.incarnation.counter()));
  if (event.reason != wire::Reason::kNone) line->Add("reason", wire::ReasonText(event.reason));
  if (event.by != 0) {
    char accuser[9];
    std::snprintf(accuser, sizeof accuser, "%08x", event.by);
    line->Add("by", accuser);
  }
  line->Add("version", event.version);
}

bool IsMemberChange(EventType type) {
  return (type >= EventType::kMemberJoined && type <= EventType::kMemberReaped) ||
         type == EventType::kVerdictHeld;
}

}  // namespace

LogLine& LogLine::Add(std::string_view key, std::string_view value) {
  if (!text_.empty()) text_ += ' ';
  text_ += key;
  text_ += '=';
  if (IsPlain(value)) {
    text_ += value;
  } else {
    AppendQuoted(value, &text_);
  }
  return *this;
}

LogLine& LogLine::Add(std::string_view key, uint64_t value) {
  const absl::AlphaNum digits(value);
  return Add(key, ToStd(digits.Piece()));
}

LogLevel EventLogLevel(const Event& event) {
  switch (event.type) {
    case EventType::kJoinTried:
    case EventType::kSeedsWanted:
    case EventType::kPingDone:
      return LogLevel::kNone;
    case EventType::kAgreement:
    case EventType::kVerdictHeld:
      return LogLevel::kDebug;
    case EventType::kMemberFailed:
    case EventType::kConflict:
    case EventType::kStopConflict:
    case EventType::kStopRefused:
    case EventType::kStopEvicted:
      return LogLevel::kWarning;
    case EventType::kSelfIsolated:
    case EventType::kSelfProbation:
      return event.value != 0 ? LogLevel::kWarning : LogLevel::kInfo;
    default:
      return LogLevel::kInfo;
  }
}

std::string FormatEvent(const Event& event) {
  LogLine line;
  line.Add("event", core::EventTypeName(event.type));
  if (event.record) line.Add("member", event.record->attributes.name);
  if (!event.member.is_zero()) line.Add("id", event.member.ToHex());
  if (event.address.is_set()) {
    line.Add("address", event.address.ToString());
  } else if (event.record && event.record->attributes.address.is_set()) {
    line.Add("address", event.record->attributes.address.ToString());
  }
  if (IsMemberChange(event.type)) AddChange(event, &line);
  switch (event.type) {
    case EventType::kSelfHealth:
    case EventType::kSelfIsolated:
    case EventType::kSelfProbation:
    case EventType::kAgreement:
    case EventType::kJoinTried:
    case EventType::kPingDone:
      line.Add("value", event.value);
      break;
    case EventType::kRefutedSelf: {
      const Incarnation now = Incarnation::FromRaw(event.value);
      line.Add("incarnation", absl::StrCat(now.epoch(), ".", now.counter()));
      break;
    }
    case EventType::kEpochRaised:
      line.Add("epoch", event.value);
      break;
    case EventType::kLeaveDone:
      line.Add("asked", event.asked).Add("confirmed", event.value);
      break;
    default:
      break;
  }
  if (event.elapsed > Duration::Zero()) line.Add("elapsed", FormatDuration(event.elapsed));
  if (!event.detail.empty()) line.Add("detail", event.detail);
  return line.text();
}

std::string FormatJoinFailure(const std::vector<std::string>& tried, std::string_view error) {
  std::string list;
  for (size_t i = 0; i < std::min(tried.size(), kTriedShown); ++i) {
    absl::StrAppend(&list, i == 0 ? "" : ",", tried[i]);
  }
  if (tried.size() > kTriedShown) {
    absl::StrAppend(&list, ",and ", tried.size() - kTriedShown, " more");
  }
  return LogLine().Add("event", "join.failed").Add("tried", list).Add("error", error).text();
}

void LogEvent(const Event& event) {
  switch (EventLogLevel(event)) {
    case LogLevel::kNone:
      break;
    case LogLevel::kDebug:
      VLOG(1) << FormatEvent(event);
      break;
    case LogLevel::kInfo:
      LOG(INFO) << FormatEvent(event);
      break;
    case LogLevel::kWarning:
      LOG(WARNING) << FormatEvent(event);
      break;
  }
}

}  // namespace muster::runtime
