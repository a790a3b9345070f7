#pragma once

#include <cstddef>
#include <cstdint>

#include "src/base/counted_ref.h"
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
  friend class CountedRef<MemberRecord>;
  friend class RecordPool;
  static void Release(MemberRecord* record);
  uint32_t references_ = 0;
  RecordPool* pool_ = nullptr;
  MemberRecord* next_ = nullptr;  // another record whose key in the pool is the same
};
// A member whose attributes were never learnt has a record too, see Intern.
using RecordHandle = CountedRef<MemberRecord>;

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
  friend struct MemberRecord;
  static uint64_t Key(const HostId& id, uint32_t hash);
  void Release(MemberRecord* record);
  // The first of the records of each key; the others follow by next_.
  LookupMap<uint64_t, MemberRecord*> records_;
  PiecePool pieces_;
  size_t size_ = 0;
};

}  // namespace muster::core
