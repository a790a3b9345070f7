#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "src/base/lookup_map.h"
#include "src/core/member_table.h"

// The part of the table that knows names and addresses.

namespace muster::core {
namespace {

bool IsLive(const MemberView& member) { return !member.is_tombstone(); }

}  // namespace

std::vector<uint32_t> MemberTable::FindByName(std::string_view name) const {
  std::vector<uint32_t> found;
  for (size_t i = 0; i < members_.size(); ++i) {
    if (IsLive(members_[i]) && members_[i].attributes().name == name) {
      found.push_back(static_cast<uint32_t>(i));
    }
  }
  return found;
}

std::vector<uint32_t> MemberTable::FindByAddress(const Address& address) const {
  std::vector<uint32_t> found;
  for (size_t i = 0; i < members_.size(); ++i) {
    if (IsLive(members_[i]) && members_[i].attributes().address == address) {
      found.push_back(static_cast<uint32_t>(i));
    }
  }
  return found;
}

void MemberTable::SortNames() const {
  by_name_.clear();
  by_name_.reserve(members_.size() - tombstone_count());
  for (size_t i = 0; i < members_.size(); ++i) {
    if (IsLive(members_[i])) by_name_.push_back(static_cast<uint32_t>(i));
  }
  std::sort(by_name_.begin(), by_name_.end(), [this](uint32_t a, uint32_t b) {
    return std::tie(members_[a].attributes().name, members_[a].id()) <
           std::tie(members_[b].attributes().name, members_[b].id());
  });
  by_name_revision_ = revision_;
}

int64_t MemberTable::FirstNamesake(size_t index) const {
  const std::string& name = members_[index].attributes().name;
  if (by_name_revision_ != revision_ && names_asked_revision_ == revision_) SortNames();
  names_asked_revision_ = revision_;
  if (by_name_revision_ == revision_) {
    const auto first = std::lower_bound(
        by_name_.begin(), by_name_.end(), name,
        [this](uint32_t a, const std::string& b) { return members_[a].attributes().name < b; });
    const bool is_there = first != by_name_.end() && members_[*first].attributes().name == name;
    return is_there ? int64_t{*first} : -1;
  }
  int64_t lowest = -1;
  for (const uint32_t i : FindByName(name)) {
    if (lowest < 0 || members_[i].id() < members_[static_cast<size_t>(lowest)].id()) lowest = i;
  }
  return lowest;
}

std::string MemberTable::DisplayName(size_t index) const {
  const MemberView& member = members_[index];
  const std::string& name = member.attributes().name;
  const bool plain =
      member.is_tombstone() ? !name.empty() : FirstNamesake(index) == static_cast<int64_t>(index);
  return plain ? name : name + "~" + member.id().ToHexPrefix(4);
}

std::vector<uint32_t> MemberTable::WithNamesakes(const std::vector<uint32_t>& among) const {
  // How many live members have each name.
  LookupMap<std::string_view, size_t> counts;
  for (const uint32_t i : among) counts[members_[i].attributes().name] = 0;
  for (const MemberView& member : members_) {
    if (!IsLive(member)) continue;
    if (size_t* count = counts.Find(member.attributes().name); count != nullptr) ++*count;
  }
  std::vector<uint32_t> shared;
  for (const uint32_t i : among) {
    const size_t own = IsLive(members_[i]) ? 1 : 0;
    if (counts[members_[i].attributes().name] > own) shared.push_back(i);
  }
  return shared;
}

}  // namespace muster::core
