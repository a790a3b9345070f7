#include "src/store/postgresql_target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::store {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

bool IsSet(const Settings& settings, std::string_view name) {
  return std::any_of(settings.begin(), settings.end(),
                     [name](const auto& setting) { return setting.first == name; });
}

// A list of hosts or ports; nothing when the text is empty.
std::vector<std::string> Split(const std::string& text) {
  if (text.empty()) return {};
  return absl::StrSplit(text, ',');
}

absl::Status Unreadable(std::string_view cause) {
  return absl::FailedPreconditionError(absl::StrCat(
      "libpq cannot read the postgresql URL: ", std::string(cause),
      "; write postgresql://user:password@host:port/database, special characters as %XX"));
}

}  // namespace

bool PostgresqlHost::NeedsLookup() const {
  if (host.empty() || !hostaddr.empty() || host[0] == '/' || host[0] == '@') return false;
  in_addr ip;
  // No name holds a colon: an IPv6 address, with or without a scope.
  return host.find(':') == std::string::npos && inet_pton(AF_INET, host.c_str(), &ip) != 1;
}

std::string PostgresqlHost::Shown() const {
  const std::string& name = host.empty() ? hostaddr : host;
  return absl::StrCat(name.empty() ? "the default host" : name, ", port ",
                      port.empty() ? "5432" : port);
}

absl::StatusOr<PostgresqlTarget> PostgresqlTarget::Parse(const std::string& url) {
  if (PQlibVersion() == 0) {
    return absl::FailedPreconditionError("cannot load libpq.so.5; install the package libpq5");
  }
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(url.c_str(), &error), PQconninfoFree);
  if (error != nullptr) PQfreemem(error);  // quotes the URL, secrets included
  if (options == nullptr) return Unreadable("its form or a parameter is wrong");
  PostgresqlTarget target;
  std::vector<std::string> hosts;
  std::vector<std::string> addresses;
  std::vector<std::string> ports;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view name = option->keyword;
    if (name == "host") {
      hosts = Split(option->val);
    } else if (name == "hostaddr") {
      addresses = Split(option->val);
    } else if (name == "port") {
      ports = Split(option->val);
    } else {
      target.settings.emplace_back(name, option->val);
    }
  }
  const size_t count = std::max<size_t>({hosts.size(), addresses.size(), 1});
  if (!hosts.empty() && !addresses.empty() && hosts.size() != addresses.size()) {
    return Unreadable("as many hostaddr as hosts are needed");
  }
  if (ports.size() > 1 && ports.size() != count) return Unreadable("one port a host is needed");
  for (size_t i = 0; i < std::min(count, kHostsMax); ++i) {
    PostgresqlHost host;
    if (!hosts.empty()) host.host = hosts[i];
    if (!addresses.empty()) host.hostaddr = addresses[i];
    if (!ports.empty()) host.port = ports[ports.size() == 1 ? 0 : i];
    target.hosts.push_back(std::move(host));
  }
  // Encryption by Kerberos is tried before anything else if a ticket lies around, and may ask a
  // key server that does not answer.
  if (!IsSet(target.settings, "gssencmode")) target.settings.emplace_back("gssencmode", "disable");
  if (!IsSet(target.settings, "client_encoding")) {
    target.settings.emplace_back("client_encoding", "UTF8");
  }
  if (!IsSet(target.settings, "fallback_application_name")) {
    target.settings.emplace_back("fallback_application_name", "muster");
  }
  return target;
}

Settings PostgresqlTarget::Parameters(const PostgresqlHost& host) const {
  Settings parameters = settings;
  if (!host.host.empty()) parameters.emplace_back("host", host.host);
  if (!host.hostaddr.empty()) parameters.emplace_back("hostaddr", host.hostaddr);
  if (!host.port.empty()) parameters.emplace_back("port", host.port);
  return parameters;
}

}  // namespace muster::store
