#include "src/api/lookup.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/base/strings.h"

namespace muster::api {
namespace {

absl::Status Ambiguous(const Backend& backend, std::string_view text,
                       const std::vector<size_t>& live) {
  std::string ids;
  for (const size_t index : live) {
    absl::StrAppend(&ids, ids.empty() ? "" : " and ", backend.member(index).id.ToHex());
  }
  return absl::FailedPreconditionError(
      absl::StrCat(live.size(), " live members are named '", ToAbsl(text), "': ", ids));
}

}  // namespace

absl::StatusOr<size_t> FindMember(const Backend& backend, std::string_view text) {
  if (const std::optional<HostId> id = HostId::FromHex(text)) {
    const int64_t index = backend.IndexOf(*id);
    if (index >= 0 && IsVisible(backend.member(static_cast<size_t>(index)))) {
      return static_cast<size_t>(index);
    }
  }
  const std::string_view name = text.substr(0, text.find('~'));
  const std::string_view prefix = text.substr(std::min(text.size(), name.size() + 1));
  std::vector<size_t> live;
  std::optional<size_t> gone;
  for (size_t i = 0; i < backend.size(); ++i) {
    const Member member = backend.member(i);
    if (member.name != name || !IsVisible(member)) continue;
    if (!prefix.empty() && !member.id.ToHex().starts_with(prefix)) continue;
    if (member.is_live()) {
      live.push_back(i);
    } else if (!gone || backend.member(*gone).since_us < member.since_us) {
      gone = i;
    }
  }
  if (live.size() > 1) return Ambiguous(backend, text, live);
  if (live.size() == 1) return live[0];
  if (gone) return *gone;
  return absl::NotFoundError(absl::StrCat("no member named '", ToAbsl(text.substr(0, 200)), "'"));
}

std::vector<Listed> VisibleMembers(const Backend& backend) {
  std::vector<Listed> listed;
  listed.reserve(backend.size());
  for (size_t i = 0; i < backend.size(); ++i) {
    const Member member = backend.member(i);
    if (IsVisible(member)) listed.push_back({member, backend.DisplayName(i)});
  }
  std::sort(listed.begin(), listed.end(), [](const Listed& a, const Listed& b) {
    return a.member.name != b.member.name ? a.member.name < b.member.name
                                          : a.member.id < b.member.id;
  });
  return listed;
}

}  // namespace muster::api
