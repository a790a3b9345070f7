#include "src/agent/datastore_source.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "src/agent/config.h"
#include "src/agent/failure.h"
#include "src/base/strings.h"

namespace muster::agent {
namespace {

constexpr size_t kFileBytesMax = 4096;

}  // namespace

absl::StatusOr<store::DatastoreUrl> ReadDatastoreFile(const std::string& path) {
  const std::string what = absl::StrCat("cannot take the datastore from ", path);
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return UsageError(what, std::strerror(errno),
                      "write its URL into that file, or name it with --datastore URL");
  }
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || text.size() > kFileBytesMax) {
    return UsageError(what, "it is no readable file of at most 4096 bytes",
                      "write the URL into it, and nothing else");
  }
  absl::StripAsciiWhitespace(&text);
  absl::StatusOr<store::DatastoreUrl> url = store::DatastoreUrl::Parse(text);
  if (!url.ok()) {
    const std::string fact(url.status().message());
    const size_t split = fact.find("; ");
    return UsageError(what, fact.substr(0, split),
                      split == std::string::npos ? "write one URL" : fact.substr(split + 2));
  }
  if (url->kind == store::DatastoreKind::kSqlite) url->path = FromUserFolder(url->path);
  return url;
}

absl::StatusOr<store::DatastoreUrl> FindDatastore(const Settings& settings) {
  if (settings.datastore_file.empty()) return settings.datastore;
  return ReadDatastoreFile(settings.datastore_file);
}

store::UrlSource DatastoreSource(const Settings& settings) {
  if (settings.datastore_file.empty()) return nullptr;
  return [path = settings.datastore_file]() -> absl::StatusOr<store::DatastoreUrl> {
    absl::StatusOr<store::DatastoreUrl> url = ReadDatastoreFile(path);
    if (url.ok()) return url;
    // At a start a mistake of the user's; while the agent runs, the store's state.
    return absl::FailedPreconditionError(
        absl::StrJoin(absl::StrSplit(url.status().message(), '\n'), "; "));
  };
}

}  // namespace muster::agent
