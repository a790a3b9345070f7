#include "src/api/client.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "tests/unit/api/loop.h"

namespace muster::api {
namespace {

constexpr Duration kPatience = Duration::Seconds(10);

// Listens on a unix socket, takes one connection, and does with it what the test says.
class OneServer {
 public:
  OneServer(const std::string& path, std::function<void(int fd)> serve)
      : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    thread_ = std::thread([this, serve = std::move(serve)] {
      const int client = accept(fd_, nullptr, nullptr);
      if (client < 0) return;
      serve(client);
      close(client);
    });
  }
  ~OneServer() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }

 private:
  int fd_;
  std::thread thread_;
};

void Say(int fd, const std::string& text) { send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

std::string Hear(int fd) {
  std::string text;
  char buffer[4096];
  while (text.find("\r\n\r\n") == std::string::npos) {
    const ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
    if (size <= 0) break;
    text.append(buffer, static_cast<size_t>(size));
  }
  return text;
}

// Until the other side hangs up.
void HoldOn(int fd) {
  char byte = 0;
  while (recv(fd, &byte, 1, 0) > 0) {
  }
}

class ClientTest : public testing::Test {
 protected:
  absl::StatusOr<Response> Get(Duration timeout = kPatience) {
    Client client = *Client::Create("unix:" + folder_.socket());
    return client.Call("GET", "/v1/status", "", timeout);
  }
  ShortFolder folder_;
};

TEST(ClientUrl, Forms) {
  for (const char* url : {"unix:/run/n1.sock", "unix:n1.sock", "http://127.0.0.1:8500",
                          "http://localhost:8500/", "http://[::1]:8500"}) {
    const absl::StatusOr<Client> client = Client::Create(url);
    ASSERT_TRUE(client.ok()) << client.status();
    EXPECT_EQ(client->url(), url);
  }
  for (const char* url : {"", "unix:", "127.0.0.1:8500", "https://127.0.0.1:8500", "http://",
                          "http://host", "http://host:0", "http://host:65536", "http://:80",
                          "http://host:80/v1", "http://u@host:80", "http://::1:80", "ftp://a:1"}) {
    const absl::StatusOr<Client> client = Client::Create(url);
    ASSERT_FALSE(client.ok()) << url;
    EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(client.status().ToString().find(url), std::string::npos) << client.status();
  }
}

TEST(ClientUrl, SocketPathsHaveALimit) {
  EXPECT_TRUE(Client::Create("unix:" + std::string(107, 'a')).ok());
  EXPECT_FALSE(Client::Create("unix:" + std::string(108, 'a')).ok());
}

TEST(ClientUrl, EscapesOnePart) {
  EXPECT_EQ(Client::EscapePath("web-1_a.b~1"), "web-1_a.b~1");
  EXPECT_EQ(Client::EscapePath("a/b c%\xc3"), "a%2Fb%20c%25%C3");
}

TEST_F(ClientTest, NobodyThere) {
  const absl::Status status = Get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.ToString().find(folder_.socket()), std::string::npos) << status;
  EXPECT_NE(status.ToString().find("No such file"), std::string::npos) << status;
}

