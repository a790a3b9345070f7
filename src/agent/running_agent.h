#pragma once

#include <uv.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "src/agent/config.h"
#include "src/agent/identity_keeper.h"
#include "src/agent/presence_keeper.h"
#include "src/agent/settings.h"
#include "src/api/server.h"
#include "src/base/time.h"
#include "src/core/event.h"
#include "src/runtime/driver.h"
#include "src/store/data_folder.h"
#include "src/store/identity_file.h"

namespace muster::agent {

// One agent's parts, wired together: data folder, identity, driver, datastore, API, signals.
// Start() builds from the bottom up, Stop() takes down from the top: no new requests, then the
// datastore, then no gossip, then the identity's last save, then the folder's lock. Internal to
// this folder.
class RunningAgent {
 public:
  RunningAgent(const Config& config, Settings settings);
  ~RunningAgent();
  RunningAgent(const RunningAgent&) = delete;
  RunningAgent& operator=(const RunningAgent&) = delete;

  // On failure the loop must still Run() for handles to close.
  absl::Status Start();
  // Until everything is closed; returns the exit code.
  int Run();
  // Ends the agent with this code; only the first call counts.
  void Stop(int exit_code);

 private:
  static void OnSignal(uv_signal_t* handle, int signal);
  absl::Status OpenIdentity();
  absl::Status StartDriver();
  absl::Status StartPresence();
  absl::Status StartServer();
  void StartSignals();
  void StartJoinLimit();
  void AnnounceReady();

  void OnEvent(const core::Event& event);
  void StopWithMessage(const core::Event& event);
  void RememberPeers();
  void HandleStopSignal(int signal);
  void Reload();
  void ApplyReloaded(const Config& config);
  [[noreturn]] void EndAtOnce(int exit_code, const char* why);

  // The order of the take-down.
  void CloseServer();
  void ClosePresence();
  void CloseDriver();
  void CloseKeeper();

  const Config& config_;
  Settings settings_;
  uv_loop_t loop_;
  std::optional<store::DataFolder> folder_;
  std::optional<store::IdentityFile> identity_file_;
  store::IdentityRecord record_;  // as saved at the start
  int64_t started_us_ = 0;
  std::unique_ptr<IdentityKeeper> keeper_;
  std::unique_ptr<runtime::Driver> driver_;
  std::unique_ptr<PresenceKeeper> presence_;
  std::unique_ptr<api::Server> server_;

  static constexpr std::array<int, 4> kSignals = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
  std::array<uv_signal_t, kSignals.size()> signals_;
  bool signals_on_ = false;
  uv_timer_t join_limit_;
  bool join_limit_on_ = false;

  bool leaving_ = false;  // asked to by a signal
  bool stopping_ = false;
  bool goodbye_ = false;   // a member no more: its record goes too
  bool is_stuck_ = false;  // the disk holds the datastore's thread
  int exit_code_ = 0;
};

}  // namespace muster::agent
