#include "src/api/filter.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"

namespace muster::api {
namespace {

constexpr uint32_t Bit(wire::State state) { return uint32_t{1} << static_cast<int>(state); }

// The states that a word of `status` stands for; 0: no such word.
uint32_t StatesOf(std::string_view word) {
  if (word == "alive") return Bit(wire::State::kAlive) | Bit(wire::State::kSuspect);
  if (word == "alive!") return Bit(wire::State::kAlive);
  if (word == "suspect") return Bit(wire::State::kSuspect);
  if (word == "failed") return Bit(wire::State::kFailed);
  if (word == "leaving") return Bit(wire::State::kLeaving);
  if (word == "left") return Bit(wire::State::kLeft);
  return 0;
}

}  // namespace

absl::Status MemberFilter::ParseStatus(std::string_view text) {
  states_ = 0;
  while (true) {
    const std::string_view word = text.substr(0, text.find(','));
    const uint32_t states = StatesOf(word);
    if (states == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("status '", ToAbsl(word),
                       "' is not one of alive, alive!, suspect, failed, leaving, left"));
    }
    states_ |= states;
    if (word.size() == text.size()) return absl::OkStatus();
    text.remove_prefix(word.size() + 1);
  }
}

absl::Status MemberFilter::ParseTag(std::string_view text) {
  const size_t equals = text.find('=');
  const std::string key(text.substr(0, equals));
  if (key.empty()) return absl::InvalidArgumentError("tag: write tag=KEY=PATTERN or tag=KEY");
  if (equals == std::string_view::npos) {
    tags_.emplace_back(key, std::nullopt);
    return absl::OkStatus();
  }
  absl::StatusOr<Pattern> pattern = Pattern::Regex(text.substr(equals + 1));
  if (!pattern.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("tag: ", pattern.status().message()));
  }
  tags_.emplace_back(key, *std::move(pattern));
  return absl::OkStatus();
}

absl::Status MemberFilter::ParseLimit(std::string_view text) {
  uint64_t limit = 0;
  if (!absl::SimpleAtoi(ToAbsl(text), &limit) || limit == 0 || limit > kLimitMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("limit '", ToAbsl(text), "' is not a number from 1 to ", kLimitMax));
  }
  limit_ = limit;
  return absl::OkStatus();
}

absl::Status MemberFilter::ParseCursor(std::string_view text) {
  const size_t comma = text.rfind(',');
  std::optional<HostId> id;
  if (comma != std::string_view::npos) id = HostId::FromHex(text.substr(comma + 1));
  if (!id) {
    return absl::InvalidArgumentError(
        absl::StrCat("cursor '", ToAbsl(text), "' does not come from a previous page"));
  }
  cursor_.emplace(text.substr(0, comma), *id);
  return absl::OkStatus();
}

absl::Status MemberFilter::ParseParameter(std::string_view key, std::string_view value) {
  if (key == "status") return ParseStatus(value);
  if (key == "tag") return ParseTag(value);
  if (key == "limit") return ParseLimit(value);
  if (key == "cursor") return ParseCursor(value);
  if (key != "name") return absl::OkStatus();
  absl::StatusOr<Pattern> pattern = Pattern::Glob(value);
  if (!pattern.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("name: ", pattern.status().message()));
  }
  name_ = *std::move(pattern);
  return absl::OkStatus();
}

absl::StatusOr<MemberFilter> MemberFilter::Parse(const Target& target) {
  MemberFilter filter;
  for (const auto& [key, value] : target.query) {
    MUSTER_RETURN_IF_ERROR(filter.ParseParameter(key, value));
  }
  return filter;
}

bool MemberFilter::Matches(const Member& member, std::string_view shown) const {
  if ((states_ & Bit(member.state)) == 0) return false;
  if (name_ && !name_->Matches(shown)) return false;
  for (const auto& [key, pattern] : tags_) {
    bool found = false;
    for (const auto& [name, value] : *member.tags) {
      found = found || (name == key && (!pattern || pattern->Matches(value)));
    }
    if (!found) return false;
  }
  return true;
}

bool MemberFilter::IsAfterCursor(const Member& member) const {
  if (!cursor_) return true;
  if (member.name != cursor_->first) return member.name > cursor_->first;
  return member.id > cursor_->second;
}

std::string MemberFilter::CursorAfter(const Member& member) {
  return absl::StrCat(ToAbsl(member.name), ",", member.id.ToHex());
}

}  // namespace muster::api
