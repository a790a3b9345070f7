#include "src/store/redis_error.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "src/base/strings.h"

namespace muster::store {
namespace {

constexpr size_t kTextBytesMax = 200;

struct Meaning {
  std::string_view sign;
  absl::StatusCode code;
};

// By the word that an error begins with.
constexpr Meaning kWords[] = {
    {"NOAUTH", absl::StatusCode::kUnauthenticated},
    {"WRONGPASS", absl::StatusCode::kUnauthenticated},
    {"NOPERM", absl::StatusCode::kPermissionDenied},
    {"DENIED", absl::StatusCode::kPermissionDenied},  // protected mode
    {"OOM", absl::StatusCode::kResourceExhausted},
    {"READONLY", absl::StatusCode::kFailedPrecondition},
    {"MISCONF", absl::StatusCode::kFailedPrecondition},
    {"NOREPLICAS", absl::StatusCode::kFailedPrecondition},
    {"MOVED", absl::StatusCode::kFailedPrecondition},
    {"NOSCRIPT", absl::StatusCode::kNotFound},
    {"LOADING", absl::StatusCode::kUnavailable},
    {"BUSY", absl::StatusCode::kUnavailable},
    {"MASTERDOWN", absl::StatusCode::kUnavailable},
    {"TRYAGAIN", absl::StatusCode::kUnavailable},
    {"CLUSTERDOWN", absl::StatusCode::kUnavailable},
};

// By a text anywhere in it, for errors that begin with ERR.
constexpr Meaning kTexts[] = {
    {"invalid password", absl::StatusCode::kUnauthenticated},
    {"operation not permitted", absl::StatusCode::kUnauthenticated},
    {"ACL failure in script", absl::StatusCode::kPermissionDenied},
    {"user executing the script can't", absl::StatusCode::kPermissionDenied},
    {"max number of clients", absl::StatusCode::kUnavailable},
};

absl::StatusCode CodeOf(std::string_view reply) {
  const std::string_view first = reply.substr(0, reply.find(' '));
  for (const Meaning& word : kWords) {
    if (first == word.sign) return word.code;
  }
  for (const Meaning& text : kTexts) {
    if (reply.find(text.sign) != std::string_view::npos) return text.code;
  }
  // Redis 6 quotes what failed within a script: "ERR Error running script (...): -OOM ...".
  for (const Meaning& word : kWords) {
    if (reply.find(absl::StrCat("-", ToAbsl(word.sign), " ")) != std::string_view::npos) {
      return word.code;
    }
  }
  return absl::StatusCode::kFailedPrecondition;
}

std::string Printable(std::string_view reply, std::string_view secret) {
  std::string text(reply);
  // Before the text is cut: half a secret is one too.
  if (!secret.empty()) text = absl::StrReplaceAll(text, {{ToAbsl(secret), "***"}});
  if (text.size() > kTextBytesMax) text = text.substr(0, kTextBytesMax) + "...";
  for (char& c : text) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return text;
}

}  // namespace

absl::Status RedisError(std::string_view reply, std::string_view secret) {
  return absl::Status(CodeOf(reply),
                      absl::StrCat("the server answered: ", Printable(reply, secret)));
}

absl::Status RedisAuthError(std::string_view reply) {
  const absl::StatusCode code = CodeOf(reply);
  if (code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kPermissionDenied) {
    // Loading, too many clients, protected mode: nothing about what we sent.
    return absl::Status(code, absl::StrCat("the server is not ready to let us in: ",
                                           ToAbsl(reply.substr(0, reply.find(' ')))));
  }
  return absl::UnauthenticatedError(
      "the server refused the user or the password; correct the URL or its secret file");
}

}  // namespace muster::store
