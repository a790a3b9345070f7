#include "src/cli/find_agent.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "src/cli/process.h"

namespace muster::cli {
namespace {

// A data base folder with a short path, as sockets want it.
class FindAgentTest : public testing::Test {
 protected:
  FindAgentTest() {
    char path[] = "/tmp/muster-cli-XXXXXX";
    base_ = mkdtemp(path);
  }
  ~FindAgentTest() override {
    for (const int fd : listening_) close(fd);
    std::filesystem::remove_all(base_);
  }

  std::string Folder(const std::string& name) {
    std::filesystem::create_directories(base_ + "/" + name);
    return base_ + "/" + name;
  }
  // A socket file; with a listener it is alive.
  std::string Socket(const std::string& folder, bool alive) {
    const std::string path = folder + "/agent.sock";
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path;
    if (alive) {
      EXPECT_EQ(listen(fd, 1), 0);
      listening_.push_back(fd);
    } else {
      close(fd);
    }
    return "unix:" + path;
  }
  Result<std::string> Find(const std::string& given = "") const {
    return FindAgent({given, base_, [](const std::string& path) {
                        return path.starts_with('/') ? path : "/home/me/" + path;
                      }});
  }

  std::string base_;
  std::vector<int> listening_;
};

TEST_F(FindAgentTest, GivenUrlsAreTaken) {
  EXPECT_EQ(*Find("unix:/run/a.sock"), "unix:/run/a.sock");
  EXPECT_EQ(*Find("unix:a.sock"), "unix:/home/me/a.sock");
  EXPECT_EQ(*Find("http://10.0.0.1:8500"), "http://10.0.0.1:8500");
}

TEST_F(FindAgentTest, OtherUrlsAreUsageErrors) {
  for (const char* url : {"unix:", "http://", "tcp:7946", "https://a:1", "/run/a.sock"}) {
    const Result<std::string> result = Find(url);
    ASSERT_FALSE(result.ok()) << url;
    EXPECT_EQ(result.failure().exit, ExitCode::kUsage);
    EXPECT_NE(result.failure().what.find(url), std::string::npos);
  }
  EXPECT_EQ(Find("/run/a.sock").failure().remedy, "--agent unix:/run/a.sock");
}

TEST_F(FindAgentTest, TheOneLiveSocketIsFound) {
  Socket(Folder("127.0.0.1_7946"), false);
  const std::string live = Socket(Folder("127.0.0.2_7946"), true);
  std::ofstream(base_ + "/agent.sock") << "no socket";
  EXPECT_EQ(*Find(), live);
}

TEST_F(FindAgentTest, TheBaseItselfIsLookedAt) {
  const std::string live = Socket(base_, true);
  EXPECT_EQ(*Find(), live);
}

TEST_F(FindAgentTest, ABusyAgentIsAlive) {
  const std::string live = Socket(base_, true);
  // Fills the backlog; nobody accepts.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*Find(), live);
}

TEST_F(FindAgentTest, SeveralAreListed) {
  const std::string first = Socket(Folder("127.0.0.2_7946"), true);
  const std::string second = Socket(Folder("127.0.0.10_7946"), true);
  const Result<std::string> result = Find();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.failure().exit, ExitCode::kUsage);
  EXPECT_EQ(result.failure().what, "2 agents run on this host");
  EXPECT_EQ(result.failure().fact, first + ", " + second);
  EXPECT_NE(result.failure().remedy.find("--agent " + first), std::string::npos);
}

TEST_F(FindAgentTest, NoneIsUnreachable) {
  Socket(Folder("127.0.0.1_7946"), false);
  for (const char* folder : {"", "/nowhere"}) {
    base_ += folder;
    const Result<std::string> result = Find();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.failure().exit, ExitCode::kUnreachable);
    EXPECT_NE(result.failure().fact.find(base_ + "/agent.sock"), std::string::npos);
    EXPECT_NE(result.failure().remedy.find("muster agent"), std::string::npos);
  }
  base_.resize(base_.size() - std::strlen("/nowhere"));
}

TEST_F(FindAgentTest, WithoutABaseThereIsNowhereToLook) {
  const Result<std::string> result = FindAgent({"", "", nullptr});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.failure().exit, ExitCode::kUnreachable);
}

TEST_F(FindAgentTest, TokensAreReadWithoutTheirLineEnd) {
  const std::string path = base_ + "/token";
  std::ofstream(path) << " s3cret\n";
  EXPECT_EQ(*ReadToken(path), "s3cret");
  std::ofstream(path) << "\n";
  EXPECT_EQ(ReadToken(path).failure().fact, "it is empty");
  std::ofstream(path) << std::string(4096, 'x');
  EXPECT_EQ(ReadToken(path)->size(), 4096u);
  std::ofstream(path) << std::string(4097, 'x');
  EXPECT_EQ(ReadToken(path).failure().fact, "it is larger than 4096 bytes");
  EXPECT_EQ(ReadToken(base_ + "/none").failure().fact, "No such file or directory");
}

}  // namespace
}  // namespace muster::cli
