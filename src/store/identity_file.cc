#include "src/store/identity_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"

namespace muster::store {
namespace {

constexpr std::string_view kFirstLine = "muster-identity 1\n";
constexpr std::string_view kChecksumKey = "checksum ";
constexpr size_t kChecksumLineBytes = 9 + 16 + 1;
// 64 peers of the longest form take less than 4 KiB.
constexpr size_t kFileBytesMax = 16 * 1024;

std::string ChecksumLine(std::string_view body) {
  char line[kChecksumLineBytes + 1];
  std::snprintf(line, sizeof line, "checksum %016llx\n",
                static_cast<unsigned long long>(XXH3_64bits(body.data(), body.size())));
  return line;
}

absl::Status Unsound(std::string_view why) { return absl::DataLossError(ToAbsl(why)); }

// Takes "KEY VALUE\n" off the front of `*text`; unset when it begins otherwise.
std::optional<std::string_view> TakeLine(std::string_view key, std::string_view* text) {
  if (!text->starts_with(key) || text->size() <= key.size() || (*text)[key.size()] != ' ') {
    return std::nullopt;
  }
  const size_t end = text->find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view value = text->substr(key.size() + 1, end - key.size() - 1);
  text->remove_prefix(end + 1);
  return value;
}

std::optional<uint64_t> ParseCount(std::string_view digits) {
  uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [parsed, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return value;
}

absl::Status SystemError(std::string_view what, const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", ToAbsl(what), " ", path, ": ", std::strerror(errno)));
}

// The whole file; unset without an error when it does not exist.
absl::StatusOr<std::optional<std::string>> ReadFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return SystemError("read", path);
  }
  std::string text(kFileBytesMax + 1, '\0');
  size_t size = 0;
  ssize_t got = 0;
  while (size < text.size() && (got = read(fd, text.data() + size, text.size() - size)) > 0) {
    size += static_cast<size_t>(got);
  }
  const absl::Status status = got < 0 ? SystemError("read", path) : absl::OkStatus();
  close(fd);
  if (!status.ok()) return status;
  text.resize(size);
  return std::optional<std::string>(std::move(text));
}

absl::Status WriteDurably(const std::string& path, std::string_view text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError("create", path);
  absl::Status status;
  while (!text.empty() && status.ok()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      status = SystemError("write", path);
    }
  }
  if (status.ok() && fsync(fd) != 0) status = SystemError("write", path);
  close(fd);
  return status;
}

absl::Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError("open", folder);
  // Some file systems cannot sync a folder and say so; there is nothing better to do on them.
  const bool synced = fsync(fd) == 0 || errno == EINVAL;
  const absl::Status status = synced ? absl::OkStatus() : SystemError("sync", folder);
  close(fd);
  return status;
}

// One version as it lies on disk: a record, nothing, or the reason why it is unsound.
struct Version {
  bool exists = false;
  absl::StatusOr<IdentityRecord> record = absl::NotFoundError("no such file");
};

absl::StatusOr<Version> LoadVersion(const std::string& path) {
  absl::StatusOr<std::optional<std::string>> text = ReadFile(path);
  if (!text.ok()) return text.status();
  Version version;
  if (!text->has_value()) return version;
  version.exists = true;
  version.record = DecodeIdentity(**text);
  return version;
}

}  // namespace

std::string EncodeIdentity(const IdentityRecord& record) {
  std::string text(kFirstLine);
  absl::StrAppend(&text, "id ", record.id.ToHex(), "\nepoch ", record.epoch, "\n");
  const size_t count = std::min(record.peers.size(), IdentityRecord::kPeersMax);
  for (size_t i = 0; i < count; ++i) {
    absl::StrAppend(&text, "peer ", record.peers[i].ToString(), "\n");
  }
  return text + ChecksumLine(text);
}

