#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

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

MemberTable::Namesakes MemberTable::FindNamesakes(size_t index) const {
  const std::string& name = members_[index].attributes().name;
  Namesakes result;
  if (by_name_revision_ != revision_ && names_asked_revision_ == revision_) SortNames();
  names_asked_revision_ = revision_;
  if (by_name_revision_ == revision_) {
    const auto first = std::lower_bound(
        by_name_.begin(), by_name_.end(), name,
        [this](uint32_t a, const std::string& b) { return members_[a].attributes().name < b; });
    auto end = first;
    while (end != by_name_.end() && members_[*end].attributes().name == name) ++end;
    if (first != end) result.first = *first;
    result.count = static_cast<size_t>(end - first);
    return result;
  }
  for (const uint32_t i : FindByName(name)) {
    if (result.count == 0 || members_[i].id() < members_[result.first].id()) result.first = i;
    ++result.count;
  }
  return result;
}

std::string MemberTable::DisplayName(size_t index) const {
  const MemberView& member = members_[index];
  const std::string& name = member.attributes().name;
  const bool plain = member.is_tombstone() ? !name.empty() : FindNamesakes(index).first == index;
  return plain ? name : name + "~" + member.id().ToHexPrefix(4);
}

bool MemberTable::IsNameShared(size_t index) const {
  const size_t own = IsLive(members_[index]) ? 1 : 0;
  return FindNamesakes(index).count > own;
}

}  // namespace muster::core
