#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "src/base/lookup_map.h"
#include "src/core/piece.h"
#include "src/wire/message.h"

namespace muster::core {

class RecordPool;

// What is shared of a member: its id and attributes, immutable. In a simulator that holds ten
// thousand views of ten thousand members, each distinct record exists once.
struct MemberRecord {
  HostId id;
  uint32_t hash = 0;  // wire::AttributesHash; 0: the attributes were never learnt and are empty
  wire::Attributes attributes;

 private:
  friend class RecordHandle;
  friend class RecordPool;
  uint32_t references_ = 0;
  RecordPool* pool_ = nullptr;
  MemberRecord* next_ = nullptr;  // another record whose key in the pool is the same
};

// A counted reference to a record; eight bytes. Not thread-safe: records belong to their pool's
// thread. A member whose attributes were never learnt has a record too, see Intern.
class RecordHandle {
 public:
  RecordHandle() = default;
  explicit RecordHandle(MemberRecord* record) : record_(record) { Ref(); }
  RecordHandle(const RecordHandle& other) : record_(other.record_) { Ref(); }
  RecordHandle(RecordHandle&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
  RecordHandle& operator=(RecordHandle other) noexcept {
    std::swap(record_, other.record_);
    return *this;
  }
  ~RecordHandle() { Unref(); }

  explicit operator bool() const { return record_ != nullptr; }
  const MemberRecord* operator->() const { return record_; }
  const MemberRecord& operator*() const { return *record_; }
  const MemberRecord* get() const { return record_; }

 private:
  void Ref() {
    if (record_ != nullptr) ++record_->references_;
  }
  void Unref();
  MemberRecord* record_ = nullptr;
};

// Interns records: equal (id, attributes) give one object, freed with its last handle. The pool
// must outlive all handles. One pool may serve many nodes on one thread.
class RecordPool {
 public:
  RecordPool() = default;
  RecordPool(const RecordPool&) = delete;
  RecordPool& operator=(const RecordPool&) = delete;
  ~RecordPool();

  // Empty attributes (no valid ones are: they have a name) stand for "never learnt": hash 0.
  RecordHandle Intern(const HostId& id, const wire::Attributes& attributes);
  size_t size() const { return size_; }
  // What nodes tell about the records, on the same terms.
  PiecePool* pieces() { return &pieces_; }

 private:
  friend class RecordHandle;
  static uint64_t Key(const HostId& id, uint32_t hash);
  void Release(MemberRecord* record);
  // The first of the records of each key; the others follow by next_.
  LookupMap<uint64_t, MemberRecord*> records_;
  PiecePool pieces_;
  size_t size_ = 0;
};

}  // namespace muster::core
