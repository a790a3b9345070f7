#include "src/cli/long_poll.h"

#include <algorithm>
#include <utility>

#include "src/cli/text.h"

namespace muster::cli {
namespace {

// How much later than promised an answer may come before the agent counts as silent.
constexpr Duration kGrace = Duration::Millis(500);

}  // namespace

LongPoll::LongPoll(Context& context, std::string path, Duration limit, Duration longest_wait)
    : context_(context),
      path_(std::move(path)),
      start_(context.clock.Now()),
      deadline_(start_ + limit),
      longest_wait_(longest_wait) {}

Result<api::Response> LongPoll::Next() {
  const Duration left = deadline_ - context_.clock.Now();
  if (left < Duration::Millis(1)) {
    return Failure{ExitCode::kTimedOut, "timed out after " + FormatSpan(deadline_ - start_), "",
                   ""};
  }
  if (stuck_) {
    // To go on would be to ask without a pause.
    return Failure{
        ExitCode::kError, "the agent at " + context_.transport.url() + " does not wait",
        "it answered at once although nothing had changed",
        "check that --agent names a muster agent of a like version ('muster --version')"};
  }
  asked_at_ = context_.clock.Now();
  if (!version_) {
    asked_for_ = Duration::Zero();
    return Call(context_, "GET", path_, {}, std::min(left, context_.timeout));
  }
  asked_for_ = std::min(left, longest_wait_);
  const std::string path = path_ + (path_.find('?') == std::string::npos ? '?' : '&') +
                           "wait=" + std::to_string(asked_for_.millis()) +
                           "ms&index=" + std::to_string(*version_);
  // Without a limit of its own, an answer may be as late as that of any other request.
  return Call(context_, "GET", path, {},
              asked_for_ + (left == asked_for_ ? kGrace : context_.timeout));
}

void LongPoll::Seen(uint64_t version) {
  stuck_ = version_ == version && context_.clock.Now() - asked_at_ < asked_for_ / 2;
  version_ = version;
}

}  // namespace muster::cli
