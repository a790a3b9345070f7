#pragma once

#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace muster {

// A hash map that cannot be iterated. absl randomises iteration order on purpose, so a walk over
// one would make two runs of the same seed differ; without begin() such code does not compile.
// Keep what must be walked in a vector, and its positions here.
template <typename Key, typename Value,
          typename Hash = absl::container_internal::hash_default_hash<Key>,
          typename Eq = absl::container_internal::hash_default_eq<Key>>
class LookupMap {
 public:
  size_t size() const { return map_.size(); }
  bool empty() const { return map_.empty(); }
  void reserve(size_t n) { map_.reserve(n); }
  void clear() { map_.clear(); }

  bool contains(const Key& key) const { return map_.contains(key); }
  // Null when there is none. Valid until the next change of the map.
  Value* Find(const Key& key) {
    auto it = map_.find(key);
    return it == map_.end() ? nullptr : &it->second;
  }
  const Value* Find(const Key& key) const {
    auto it = map_.find(key);
    return it == map_.end() ? nullptr : &it->second;
  }
  // The value of `key`, made by default where there was none.
  Value& operator[](const Key& key) { return map_[key]; }
  bool Insert(const Key& key, Value value) { return map_.emplace(key, std::move(value)).second; }
  bool Erase(const Key& key) { return map_.erase(key) != 0; }

 private:
  absl::flat_hash_map<Key, Value, Hash, Eq> map_;
};

// The same for a set.
template <typename Key>
class LookupSet {
 public:
  size_t size() const { return map_.size(); }
  bool contains(const Key& key) const { return map_.contains(key); }
  // False when it was there.
  bool Insert(const Key& key) { return map_.Insert(key, true); }

 private:
  LookupMap<Key, bool> map_;
};

}  // namespace muster
