#include "tests/e2e/harness/network.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/base/status_macros.h"
#include "tests/e2e/harness/process.h"

namespace muster::e2e {
namespace {

absl::Status SystemError(const std::string& what) {
  return absl::InternalError(absl::StrCat(what, ": ", strerror(errno)));
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(path);
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const absl::Status status = written ? absl::OkStatus() : SystemError(path);
  close(fd);
  return status;
}

absl::Status EnterOwnUser() {
  const uid_t user = getuid();
  const gid_t group = getgid();
  if (unshare(CLONE_NEWUSER) != 0) return SystemError("unshare(CLONE_NEWUSER)");
  MUSTER_RETURN_IF_ERROR(WriteFile("/proc/self/setgroups", "deny"));
  MUSTER_RETURN_IF_ERROR(WriteFile("/proc/self/uid_map", absl::StrCat("0 ", user, " 1")));
  return WriteFile("/proc/self/gid_map", absl::StrCat("0 ", group, " 1"));
}

absl::Status BringLoopbackUp() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemError("socket");
  ifreq request = {};
  strncpy(request.ifr_name, "lo", sizeof(request.ifr_name) - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  const absl::Status status = up ? absl::OkStatus() : SystemError("bring up the loopback");
  close(fd);
  return status;
}

absl::StatusOr<std::string> RunNft(std::vector<std::string> arguments) {
  ProcessOptions options;
  options.argv = {"/usr/sbin/nft"};
  for (std::string& argument : arguments) options.argv.push_back(std::move(argument));
  const CommandResult result = RunCommand(options);
  if (result.exit_code != 0) {
    return absl::InternalError(absl::StrCat("nft ", absl::StrJoin(options.argv, " "), ": exit ",
                                            result.exit_code, ": ", result.err));
  }
  return result.out;
}

}  // namespace

absl::Status EnterOwnNetwork() {
  if (geteuid() != 0) MUSTER_RETURN_IF_ERROR(EnterOwnUser());
  if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return SystemError("unshare(CLONE_NEWNET)");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return SystemError("make mounts private");
  }
  return BringLoopbackUp();
}

absl::Status CoverWithEmptyFolder(const std::string& path) {
  if (mount("none", path.c_str(), "tmpfs", 0, "mode=0755") == 0) return absl::OkStatus();
  return SystemError(absl::StrCat("mount an empty folder on ", path));
}

PacketFilter::~PacketFilter() {
  if (active_) Clear().IgnoreError();
}

absl::Status PacketFilter::Replace(const std::string& rules) {
  const std::string table = "inet muster_e2e";
  std::string script =
      absl::StrCat("add table ", table, "; delete table ", table, "; add table ", table, "; ");
  for (const char* name : {"dropped", "udp_in", "tcp_in"}) {
    absl::StrAppend(&script, "add counter ", table, " ", name, "; ");
  }
  absl::StrAppend(&script, "add chain ", table, " input { type filter hook input priority 0; }; ",
                  rules);
  active_ = true;
  return RunNft({script}).status();
}

absl::Status PacketFilter::DropPercent(int percent) {
  std::string rules;
  for (const char* side : {"dport", "sport"}) {
    // A packet from port 7946 to port 7946 matches both lines; the second skips it.
    const std::string once =
        strcmp(side, "sport") == 0 ? absl::StrCat("th dport != ", kGossipPort, " ") : std::string();
    absl::StrAppend(&rules, "add rule inet muster_e2e input meta l4proto { tcp, udp } th ", side,
                    " ", kGossipPort, " ", once, "numgen random mod 100 < ", percent,
                    " counter name dropped drop; ");
  }
  return Replace(rules);
}

absl::Status PacketFilter::Cut(const std::vector<std::string>& left,
                               const std::vector<std::string>& right) {
  const std::string a = absl::StrJoin(left, ", ");
  const std::string b = absl::StrJoin(right, ", ");
  std::string rules;
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    absl::StrAppend(&rules, "add rule inet muster_e2e input ip saddr { ", from, " } ip daddr { ",
                    to, " } counter name dropped drop; ");
  }
  return Replace(rules);
}

absl::Status PacketFilter::Blackhole(const std::vector<std::string>& addresses) {
  return Replace(absl::StrCat("add rule inet muster_e2e input ip daddr { ",
                              absl::StrJoin(addresses, ", "), " } counter name dropped drop"));
}

absl::Status PacketFilter::CountOnly() {
  return Replace(absl::StrCat("add rule inet muster_e2e input udp dport ", kGossipPort,
                              " counter name udp_in; add rule inet muster_e2e input tcp dport ",
                              kGossipPort, " counter name tcp_in; ",
                              "add rule inet muster_e2e input tcp sport ", kGossipPort,
                              " counter name tcp_in"));
}

absl::Status PacketFilter::Clear() {
  active_ = false;
  return RunNft({"delete table inet muster_e2e"}).status();
}

absl::StatusOr<Counter> PacketFilter::Read(const std::string& name) {
  const absl::StatusOr<std::string> text =
      RunNft({"-j", "list", "counter", "inet", "muster_e2e", name});
  if (!text.ok()) return text.status();
  const nlohmann::json parsed = nlohmann::json::parse(*text, nullptr, false);
  if (parsed.is_discarded() || !parsed.contains("nftables")) {
    return absl::InternalError(absl::StrCat("nft printed no JSON: ", *text));
  }
  for (const nlohmann::json& item : parsed["nftables"]) {
    if (!item.contains("counter")) continue;
    const nlohmann::json& counter = item["counter"];
    return Counter{counter.value("packets", uint64_t{0}), counter.value("bytes", uint64_t{0})};
  }
  return absl::NotFoundError(absl::StrCat("nft has no counter '", name, "'"));
}

}  // namespace muster::e2e
