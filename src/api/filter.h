#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/api/backend.h"
#include "src/api/pattern.h"
#include "src/api/target.h"
#include "src/base/ids.h"

namespace muster::api {

// Which members a list shows, from the query of GET /v1/members:
//   status=alive,failed   `alive` includes suspect ones, `alive!` does not; the rest as named
//   tag=k=regex           the whole value of tag k matches; repeated: all of them; `tag=k`: has it
//   name=web-*            a glob over the name as shown
//   limit=100 cursor=...  a page; the cursor is what the previous page ended with
class MemberFilter {
 public:
  static constexpr size_t kLimitMax = 100'000;

  // kInvalidArgument names the parameter and the value. Other parameters are left alone.
  static absl::StatusOr<MemberFilter> Parse(const Target& target);

  bool Matches(const Member& member, std::string_view shown) const;
  // Members are listed in the order of (name, id); false for those before the page.
  bool IsAfterCursor(const Member& member) const;
  size_t limit() const { return limit_; }

  static std::string CursorAfter(const Member& member);

 private:
  absl::Status ParseStatus(std::string_view text);
  absl::Status ParseTag(std::string_view text);
  absl::Status ParseLimit(std::string_view text);
  absl::Status ParseCursor(std::string_view text);
  absl::Status ParseParameter(std::string_view key, std::string_view value);

  uint32_t states_ = ~uint32_t{0};  // one bit a wire::State
  std::vector<std::pair<std::string, std::optional<Pattern>>> tags_;
  std::optional<Pattern> name_;
  size_t limit_ = kLimitMax;
  std::optional<std::pair<std::string, HostId>> cursor_;
};

}  // namespace muster::api
