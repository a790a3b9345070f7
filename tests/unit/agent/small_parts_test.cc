// The parts of the agent that need no test file of their own: failure texts, the service manager,
// random ids, user folders, groups, log files.

#include <glog/logging.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "src/agent/config.h"
#include "src/agent/failure.h"
#include "src/agent/host_facts.h"
#include "src/agent/logging.h"
#include "src/agent/random.h"
#include "src/agent/service_manager.h"

namespace muster::agent {
namespace {

TEST(FailureTest, ThreeLinesAtTheMost) {
  EXPECT_EQ(FormatFailure("what"), "error: what\n");
  EXPECT_EQ(FormatFailure("what\nfact"), "error: what\n  fact\n");
  EXPECT_EQ(FormatFailure("what\nfact\nremedy"), "error: what\n  fact\n  try: remedy\n");
  EXPECT_EQ(FormatFailure("what\n\nremedy"), "error: what\n  try: remedy\n");
  EXPECT_EQ(FormatFailure("a\nb\nc\nd"), "error: a\n  b\n  try: c d\n");
  EXPECT_EQ(FormatFailure("a\x1b[31m"), "error: a?[31m\n");
  EXPECT_EQ(FormatFailure(""), "error: \n");
}

// A datagram socket that plays systemd.
class Manager {
 public:
  explicit Manager(const std::string& name) {
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
  }
  ~Manager() { close(fd_); }
  std::string Received() const {
    char text[100];
    const ssize_t size = recv(fd_, text, sizeof text, 0);
    return size < 0 ? "nothing" : std::string(text, static_cast<size_t>(size));
  }

 private:
  int fd_;
};

TEST(ServiceManagerTest, IsToldByPathAndByAbstractName) {
  char folder[] = "/tmp/muster-notify-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  for (const std::string& name :
       {std::string(folder) + "/s", "@muster-test-" + std::to_string(getpid())}) {
    const Manager manager(name);
    EXPECT_TRUE(NotifySocket(name, "READY=1"));
    EXPECT_EQ(manager.Received(), "READY=1");
  }
  std::filesystem::remove_all(folder);
}

TEST(ServiceManagerTest, ANonsensicalOrDeadSocketIsNoTrouble) {
  for (const std::string& name : {std::string(), std::string("x"), std::string("relative"),
                                  "/" + std::string(200, 'l'), std::string("/nowhere/at/all")}) {
    EXPECT_FALSE(NotifySocket(name, "READY=1")) << name;
  }
  unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(NotifyServiceManager("READY=1"));
}

TEST(RandomTest, HostIdsDiffer) {
  const HostId first = RandomHostId();
  EXPECT_FALSE(first.is_zero());
  EXPECT_NE(first, RandomHostId());
  EXPECT_NE(RandomBits(), RandomBits());
}

TEST(ConfigTest, UserFolders) {
  setenv("BUILD_WORKING_DIRECTORY", "/a/b", 1);
  EXPECT_EQ(FromUserFolder("c"), "/a/b/c");
  EXPECT_EQ(FromUserFolder("../c/./d"), "/a/c/d");
  EXPECT_EQ(FromUserFolder("/c"), "/c");
  EXPECT_EQ(FromUserFolder(""), "");
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(FromUserFolder("c"), (std::filesystem::current_path() / "c").string());
}

TEST(ConfigTest, DefaultDataBase) {
  if (geteuid() == 0) {
    EXPECT_EQ(DefaultDataBase(), "/var/lib/muster");
    return;
  }
  setenv("XDG_STATE_HOME", "/x/state", 1);
  EXPECT_EQ(DefaultDataBase(), "/x/state/muster");
  setenv("XDG_STATE_HOME", "relative", 1);
  setenv("HOME", "/home/ann", 1);
  EXPECT_EQ(DefaultDataBase(), "/home/ann/.local/state/muster");
}

TEST(HostFactsTest, ReadsThisHost) {
  const HostFacts facts = ReadHostFacts();
  EXPECT_FALSE(facts.host_name.empty());
  for (const InterfaceAddress& entry : facts.addresses) {
    EXPECT_FALSE(entry.interface.empty());
    EXPECT_EQ(entry.address.port(), 0);
  }
  EXPECT_EQ(FindGroup("root"), std::optional<gid_t>(0));
  EXPECT_EQ(FindGroup("42"), std::optional<gid_t>(42));
  EXPECT_FALSE(FindGroup("no-such-group").has_value());
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(LoggingTest, OneFileByItsExactNameThatMayBeRotated) {
  char folder[] = "/tmp/muster-log-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/agent.log";
  EXPECT_FALSE(StartLogging(LogLevel::kInfo, std::string(folder) + "/none/agent.log").ok());
  StopLogging();
  ASSERT_TRUE(StartLogging(LogLevel::kInfo, path).ok());
  LOG(INFO) << "event=one";
  VLOG(1) << "event=hidden";
  SetLogLevel(LogLevel::kWarning);
  LOG(INFO) << "event=hidden";
  SetLogLevel(LogLevel::kDebug);
  VLOG(1) << "event=two";
  std::filesystem::rename(path, path + ".1");
  ASSERT_TRUE(ReopenLog().ok());
  LOG(WARNING) << "event=three";
  StopLogging();
  const std::string first = Read(path + ".1");
  EXPECT_NE(first.find("] event=one\n"), std::string::npos) << first;
  EXPECT_NE(first.find("] event=two\n"), std::string::npos) << first;
  EXPECT_EQ(first.find("hidden"), std::string::npos) << first;
  EXPECT_NE(Read(path).find("] event=three\n"), std::string::npos);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, 2u) << "and no file of glog's own";
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace muster::agent
