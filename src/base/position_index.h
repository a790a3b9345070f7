#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_set.h"

namespace muster {

// Where each key stands in a sequence that its owner keeps, such as a deque of records. Only the
// positions are kept and the keys are read from the sequence, so that an entry costs five to twelve
// bytes. Like LookupMap it cannot be iterated, for the order would differ from run to run.
//
// `KeyAt` is a function object from a position to the key there, as a `const Key&`. It must give
// the same key for a position from its Insert to its Erase; so the owner erases before it
// overwrites, and the sequence must not move to another place in memory that KeyAt does not know.
template <typename Key, typename KeyAt>
class PositionIndex {
 public:
  explicit PositionIndex(KeyAt key_at) : set_(0, Hash{key_at}, Equal{key_at}) {}

  size_t size() const { return set_.size(); }
  bool empty() const { return set_.empty(); }
  // Null when there is none. Valid until the next change of the index.
  const uint32_t* Find(const Key& key) const {
    const auto it = set_.find(key);
    return it == set_.end() ? nullptr : &*it;
  }
  // Enters what stands at `position`; false when its key is there already.
  bool Insert(uint32_t position) { return set_.insert(position).second; }
  bool Erase(const Key& key) { return set_.erase(key) != 0; }
  // Empties it and gives its memory back; the sequence may be gone by then.
  void Reset() { set_ = Set(0, set_.hash_function(), set_.key_eq()); }

 private:
  struct Hash {
    using is_transparent = void;
    KeyAt key_at;
    size_t operator()(const Key& key) const { return absl::Hash<Key>()(key); }
    size_t operator()(uint32_t position) const { return absl::Hash<Key>()(key_at(position)); }
  };
  struct Equal {
    using is_transparent = void;
    KeyAt key_at;
    bool operator()(uint32_t a, uint32_t b) const { return a == b || key_at(a) == key_at(b); }
    bool operator()(uint32_t a, const Key& b) const { return key_at(a) == b; }
    bool operator()(const Key& a, uint32_t b) const { return a == key_at(b); }
  };
  using Set = absl::flat_hash_set<uint32_t, Hash, Equal>;
  Set set_;
};

}  // namespace muster