absl::StatusOr<IdentityRecord> DecodeIdentity(std::string_view text) {
  if (text.size() > kFileBytesMax) return Unsound("it is too long");
  if (text.size() < kFirstLine.size() + kChecksumLineBytes) return Unsound("it is cut short");
  std::string_view body = text.substr(0, text.size() - kChecksumLineBytes);
  if (text.substr(body.size()) != ChecksumLine(body)) {
    return Unsound(text.find(kChecksumKey) == std::string_view::npos
                       ? "it is cut short"
                       : "its checksum does not match its content");
  }
  if (!body.starts_with(kFirstLine)) return Unsound("its first line names another format");
  body.remove_prefix(kFirstLine.size());
  IdentityRecord record;
  const std::optional<std::string_view> id = TakeLine("id", &body);
  const std::optional<HostId> parsed_id = id ? HostId::FromHex(*id) : std::nullopt;
  if (!parsed_id || !parsed_id->is_whole()) return Unsound("it has no host id");
  record.id = *parsed_id;
  const std::optional<std::string_view> epoch = TakeLine("epoch", &body);
  const std::optional<uint64_t> parsed_epoch = epoch ? ParseCount(*epoch) : std::nullopt;
  if (!parsed_epoch) return Unsound("it has no epoch");
  record.epoch = *parsed_epoch;
  while (const std::optional<std::string_view> peer = TakeLine("peer", &body)) {
    const absl::StatusOr<Address> address = Address::Parse(*peer);
    if (!address.ok()) return Unsound("a peer is no address");
    if (record.peers.size() >= IdentityRecord::kPeersMax) return Unsound("it has too many peers");
    record.peers.push_back(*address);
  }
  if (!body.empty()) return Unsound("it has a line that is none of this format");
  return record;
}

IdentityFile::IdentityFile(std::string folder)
    : folder_(std::move(folder)), path_(folder_ + "/identity") {}

absl::StatusOr<IdentityFile::Loaded> IdentityFile::Load() {
  const std::string previous_path = path_ + ".bak";
  const absl::StatusOr<Version> current = LoadVersion(path_);
  if (!current.ok()) return current.status();
  current_is_sound_ = current->record.ok();
  if (current_is_sound_) return Loaded{*current->record, ""};
  const absl::StatusOr<Version> previous = LoadVersion(previous_path);
  if (!previous.ok()) return previous.status();
  if (!current->exists && !previous->exists) return Loaded();
  const std::string fact = current->exists
                               ? absl::StrCat("is damaged: ", current->record.status().message())
                               : std::string("is missing");
  if (previous->record.ok()) {
    Loaded loaded{*previous->record,
                  absl::StrCat(path_, " ", fact, "; using the previous version, ", previous_path)};
    ++loaded.record.epoch;
    return loaded;
  }
  return absl::DataLossError(absl::StrCat(
      path_, " ", fact, previous->exists ? ", and its previous version too" : "",
      "\nthis host's identity cannot be read from ", folder_, "\n",
      "restore the file from a backup, or remove ", path_, "* to come back as a new host"));
}

absl::Status IdentityFile::KeepPrevious() const {
  const std::string spare = path_ + ".bak.new";
  const std::string previous = path_ + ".bak";
  unlink(spare.c_str());
  if (link(path_.c_str(), spare.c_str()) == 0) {
    return rename(spare.c_str(), previous.c_str()) == 0 ? absl::OkStatus()
                                                        : SystemError("rename", spare);
  }
  // No hard links here: for an instant only the previous version exists, which Load() accepts.
  return rename(path_.c_str(), previous.c_str()) == 0 ? absl::OkStatus()
                                                      : SystemError("rename", path_);
}

absl::Status IdentityFile::Save(const IdentityRecord& record) {
  const std::string fresh = path_ + ".new";
  MUSTER_RETURN_IF_ERROR(WriteDurably(fresh, EncodeIdentity(record)));
  // A damaged current version must not push out a sound previous one.
  if (current_is_sound_) MUSTER_RETURN_IF_ERROR(KeepPrevious());
  if (rename(fresh.c_str(), path_.c_str()) != 0) return SystemError("rename", fresh);
  MUSTER_RETURN_IF_ERROR(SyncFolder(folder_));
  current_is_sound_ = true;
  return absl::OkStatus();
}

}  // namespace muster::store
