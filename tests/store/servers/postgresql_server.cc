#include "tests/store/servers/postgresql_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/time.h"
#include "tests/e2e/harness/clock.h"

namespace muster::store::servers {
namespace {

namespace fs = std::filesystem;

constexpr Duration kStartBudget = Duration::Seconds(30);
constexpr Duration kStopBudget = Duration::Seconds(10);
constexpr Duration kGoneBudget = Duration::Seconds(5);
constexpr Duration kStep = Duration::Millis(5);
constexpr int kPortTries = 5;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The newest server that is installed: Debian keeps each version in a folder of its own.
std::string FindPrograms() {
  std::string newest;
  int newest_version = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const int version = atoi(entry.path().filename().c_str());
    if (version > newest_version && fs::exists(entry.path() / "bin/postgres")) {
      newest_version = version;
      newest = entry.path() / "bin";
    }
  }
  return newest;
}

// A process that nobody has reaped yet has ended too.
bool HasEnded(pid_t pid) {
  const std::string facts = ReadAll(absl::StrCat("/proc/", pid, "/stat"));
  return facts.empty() || facts.find(") Z ") != std::string::npos;
}

// A port that nobody has at the moment.
uint16_t FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound =
      bind(probe, generic, length) == 0 && getsockname(probe, generic, &length) == 0;
  close(probe);
  return is_bound ? ntohs(address.sin_port) : 0;
}

std::string PercentEncoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) absl::StrAppend(&encoded, c == '/' ? "%2F" : std::string(1, c));
  return encoded;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresqlServer>> PostgresqlServer::Start(
    PostgresqlServerOptions options) {
  std::unique_ptr<PostgresqlServer> server(new PostgresqlServer(std::move(options)));
  server->programs_ = FindPrograms();
  if (server->programs_.empty()) {
    return absl::NotFoundError("no PostgreSQL server in /usr/lib/postgresql; run tools/setup");
  }
  std::string folder = server->options_.parent + "/muster-pg-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    return absl::InternalError(absl::StrCat("cannot make a folder ", folder));
  }
  server->folder_ = folder;
  if (absl::Status status = server->Initialise(); !status.ok()) return status;
  absl::Status started;
  // Somebody else may take the port before the server does.
  for (int i = 0; i < kPortTries; ++i) {
    server->port_ = FreePort();
    started = server->Restart();
    if (started.ok() || server->Log().find("Address already in use") == std::string::npos) break;
  }
  if (!started.ok()) return started;
  const auto role = server->Query(
      absl::StrCat("CREATE ROLE ", kRole, " LOGIN PASSWORD '", kPassword, "'"), "postgres");
  if (!role.ok()) return role.status();
  if (absl::Status status = server->CreateDatabase(kDatabase); !status.ok()) return status;
  return server;
}

