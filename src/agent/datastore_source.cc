#include "src/agent/datastore_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "src/agent/config.h"
#include "src/agent/failure.h"
#include "src/base/strings.h"
#include "src/store/presence_factory.h"

namespace muster::agent {
namespace {

constexpr size_t kFileBytesMax = 4096;

// kNotFound, with the system's word for it, if it cannot be opened. A pipe is none: a start would
// wait for whoever writes into it, and each later connection again.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return absl::NotFoundError(std::strerror(errno));
  struct stat info {};
  std::string text(kFileBytesMax + 1, '\0');
  size_t length = 0;
  ssize_t more = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? 1 : -1;
  while (more > 0 && length < text.size()) {
    more = read(fd, text.data() + length, text.size() - length);
    if (more > 0) length += static_cast<size_t>(more);
  }
  close(fd);
  if (more < 0 || length > kFileBytesMax) return absl::OutOfRangeError("no small file");
  text.resize(length);
  return text;
}

}  // namespace

absl::StatusOr<store::DatastoreUrl> ReadDatastoreFile(const std::string& path) {
  const std::string what = absl::StrCat("cannot take the datastore from ", path);
  absl::StatusOr<std::string> read = ReadSmallFile(path);
  if (absl::IsNotFound(read.status())) {
    return UsageError(what, std::string(read.status().message()),
                      "write its URL into that file, or name it with --datastore URL");
  }
  if (!read.ok()) {
    return UsageError(what, "it is no readable file of at most 4096 bytes",
                      "write the URL into it, and nothing else");
  }
  std::string text = *std::move(read);
  absl::StripAsciiWhitespace(&text);
  absl::StatusOr<store::DatastoreUrl> url = store::ParseDatastoreUrl(text, FromUserFolder);
  if (!url.ok()) {
    const std::string fact(url.status().message());
    const size_t split = fact.find("; ");
    return UsageError(what, fact.substr(0, split),
                      split == std::string::npos ? "write one URL" : fact.substr(split + 2));
  }
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
