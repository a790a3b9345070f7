#include "src/agent/running_agent.h"

#include <glog/logging.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/agent/datastore_source.h"
#include "src/agent/exit_codes.h"
#include "src/agent/failure.h"
#include "src/agent/logging.h"
#include "src/agent/random.h"
#include "src/agent/service_manager.h"
#include "src/base/check.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"
#include "src/base/version.h"
#include "src/runtime/clock.h"
#include "src/runtime/event_log.h"
#include "src/store/presence_factory.h"

namespace muster::agent {
namespace {

std::string Line(std::string_view event, std::string_view detail) {
  return runtime::LogLine().Add("event", event).Add("detail", detail).text();
}

}  // namespace

RunningAgent::RunningAgent(const Config& config, Settings settings)
    : config_(config), settings_(std::move(settings)) {
  MUSTER_CHECK(uv_loop_init(&loop_) == 0);
}

RunningAgent::~RunningAgent() {
  server_.reset();
  presence_.reset();
  driver_.reset();
  keeper_.reset();
  MUSTER_CHECK(uv_loop_close(&loop_) == 0);
}

absl::Status RunningAgent::Start() {
  started_us_ = runtime::UnixMicrosNow();
  MUSTER_RETURN_IF_ERROR(OpenIdentity());
  MUSTER_RETURN_IF_ERROR(StartDriver());
  MUSTER_RETURN_IF_ERROR(StartPresence());
  MUSTER_RETURN_IF_ERROR(StartServer());
  StartSignals();
  StartJoinLimit();
  AnnounceReady();
  return absl::OkStatus();
}

absl::Status RunningAgent::OpenIdentity() {
  absl::StatusOr<store::DataFolder> folder = store::DataFolder::Open(settings_.data_dir);
  if (!folder.ok()) return folder.status();
  folder_ = *std::move(folder);
  if (settings_.group_id && settings_.socket_path.starts_with(folder_->path() + "/")) {
    MUSTER_RETURN_IF_ERROR(folder_->AdmitGroup(*settings_.group_id));
  }
  identity_file_.emplace(folder_->path());
  absl::StatusOr<store::IdentityFile::Loaded> loaded = identity_file_->Load();
  if (!loaded.ok()) return loaded.status();
  if (!loaded->warning.empty()) {
    LOG(WARNING) << Line("identity.recovered", loaded->warning);
  }
  record_ = std::move(loaded->record);
  if (record_.id.is_zero()) record_.id = RandomHostId();
  // Stored before it is used: no crash can make two runs share an epoch.
  ++record_.epoch;
  if (const absl::Status saved = identity_file_->Save(record_); !saved.ok()) {
    return absl::UnavailableError(
        absl::StrCat("cannot store this host's identity\n", saved.message(),
                     "\nfree the disk, or choose another folder with --data-dir DIR"));
  }
  return absl::OkStatus();
}

absl::Status RunningAgent::StartDriver() {
  runtime::Driver::Config config;
  config.bind = settings_.bind;
  config.seeds = settings_.seeds;
  config.remembered = record_.peers;
  config.options = settings_.options;
  config.identity.id = record_.id;
  config.identity.epoch = record_.epoch;
  config.identity.cluster = settings_.cluster;
  config.identity.attributes.name = settings_.name;
  config.identity.attributes.address = settings_.advertise;
  config.identity.attributes.tags = settings_.tags;
  config.identity.attributes.boot = static_cast<uint64_t>(started_us_);
  config.identity.attributes.agent = kVersion;
  config.seed = RandomBits();
  absl::StatusOr<std::unique_ptr<runtime::Driver>> driver =
      runtime::Driver::Start(&loop_, std::move(config));
  if (!driver.ok()) return driver.status();
  driver_ = *std::move(driver);
  keeper_ = std::make_unique<IdentityKeeper>(&loop_, &*identity_file_, record_);
  driver_->AddListener([this](TimePoint, const core::Event& event) { OnEvent(event); });
  return absl::OkStatus();
}

absl::Status RunningAgent::StartPresence() {
  const absl::StatusOr<store::DatastoreUrl> url = FindDatastore(settings_);
  if (!url.ok()) return url.status();
  PresenceKeeper::Options options;
  options.driver = driver_.get();
  options.kind = url->kind;
  options.url = url->shown;
  options.ttl = settings_.record_ttl;
  options.seed = RandomBits();
  if (!url->is_none()) {
    options.open = [this, url = *url](store::PresenceOptions wanted) {
      return store::OpenPresenceStore(url, DatastoreSource(settings_), std::move(wanted));
    };
  }
  options.on_event = [this](api::StoreEvent event, const std::string& detail) {
    if (server_ != nullptr) server_->AnnounceStore(event, detail);
  };
  presence_ = std::make_unique<PresenceKeeper>(std::move(options));
  return absl::OkStatus();
}

absl::Status RunningAgent::StartServer() {
  api::Server::Options options;
  options.driver = driver_.get();
  options.presence = presence_.get();
  options.info.version = kVersion;
  options.info.profile = core::ProfileName(settings_.profile);
  options.info.started_us = started_us_;
  options.socket_path = settings_.socket_path;
  options.socket_group = settings_.socket_group;
  options.http = settings_.http;
  options.on_left = [this] { Stop(kExitOk); };
  absl::StatusOr<std::unique_ptr<api::Server>> server = api::Server::Start(std::move(options));
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

void RunningAgent::StartSignals() {
  for (size_t i = 0; i < kSignals.size(); ++i) {
    uv_signal_init(&loop_, &signals_[i]);
    signals_[i].data = this;
    uv_signal_start(&signals_[i], OnSignal, kSignals[i]);
  }
  signals_on_ = true;
}

void RunningAgent::StartJoinLimit() {
  if (!settings_.join_timeout || driver_->join_state() == core::JoinState::kAlone) return;
  uv_timer_init(&loop_, &join_limit_);
  join_limit_.data = this;
  join_limit_on_ = true;
  uv_timer_start(
      &join_limit_,
      [](uv_timer_t* timer) {
        auto* self = static_cast<RunningAgent*>(timer->data);
        if (self->driver_->join_state() == core::JoinState::kJoined) return;
        const std::string error = self->driver_->last_join_error();
        PrintFailure(absl::DeadlineExceededError(absl::StrCat(
            "could not join within ", self->settings_.join_timeout->millis_ceil() / 1000.0, "s\n",
            error.empty() ? "no peer has answered" : error,
            "\ncheck that a peer named by --join runs in the same --cluster, and that UDP and TCP "
            "reach it")));
        self->Stop(kExitTimedOut);
      },
      static_cast<uint64_t>(settings_.join_timeout->millis_ceil()), 0);
}

void RunningAgent::AnnounceReady() {
  for (const std::string& note : settings_.notes) {
    LOG(INFO) << Line("note", note);
  }
  std::fprintf(stderr, "muster %s ready: name=%s id=%s cluster=%s gossip=%s api=%s\n", kVersion,
               settings_.name.c_str(), record_.id.ToHex().c_str(), settings_.cluster.c_str(),
               settings_.advertise.ToString().c_str(), absl::StrJoin(server_->urls(), ",").c_str());
  NotifyServiceManager("READY=1");
}

void RunningAgent::OnEvent(const core::Event& event) {
  if (presence_ != nullptr) presence_->OnEvent(event);
  switch (event.type) {
    case core::EventType::kEpochRaised:
      keeper_->RaiseEpoch(event.value);
      break;
    case core::EventType::kLeaveDone:
      goodbye_ = true;
      // A leave asked for over the API ends by the server's on_left, after its answer.
      if (leaving_) Stop(kExitOk);
      break;
    case core::EventType::kStopEvicted:
      goodbye_ = true;
      [[fallthrough]];
    case core::EventType::kStopConflict:
    case core::EventType::kStopRefused:
      StopWithMessage(event);
      break;
    case core::EventType::kMemberJoined:
    case core::EventType::kMemberFailed:
    case core::EventType::kMemberLeft:
    case core::EventType::kMemberReturned:
    case core::EventType::kMemberUpdated:
      RememberPeers();
      break;
    default:
      break;
  }
}

// The core's text ends with what to do after its last semicolon, where it knows that.
void RunningAgent::StopWithMessage(const core::Event& event) {
  const char* what = "this agent was evicted from the cluster";
  std::string remedy = "start it again to come back";
  if (event.type == core::EventType::kStopConflict) {
    what = "another agent runs with this one's identity";
    remedy = "give each host a data folder of its own";
  } else if (event.type == core::EventType::kStopRefused) {
    what = "the cluster refused this agent";
    remedy = "remove members that are gone for good, or raise --max-members of the others";
  }
  std::string fact = event.detail;
  if (const size_t split = fact.rfind("; "); split != std::string::npos) {
    remedy = fact.substr(split + 2);
    fact.resize(split);
  }
  PrintFailure(absl::AbortedError(absl::StrCat(what, "\n", fact, "\n", remedy)));
  Stop(kExitError);
}

// Those longest known first: who has been there for long is likely to be there tomorrow.
void RunningAgent::RememberPeers() {
  std::vector<Address> peers;
  const core::MemberTable& members = driver_->node().members();
  for (size_t i = 1; i < members.size() && peers.size() < store::IdentityRecord::kPeersMax; ++i) {
    if (members[i].is_up()) peers.push_back(members[i].attributes().address);
  }
  keeper_->SetPeers(std::move(peers));
}

void RunningAgent::OnSignal(uv_signal_t* handle, int signal) {
  auto* self = static_cast<RunningAgent*>(handle->data);
  if (signal == SIGHUP) {
    self->Reload();
  } else {
    self->HandleStopSignal(signal);
  }
}

void RunningAgent::HandleStopSignal(int signal) {
  constexpr const char* kWithoutLeaving = "at once, without leaving";
  if (signal == SIGQUIT) EndAtOnce(kExitOk, kWithoutLeaving);
  if (leaving_ || stopping_) EndAtOnce(kExitInterrupted, kWithoutLeaving);
  leaving_ = true;
  NotifyServiceManager("STOPPING=1");
  LOG(INFO) << "event=leaving signal=" << signal;
  // Refused when a leave is under way already: its end then stops this agent.
  if (const absl::Status left = driver_->Leave(); !left.ok()) {
    LOG(INFO) << Line("leaving", ToStd(left.message()));
  }
}

void RunningAgent::EndAtOnce(int exit_code, const char* why) {
  LOG(INFO) << Line("stop", why);
  if (server_ != nullptr) unlink(settings_.socket_path.c_str());
  google::FlushLogFiles(google::GLOG_INFO);
  std::_Exit(exit_code);
}

void RunningAgent::Reload() {
  if (const absl::Status reopened = ReopenLog(); !reopened.ok()) {
    LOG(WARNING) << Line("reload.failed", ToStd(reopened.message()));
  }
  if (!config_.reload) {
    LOG(INFO) << Line("reload", "no --config file: nothing but the log file to reload");
    return;
  }
  const absl::StatusOr<Config> fresh = config_.reload();
  if (fresh.ok()) {
    ApplyReloaded(*fresh);
  } else {
    LOG(ERROR) << Line("reload.failed", ToStd(fresh.status().message()));
  }
}

void RunningAgent::ApplyReloaded(const Config& config) {
  absl::StatusOr<Settings> wanted = ResolveSettings(config, ReadHostFacts());
  absl::Status status = wanted.status();
  if (status.ok() && wanted->tags != settings_.tags) status = driver_->SetTags(wanted->tags);
  if (!status.ok()) {
    LOG(ERROR) << Line("reload.failed", ToStd(status.message()));
    return;
  }
  settings_.tags = wanted->tags;
  settings_.log_level = wanted->log_level;
  const std::vector<std::string> fixed = FixedDifferences(settings_, *wanted);
  LOG(INFO) << "event=reload taken=tags,log-level needs_restart="
            << (fixed.empty() ? "none" : absl::StrJoin(fixed, ","));
  SetLogLevel(wanted->log_level);
}

int RunningAgent::Run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
  return exit_code_;
}

void RunningAgent::Stop(int exit_code) {
  if (stopping_) return;
  stopping_ = true;
  exit_code_ = exit_code;
  if (!leaving_) NotifyServiceManager("STOPPING=1");
  if (join_limit_on_) uv_close(reinterpret_cast<uv_handle_t*>(&join_limit_), nullptr);
  CloseServer();
}

void RunningAgent::CloseServer() {
  if (server_ == nullptr) {
    ClosePresence();
    return;
  }
  server_->Close([this] { ClosePresence(); });
}

void RunningAgent::ClosePresence() {
  if (presence_ == nullptr) {
    CloseDriver();
    return;
  }
  presence_->Close(goodbye_, [this](bool clean) {
    is_stuck_ = !clean;
    CloseDriver();
  });
}

void RunningAgent::CloseDriver() {
  if (driver_ == nullptr) {
    CloseKeeper();
    return;
  }
  driver_->Close([this] { CloseKeeper(); });
}

void RunningAgent::CloseKeeper() {
  // Signals stay until the end: a second one must cut a slow stop short.
  const auto last = [this] {
    // The identity is saved and all others know that we left: nothing is worth the wait.
    if (is_stuck_) EndAtOnce(exit_code_, "the disk still holds up the datastore");
    if (!signals_on_) return;
    for (uv_signal_t& signal : signals_) uv_close(reinterpret_cast<uv_handle_t*>(&signal), nullptr);
  };
  if (keeper_ == nullptr) {
    last();
    return;
  }
  keeper_->Close(last);
}

}  // namespace muster::agent
