#include "src/agent/config.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace muster::agent {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string DefaultDataBase() {
  if (geteuid() == 0) return "/var/lib/muster";
  // The XDG base directory specification: a relative value is to be ignored.
  if (const std::string state = Variable("XDG_STATE_HOME"); state.starts_with('/')) {
    return state + "/muster";
  }
  const std::string home = Variable("HOME");
  return home.empty() ? "" : home + "/.local/state/muster";
}

std::string FromUserFolder(const std::string& path) {
  if (path.empty() || path.front() == '/') return path;
  std::string folder = Variable("BUILD_WORKING_DIRECTORY");
  if (folder.empty()) {
    std::error_code error;
    folder = std::filesystem::current_path(error).string();
    if (error) return path;
  }
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

}  // namespace muster::agent
