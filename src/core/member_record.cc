#include "src/core/member_record.h"

#include "src/base/check.h"
#include "src/base/hash.h"
#include "src/wire/codec.h"

namespace muster::core {

void MemberRecord::Release(MemberRecord* record) { record->pool_->Release(record); }

RecordPool::~RecordPool() { MUSTER_CHECK(size_ == 0); }

RecordHandle RecordPool::Intern(const HostId& id, const wire::Attributes& attributes) {
  const bool known = attributes != wire::Attributes();
  const uint32_t hash = known ? wire::AttributesHash(attributes) : 0;
  MemberRecord*& first = records_[Key(id, hash)];
  for (MemberRecord* record = first; record != nullptr; record = record->next_) {
    if (record->id == id && record->hash == hash && record->attributes == attributes) {
      return RecordHandle(record);
    }
  }
  auto* record = new MemberRecord;
  record->id = id;
  record->hash = hash;
  record->attributes = attributes;
  record->pool_ = this;
  record->next_ = first;
  first = record;
  ++size_;
  return RecordHandle(record);
}

uint64_t RecordPool::Key(const HostId& id, uint32_t hash) { return id.Hash(hash); }

void RecordPool::Release(MemberRecord* record) {
  const uint64_t key = Key(record->id, record->hash);
  MemberRecord** link = records_.Find(key);
  MUSTER_CHECK(link != nullptr);
  const bool alone = *link == record && record->next_ == nullptr;
  while (*link != record) {
    MUSTER_CHECK(*link != nullptr);
    link = &(*link)->next_;
  }
  *link = record->next_;
  if (alone) records_.Erase(key);
  --size_;
  delete record;
}

}  // namespace muster::core