PostgresqlServer::~PostgresqlServer() {
  Kill();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::vector<std::string> PostgresqlServer::AsServer(std::vector<std::string> command) const {
  if (geteuid() != 0) return command;
  const std::vector<std::string> mapped = {"/usr/bin/unshare", "--user", "--map-user=1000",
                                           "--map-group=1000", "--"};
  command.insert(command.begin(), mapped.begin(), mapped.end());
  return command;
}

absl::Status PostgresqlServer::Initialise() {
  const e2e::CommandResult made =
      e2e::RunCommand({.argv = AsServer({programs_ + "/initdb", "-D", folder_ + "/data", "-U",
                                         "postgres", "--auth=trust", "--encoding=UTF8",
                                         "--locale=C", "--no-sync", "--no-instructions"}),
                       .environment = {},
                       .stdout_path = "",
                       .stderr_path = ""},
                      kStartBudget);
  if (made.exit_code != 0) return absl::InternalError("initdb: " + made.out + made.err);
  return WriteAccessRules();
}

absl::Status PostgresqlServer::WriteAccessRules() const {
  std::ofstream rules(folder_ + "/data/pg_hba.conf");
  rules << "local all all trust\n"
        << "host all all 127.0.0.1/32 " << options_.authentication << "\n";
  rules.close();
  return rules.good() ? absl::OkStatus() : absl::InternalError("cannot write pg_hba.conf");
}

absl::Status PostgresqlServer::Restart() {
  // Left over by Kill; the server would look for the process named in it.
  unlink((folder_ + "/data/postmaster.pid").c_str());
  std::vector<std::string> command = {
      programs_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-p", absl::StrCat(port_)};
  std::vector<std::string> settings = {"listen_addresses=127.0.0.1",
                                       "fsync=off",
                                       "full_page_writes=off",
                                       "shared_buffers=4MB",
                                       "autovacuum=off",
                                       "max_wal_senders=0",
                                       "wal_level=minimal",
                                       "logging_collector=off"};
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  for (const std::string& setting : settings) {
    command.push_back("-c");
    command.push_back(setting);
  }
  absl::StatusOr<e2e::Process> started = e2e::Process::Start({.argv = AsServer(command),
                                                              .environment = {},
                                                              .stdout_path = folder_ + "/log",
                                                              .stderr_path = folder_ + "/log"});
  if (!started.ok()) return started.status();
  process_ = *std::move(started);
  e2e::WaitUntil(
      kStartBudget, [this] { return IsReady() || !process_.running(); }, kStep);
  if (IsReady() && process_.running()) return absl::OkStatus();
  Kill();
  return absl::InternalError("PostgreSQL does not start: " + Log());
}

// The eighth line of its file of facts says how far the server is; the first one is its pid.
bool PostgresqlServer::IsReady() const {
  std::ifstream file(folder_ + "/data/postmaster.pid");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines.size() >= 8 && lines[0] == absl::StrCat(process_.pid()) &&
         lines[7].substr(0, 5) == "ready";
}

std::string PostgresqlServer::Url(const std::string& database) const {
  return absl::StrCat("postgresql://", kRole, ":", kPassword, "@127.0.0.1:", port_, "/", database);
}

std::string PostgresqlServer::SocketUrl(const std::string& database) const {
  return absl::StrCat("postgresql://", kRole, "@", PercentEncoded(folder_), ":", port_, "/",
                      database);
}

absl::StatusOr<std::string> PostgresqlServer::Query(const std::string& sql,
                                                    const std::string& database) const {
  const e2e::CommandResult result = e2e::RunCommand({.argv = ClientCommand(sql, database),
                                                     .environment = {},
                                                     .stdout_path = "",
                                                     .stderr_path = ""});
  if (result.exit_code != 0) return absl::InternalError(result.err);
  std::string out = result.out;
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::vector<std::string> PostgresqlServer::ClientCommand(const std::string& sql,
                                                         const std::string& database) const {
  std::vector<std::string> command = {programs_ + "/psql", "-h", folder_, "-p",
                                      absl::StrCat(port_)};
  for (const char* word : {"-U", "postgres", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"}) {
    command.push_back(word);
  }
  command.insert(command.end(), {"-d", database, "-c", sql});
  return command;
}

absl::Status PostgresqlServer::CreateDatabase(const std::string& name) const {
  return Query(absl::StrCat("CREATE DATABASE ", name, " OWNER ", kRole), "postgres").status();
}

absl::Status PostgresqlServer::Stop() {
  process_.Signal(SIGINT);
  if (process_.WaitExit(kStopBudget).has_value()) return absl::OkStatus();
  return absl::DeadlineExceededError("PostgreSQL does not stop: " + Log());
}

void PostgresqlServer::Kill() {
  const std::vector<pid_t> children = Children();
  process_.Kill();
  // They end when they miss their parent, but not while they stand still. Until then they hold the
  // memory that a new server wants.
  for (const pid_t child : children) kill(child, SIGKILL);
  e2e::WaitUntil(
      kGoneBudget, [&children] { return std::all_of(children.begin(), children.end(), HasEnded); },
      kStep);
}

std::vector<pid_t> PostgresqlServer::Children() const {
  std::vector<pid_t> children;
  if (process_.pid() <= 0) return children;
  std::istringstream list(
      ReadAll(absl::StrCat("/proc/", process_.pid(), "/task/", process_.pid(), "/children")));
  for (pid_t child = 0; list >> child;) children.push_back(child);
  return children;
}

void PostgresqlServer::SignalAll(int signal_number) {
  process_.Signal(signal_number);
  for (const pid_t child : Children()) kill(child, signal_number);
}

void PostgresqlServer::Pause() { SignalAll(SIGSTOP); }

void PostgresqlServer::Resume() { SignalAll(SIGCONT); }

std::string PostgresqlServer::Log() const { return ReadAll(folder_ + "/log"); }

}  // namespace muster::store::servers
