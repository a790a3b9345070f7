#include "tests/store/servers/redis_server.h"

#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/e2e/harness/clock.h"

namespace muster::store::testing {
namespace {

// Debian's redis-tools brings the server under another name; it goes by the name it is called.
constexpr char kProgram[] = "/usr/bin/redis-check-rdb";
constexpr char kCalled[] = "redis-server";
constexpr Duration kStartBudget = Duration::Seconds(10);
constexpr Duration kStopBudget = Duration::Seconds(5);

// A port that is free now. Another process may take it before the server does; then the start
// fails and is tried again.
uint16_t FreePort() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  uint16_t port = 0;
  if (bind(socket_fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
      getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    port = ntohs(address.sin_port);
  }
  close(socket_fd);
  return port;
}

std::string Render(const redisReply* reply) {
  switch (reply->type) {
    case REDIS_REPLY_INTEGER:
      return absl::StrCat(reply->integer);
    case REDIS_REPLY_NIL:
      return "";
    case REDIS_REPLY_ARRAY: {
      std::string text;
      for (size_t i = 0; i < reply->elements; ++i) {
        absl::StrAppend(&text, i == 0 ? "" : "\n", Render(reply->element[i]));
      }
      return text;
    }
    default:
      return std::string(reply->str, reply->len);
  }
}

using Context = std::unique_ptr<redisContext, void (*)(redisContext*)>;
using Reply = std::unique_ptr<redisReply, void (*)(void*)>;

absl::StatusOr<std::string> Ask(redisContext* context, const std::vector<std::string>& arguments) {
  std::vector<const char*> texts;
  std::vector<size_t> lengths;
  for (const std::string& argument : arguments) {
    texts.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  const Reply reply(static_cast<redisReply*>(redisCommandArgv(
                        context, static_cast<int>(arguments.size()), texts.data(), lengths.data())),
                    freeReplyObject);
  if (reply == nullptr) return absl::UnavailableError(context->errstr);
  if (reply->type == REDIS_REPLY_ERROR) return absl::UnknownError(Render(reply.get()));
  return Render(reply.get());
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisServer>> RedisServer::Start(RedisServerOptions options) {
  std::unique_ptr<RedisServer> server(new RedisServer(std::move(options)));
  char folder[] = "/tmp/muster-redis-XXXXXX";
  if (mkdtemp(folder) == nullptr) return absl::InternalError("mkdtemp failed");
  server->folder_ = folder;
  std::error_code error;
  std::filesystem::create_symlink(kProgram, server->folder_ + "/" + kCalled, error);
  if (error) return absl::InternalError(error.message());
  absl::Status status;
  for (int attempt = 0; attempt < 5; ++attempt) {
    server->port_ = FreePort();
    status = server->Launch();
    if (status.ok()) return server;
  }
  return status;
}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string RedisServer::Url(int database) const {
  return absl::StrCat("redis://", options_.password.empty() ? "" : ":", options_.password,
                      options_.password.empty() ? "" : "@", "127.0.0.1:", port_, "/", database);
}

absl::Status RedisServer::Launch() {
  const std::string log = folder_ + "/log";
  std::vector<std::string> arguments = {absl::StrCat(folder_, "/", kCalled),
                                        "--bind",
                                        "127.0.0.1",
                                        "--port",
                                        absl::StrCat(port_),
                                        "--appendonly",
                                        "no",
                                        "--daemonize",
                                        "no"};
  if (options_.save_folder.empty()) {
    arguments.insert(arguments.end(), {"--dir", folder_, "--save", ""});
  } else {
    arguments.insert(arguments.end(), {"--dir", options_.save_folder, "--save", "1", "1"});
  }
  if (!options_.password.empty()) {
    arguments.insert(arguments.end(), {"--requirepass", options_.password});
  }
  if (!options_.max_memory.empty()) {
    arguments.insert(arguments.end(), {"--maxmemory", options_.max_memory});
  }
  process_.Kill();
  absl::StatusOr<e2e::Process> process = e2e::Process::Start(
      {.argv = arguments, .environment = {}, .stdout_path = log, .stderr_path = log});
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  const bool decided =
      e2e::WaitUntil(kStartBudget, [this] { return !process_.running() || Answers(); });
  if (decided && process_.running()) return absl::OkStatus();
  process_.Kill();
  std::ifstream output(log);
  const std::string text((std::istreambuf_iterator<char>(output)), {});
  return absl::InternalError(
      absl::StrCat(kProgram, " (package redis-tools) did not start as ", kCalled, ": ", text));
}

// Ours, and not another's that has the port: it has our pid.
bool RedisServer::Answers() {
  const absl::StatusOr<std::string> info = Command({"INFO", "server"});
  return info.ok() && info->find(absl::StrCat("process_id:", pid(), "\r")) != std::string::npos;
}

void RedisServer::Stop() {
  process_.Signal(SIGTERM);
  process_.Signal(SIGCONT);
  if (!process_.WaitExit(kStopBudget).has_value()) process_.Kill();
}

void RedisServer::Kill() { process_.Kill(); }

void RedisServer::Pause() {
  process_.Signal(SIGSTOP);
  // Only then does nothing of it run any more.
  waitpid(process_.pid(), nullptr, WUNTRACED);
}

void RedisServer::Resume() { process_.Signal(SIGCONT); }

absl::Status RedisServer::Restart() {
  Stop();
  return Launch();
}

absl::StatusOr<std::string> RedisServer::Command(const std::vector<std::string>& arguments,
                                                 int database) {
  const Context context(redisConnectWithTimeout("127.0.0.1", port_, {5, 0}), redisFree);
  if (context == nullptr || context->err != 0) {
    return absl::UnavailableError(context == nullptr ? "no memory" : context->errstr);
  }
  redisSetTimeout(context.get(), {5, 0});
  if (!options_.password.empty()) {
    const auto in = Ask(context.get(), {"AUTH", options_.password});
    if (!in.ok()) return in.status();
  }
  if (database != 0) {
    const auto selected = Ask(context.get(), {"SELECT", absl::StrCat(database)});
    if (!selected.ok()) return selected.status();
  }
  return Ask(context.get(), arguments);
}

}  // namespace muster::store::testing
