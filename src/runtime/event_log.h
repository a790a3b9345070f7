#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/base/address.h"
#include "src/core/event.h"

namespace muster::runtime {

// Builds "key=value key=value ..." lines. Values with blanks, quotes or unprintable bytes are
// quoted and escaped, so that a line stays one line whatever a peer sent.
class LogLine {
 public:
  LogLine& Add(std::string_view key, std::string_view value);
  LogLine& Add(std::string_view key, uint64_t value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

enum class LogLevel {
  kNone,  // not for a log: an answer to a command, or a wish of the node
  kDebug,
  kInfo,
  kWarning,
};

LogLevel EventLogLevel(const core::Event& event);
std::string FormatEvent(const core::Event& event);
// "event=join.failed tried=... error=...": at most eight addresses, then their number.
std::string FormatJoinFailure(const std::vector<std::string>& tried, std::string_view error);

// Writes one glog line, or none, by the level.
void LogEvent(const core::Event& event);

}  // namespace muster::runtime
