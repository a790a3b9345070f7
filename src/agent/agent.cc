#include "src/agent/agent.h"

#include <malloc.h>

#include <csignal>
#include <cstdlib>

#include "src/agent/datastore_source.h"
#include "src/agent/failure.h"
#include "src/agent/host_facts.h"
#include "src/agent/logging.h"
#include "src/agent/running_agent.h"
#include "src/agent/settings.h"

namespace muster::agent {
namespace {

// What must be set before anything of the process begins.
void PrepareProcess() {
  // One arena: threads here are few and short-lived, and each arena costs memory for good.
  mallopt(M_ARENA_MAX, 1);
  // libuv's pool serves name look-ups and the files of the datastore.
  setenv("UV_THREADPOOL_SIZE", "2", 0);
  // A peer or client that goes away is an error of that write, no more.
  std::signal(SIGPIPE, SIG_IGN);
}

int Fail(const absl::Status& status, int exit_code) {
  PrintFailure(status);
  return exit_code;
}

int RunWith(const Config& config, const Settings& settings) {
  RunningAgent agent(config, settings);
  if (const absl::Status started = agent.Start(); !started.ok()) {
    PrintFailure(started);
    agent.Stop(kExitError);
  }
  return agent.Run();
}

}  // namespace

int Run(const Config& config) {
  PrepareProcess();
  const absl::StatusOr<Settings> settings = ResolveSettings(config, ReadHostFacts());
  if (!settings.ok()) {
    const bool usage = settings.status().code() == absl::StatusCode::kInvalidArgument;
    return Fail(settings.status(), usage ? kExitUsage : kExitError);
  }
  if (const absl::StatusOr<store::DatastoreUrl> url = FindDatastore(*settings); !url.ok()) {
    return Fail(url.status(), kExitUsage);
  }
  if (const absl::Status logging = StartLogging(settings->log_level, settings->log_file);
      !logging.ok()) {
    return Fail(logging, kExitError);
  }
  const int exit_code = RunWith(config, *settings);
  StopLogging();
  return exit_code;
}

}  // namespace muster::agent
