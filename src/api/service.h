#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/api/agent_info.h"
#include "src/api/backend.h"
#include "src/api/exchange.h"
#include "src/api/limits.h"
#include "src/api/presence.h"
#include "src/base/time.h"
#include "src/core/event.h"

namespace muster::api {

struct Context;

// Requests in, answers out: routes, permissions and errors of the API, without sockets, threads or
// a clock of its own. The host hands in requests and the driver's events, and calls Run() when
// NextDeadline() is due, never from inside a driver's event or a transport's callback. The deadline
// changes with every call here, and also when results of commands come in and answers are
// delivered: `on_earlier` tells.
class Service {
 public:
  // `backend` must outlive the service, and the service its exchanges. `on_left` as in
  // Server::Options. `on_earlier` must not call back into the service, except for NextDeadline().
  Service(Backend* backend, RunFacts facts, const Limits& limits, std::function<void()> on_left,
          std::function<void()> on_earlier);
  ~Service();

  // Answers now or later, and always in the end.
  void HandleRequest(std::shared_ptr<Exchange> exchange);
  // Every event of the driver, in order, while it is being delivered.
  void HandleEvent(TimePoint now, const core::Event& event);
  // For the streams alone; changes no deadline.
  void HandleStoreEvent(StoreEvent event, const std::string& detail);
  TimePoint NextDeadline() const;
  void Run(TimePoint now);
  // From now on everything is answered with 503; streams end. Run() has no more to do.
  void Stop();

 private:
  void Beat();
  void KeepBeating();

  std::shared_ptr<Context> context_;
  uint64_t version_ = 0;  // newest known of the member table
  bool table_changed_ = false;
  bool leave_done_ = false;
  bool beating_ = false;
};

}  // namespace muster::api