TEST_F(ClientTest, AReadPathThatIsNone) {
  Client client = *Client::Create("unix:" + folder_.socket());
  for (const char* path : {"", "v1", "/v1/a b", "/v1\r\nX: y"}) {
    EXPECT_EQ(client.Call("GET", path, "", kPatience).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(ClientTest, SendsWhatIsAskedFor) {
  std::string heard;
  OneServer server(folder_.socket(), [&](int fd) {
    heard = Hear(fd);
    Say(fd, "HTTP/1.1 404 Not Found\r\nETag: W/\"7\"\r\nContent-Length: 2\r\n\r\n{}");
  });
  Client client = *Client::Create("unix:" + folder_.socket());
  client.set_token("secret");
  const absl::StatusOr<Response> response =
      client.Call("DELETE", "/v1/members/n2?prune=1", "", kPatience);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 404) << "an HTTP error is an answer";
  EXPECT_EQ(response->body, "{}");
  EXPECT_EQ(response->etag, "W/\"7\"");
  EXPECT_TRUE(heard.starts_with("DELETE /v1/members/n2?prune=1 HTTP/1.1\r\n")) << heard;
  EXPECT_NE(heard.find("Authorization: Bearer secret\r\n"), std::string::npos) << heard;
}

TEST_F(ClientTest, NoAnswerInTime) {
  OneServer server(folder_.socket(), HoldOn);
  const absl::Status status = Get(Duration::Millis(100)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
}

TEST_F(ClientTest, HalfAnAnswerIsNone) {
  OneServer server(folder_.socket(), [](int fd) {
    Hear(fd);
    Say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"name\":");
  });
  EXPECT_EQ(Get().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ClientTest, AServerThatHangsUp) {
  OneServer server(folder_.socket(), [](int fd) { Hear(fd); });
  EXPECT_EQ(Get().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ClientTest, AServerThatIsNoAgent) {
  OneServer server(folder_.socket(), [](int fd) {
    Say(fd, "220 mail.example ESMTP\r\n250 hello\r\n\r\n");
    HoldOn(fd);
  });
  const absl::Status status = Get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_NE(status.ToString().find("does not speak HTTP"), std::string::npos) << status;
}

TEST_F(ClientTest, StreamCutsLinesAndSkipsSignsOfLife) {
  OneServer server(folder_.socket(), [](int fd) {
    Hear(fd);
    Say(fd, "HTTP/1.1 200 OK\r\n\r\n{\"a\"");
    Say(fd, ":1}\n  \n   {\"b\":2}\n");
    Say(fd, " ");
  });
  Client client = *Client::Create("unix:" + folder_.socket());
  std::string lines;
  const absl::StatusOr<Response> end = client.Stream("/v1/events", kPatience, [&](auto line) {
    lines += std::string(line) + "|";
    return true;
  });
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->status, 200);
  EXPECT_EQ(lines, "{\"a\":1}|{\"b\":2}|");
}

TEST_F(ClientTest, StreamStopsWhenItsReaderHasEnough) {
  OneServer server(folder_.socket(), [](int fd) {
    Hear(fd);
    Say(fd, "HTTP/1.1 200 OK\r\n\r\n1\n2\n3\n");
    HoldOn(fd);
  });
  Client client = *Client::Create("unix:" + folder_.socket());
  int lines = 0;
  const absl::StatusOr<Response> end =
      client.Stream("/v1/events", Duration::Max(), [&](auto) { return ++lines < 2; });
  EXPECT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(lines, 2);
}

TEST_F(ClientTest, StreamHandsARefusalBack) {
  OneServer server(folder_.socket(), [](int fd) {
    Hear(fd);
    Say(fd, "HTTP/1.1 429 Busy\r\nContent-Length: 6\r\n\r\n{\"e\":}");
  });
  Client client = *Client::Create("unix:" + folder_.socket());
  const absl::StatusOr<Response> end = client.Stream("/v1/events", kPatience, [](auto) {
    ADD_FAILURE() << "this is no event";
    return true;
  });
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->status, 429);
  EXPECT_EQ(end->body, "{\"e\":}");
}

TEST_F(ClientTest, StreamEndsWithItsTime) {
  OneServer server(folder_.socket(), [](int fd) {
    Hear(fd);
    Say(fd, "HTTP/1.1 200 OK\r\n\r\n1\n");
    HoldOn(fd);
  });
  Client client = *Client::Create("unix:" + folder_.socket());
  const absl::Status status =
      client.Stream("/v1/events", Duration::Millis(100), [](auto) { return true; }).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
}

TEST_F(ClientTest, AHandledSignalInterrupts) {
  struct sigaction handler {};
  handler.sa_handler = [](int) {};
  struct sigaction before {};
  sigaction(SIGUSR1, &handler, &before);
  const pthread_t self = pthread_self();
  OneServer server(folder_.socket(), [self](int fd) {
    Hear(fd);
    // Again and again: the first ones may come before the client waits.
    timeval pause{0, 10'000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof(pause));
    char byte = 0;
    for (int i = 0; i < 500 && recv(fd, &byte, 1, 0) != 0; ++i) pthread_kill(self, SIGUSR1);
  });
  EXPECT_EQ(Get().status().code(), absl::StatusCode::kCancelled);
  sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace muster::api
