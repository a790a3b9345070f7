#include "src/cli/find_agent.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "src/cli/text.h"

namespace muster::cli {
namespace {

constexpr std::string_view kSocketName = "/agent.sock";

enum class Pulse { kDead, kLive, kForbidden };

// Whether something accepts connections there. An agent with a full backlog is busy, not dead.
Pulse Feel(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Pulse::kDead;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return Pulse::kDead;
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  close(fd);
  if (result == 0 || error == EAGAIN) return Pulse::kLive;
  return error == EACCES || error == EPERM ? Pulse::kForbidden : Pulse::kDead;
}

// DATA_BASE and its subfolders, in order of their names. `*forbidden` becomes true when the folder
// may not be read.
std::vector<std::string> DataFolders(const std::string& base, bool* forbidden) {
  std::vector<std::string> folders;
  DIR* const directory = opendir(base.c_str());
  if (directory == nullptr) {
    *forbidden = *forbidden || errno == EACCES;
    return {base};
  }
  while (const dirent* entry = readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") folders.push_back(base + "/" + std::string(name));
  }
  closedir(directory);
  std::sort(folders.begin(), folders.end(), NaturalLess);
  folders.insert(folders.begin(), base);
  return folders;
}

Result<std::string> CheckGiven(const AgentPlaces& places) {
  const std::string& url = places.given;
  constexpr std::string_view kUnix = "unix:";
  if (url.starts_with(kUnix) && url.size() > kUnix.size()) {
    return std::string(kUnix) + places.from_user_folder(url.substr(kUnix.size()));
  }
  if (url.starts_with("http://") && url.size() > 7) return url;
  return Failure{ExitCode::kUsage, "not the address of an agent: '" + url + "'",
                 "--agent and MUSTER_AGENT take unix:PATH or http://HOST:PORT",
                 url.starts_with('/') ? "--agent unix:" + url : "--agent unix:PATH"};
}

}  // namespace

Result<std::string> FindAgent(const AgentPlaces& places) {
  if (!places.given.empty()) return CheckGiven(places);
  const std::string& base = places.data_base;
  if (base.empty()) {
    return Failure{ExitCode::kUnreachable, "no place to look for an agent",
                   "neither XDG_STATE_HOME nor HOME is set", "--agent unix:PATH"};
  }
  bool forbidden = false;
  std::vector<std::string> live;
  for (const std::string& folder : DataFolders(base, &forbidden)) {
    const std::string path = folder + std::string(kSocketName);
    const Pulse pulse = Feel(path);
    if (pulse == Pulse::kLive) live.push_back("unix:" + path);
    forbidden = forbidden || pulse == Pulse::kForbidden;
  }
  if (live.size() == 1) return live[0];
  if (live.size() > 1) {
    std::string list;
    for (const std::string& url : live) list += (list.empty() ? "" : ", ") + url;
    return Failure{ExitCode::kUsage, std::to_string(live.size()) + " agents run on this host", list,
                   "name one, as in --agent " + live[0] + ", or set MUSTER_AGENT"};
  }
  if (forbidden) {
    return Failure{ExitCode::kNotPermitted, "not permitted to talk to the agents below " + base,
                   "their sockets belong to another user",
                   "run as that user, or join the group of the agent's --socket-group"};
  }
  return Failure{ExitCode::kUnreachable, "no agent runs on this host",
                 "nothing listens on " + base + std::string(kSocketName) + " or " + base + "/*" +
                     std::string(kSocketName),
                 "start one with 'muster agent', or name one with --agent unix:PATH"};
}

}  // namespace muster::cli
