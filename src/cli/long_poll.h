#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/cli/context.h"

namespace muster::cli {

// Asks for the same thing again and again, each time only when it changed: the first request is
// answered at once, each later one waits at the agent until the version passes the one `Seen` last
// (`?wait=&index=`), or for `longest_wait`, whichever comes first.
class LongPoll {
 public:
  // `path` may have a query. `limit`: how long in all, from now; Duration::Max() for ever.
  LongPoll(Context& context, std::string path, Duration limit,
           Duration longest_wait = Duration::Seconds(30));

  // The next answer. A failure with kTimedOut means that the limit is reached; kError also that the
  // agent does not wait as asked.
  Result<api::Response> Next();
  // To be called with the version in each answer.
  void Seen(uint64_t version);

  Duration elapsed() const { return context_.clock.Now() - start_; }

 private:
  Context& context_;
  std::string path_;
  TimePoint start_;
  TimePoint deadline_;
  Duration longest_wait_;
  std::optional<uint64_t> version_;
  TimePoint asked_at_;
  Duration asked_for_;
  bool stuck_ = false;  // the agent answers early, without a change
};

}  // namespace muster::cli
