#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/time.h"

namespace muster::store::testing {

// A server on 127.0.0.1 that answers whatever the test wants, on the test's own loop. Its handles
// are closed by its destructor and gone after the loop's next turn.
class Impostor {
 public:
  // What to send for the bytes of one read; `connection` counts from 1. It is asked once with no
  // bytes when a connection begins.
  using Answer = std::function<std::string(int connection, std::string_view bytes)>;

  // `every` above zero: sends `step` bytes each time so much has passed.
  Impostor(uv_loop_t* loop, Answer answer, Duration every = Duration::Zero(), size_t step = 1);
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;
  ~Impostor();

  uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  // Connections that the other side has not closed.
  size_t open() const { return peers_.size(); }

 private:
  struct Listener;
  struct Trickle;
  struct Peer;
  static void OnConnection(uv_stream_t* stream, int status);
  static void OnBytes(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);
  void Say(Peer* peer, std::string bytes);
  void Drop(Peer* peer);

  uv_loop_t* loop_;
  Answer answer_;
  Duration every_;
  size_t step_;
  Listener* listener_;
  Trickle* trickle_;
  uint16_t port_ = 0;
  int connections_ = 0;
  std::vector<Peer*> peers_;
};

// A port of 127.0.0.1 at which connections are neither taken nor refused, like an address that
// swallows packets: a listener whose queue is full.
class BlackHole {
 public:
  BlackHole();
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  ~BlackHole();
  uint16_t port() const { return port_; }

 private:
  uint16_t port_ = 0;
  std::vector<int> sockets_;
};

}  // namespace muster::store::testing
