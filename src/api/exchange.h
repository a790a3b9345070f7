#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "src/api/target.h"

namespace muster::api {

// Who asks, as far as the transport can tell.
enum class Caller : uint8_t {
  kOwner,      // over the unix socket, the agent's own user or root
  kOtherUser,  // over the unix socket, somebody whom its mode lets in
  kLoopback,   // over TCP, from this host
  kRemote,     // over TCP, from elsewhere
};

// One request, whole. Header fields that were not sent are empty.
struct Request {
  Caller caller = Caller::kOwner;
  std::string method;
  std::string target;  // as sent: path and query, escaped
  std::string host;
  std::string accept;
  std::string if_none_match;
  std::string body;
};

// One answer, whole. Header fields that are empty are not sent.
struct Reply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string etag;
  std::string allow;
  std::string version;  // of the member table: what a reader gives as `index` next time
};

// The bytes of an endless answer; the transport reads when the client can take more.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Copies at most `max` bytes. 0: nothing now (its Exchange::Wake is called when there is more),
  // or never again when finished().
  virtual size_t Read(char* to, size_t max) = 0;
  virtual bool finished() const = 0;
};

// One request and the way back to its client. Shared by the transport and by whoever will answer;
// the client may vanish at any time, after which answers go nowhere. Loop thread only.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  // Exactly one of the two, once, now or later. Sends nothing before the caller has returned to the
  // event loop, so it is safe everywhere.
  virtual void Answer(Reply reply) = 0;
  virtual void AnswerStream(std::string content_type, std::unique_ptr<ByteSource> source) = 0;
  // The source of AnswerStream has more to read, or has finished.
  virtual void Wake() = 0;
  // True when the client has hung up. Costs a system call.
  virtual bool HasVanished() const = 0;
  // `done` runs once, when the answer has been handed to the system or the client is gone.
  virtual void OnDone(std::function<void()> done) = 0;
};

}  // namespace muster::api
