#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace muster::bench {

// TCP packets to and from one server port of this network namespace; bytes with IP and TCP headers.
struct WireUse {
  uint64_t connections = 0;  // first SYNs
  uint64_t bytes_to = 0;     // towards the server
  uint64_t bytes_from = 0;
};

// Counts from Start() on, by nftables. Retransmitted SYNs count as connections: on loopback there
// are none.
class PortMeter {
 public:
  explicit PortMeter(uint16_t port);
  PortMeter(const PortMeter&) = delete;
  PortMeter& operator=(const PortMeter&) = delete;
  ~PortMeter();

  absl::Status Start();
  absl::StatusOr<WireUse> Read() const;

 private:
  const uint16_t port_;
  const std::string table_;
  bool active_ = false;
};

// What `nft -j list counters` prints, of counters named connections, to and from.
absl::StatusOr<WireUse> ParseCounters(std::string_view json);

// Commands that clients sent, of the text of INFO commandstats: those that scripts call inside the
// server are left out, and so is INFO.
uint64_t CountRedisCommands(std::string_view info);

// Statements of one role in a PostgreSQL log with log_statement=all and log_line_prefix='%u '.
uint64_t CountStatements(std::string_view log, std::string_view role);

// What this process, all its threads, has read and written through system calls, sockets included.
struct FileUse {
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t write_calls = 0;
};
FileUse ParseFileUse(std::string_view proc_io);
FileUse ReadFileUse();

}  // namespace muster::bench
