#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "src/api/agent_info.h"
#include "src/api/backend.h"
#include "src/api/event_hub.h"
#include "src/api/exchange.h"
#include "src/api/limits.h"
#include "src/api/shapes.h"
#include "src/api/target.h"
#include "src/api/timers.h"
#include "src/api/waiters.h"

namespace muster::api {

// The leave that clients asked for, from the request to the last answer.
struct LeaveProgress {
  bool ours = false;  // asked for over the API
  std::vector<std::shared_ptr<Exchange>> waiting;
  struct Outcome {
    uint64_t asked = 0;
    uint64_t confirmed = 0;
  };
  std::optional<Outcome> outcome;
  size_t answers_on_their_way = 0;
  bool told_host = false;
};

// What all request handlers share. Held by a shared pointer, so that results that come in after the
// server is gone find nothing instead of a dangling one.
struct Context {
  Context(Backend* backend_in, RunFacts facts_in, Limits limits_in);

  Backend* backend;
  RunFacts facts;
  Limits limits;
  Timers timers;
  EventHub hub;
  Waiters waiters;
  LeaveProgress leave;
  size_t checks_running = 0;
  size_t presence_calls = 0;  // that wait for the datastore
  int64_t changed_us = 0;     // wall clock of the last change of the member table
  uint64_t events = 0;        // public events so far in this run
  bool stopping = false;
  std::function<void()> on_left;

  // The frame of the newest event.
  EventFrame Frame() const;
};

// One request that has found its route.
struct Call {
  std::shared_ptr<Exchange> exchange;
  Target target;
  std::string member;  // what stands for {member} in the route

  const Request& request() const { return exchange->request(); }
};

// ---- Answers ----
Reply MakeReply(const Json& json);
// The status code follows from `code`: "not_found" gives 404, and so on.
Reply MakeError(std::string_view code, std::string_view message, std::string_view hint = "");
Reply MakeError(const absl::Status& status, std::string_view hint = "");

// For what FindMember says.
Reply MemberError(const absl::Status& status);

// "1", "true" or nothing: true; "0", "false": false. kInvalidArgument otherwise; false when absent.
absl::Status ParseFlag(const Target& target, std::string_view key, bool* value);

}  // namespace muster::api
