#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "src/base/counted_ref.h"
#include "src/base/lookup_map.h"

namespace muster::core {

class PiecePool;

// An encoded claim (one piece of wire::EncodeUpdate), immutable.
class PieceBody {
 public:
  std::string_view bytes() const { return {reinterpret_cast<const char*>(this + 1), size_}; }
  size_t size() const { return size_; }

 private:
  friend class CountedRef<PieceBody>;
  friend class PiecePool;
  PieceBody(PiecePool* pool, uint32_t size) : pool_(pool), size_(size) {}
  static void Release(PieceBody* body);

  PiecePool* pool_;
  uint32_t references_ = 0;
  uint32_t size_;  // of the bytes, which follow it in memory
};
using Piece = CountedRef<PieceBody>;

// Interns encoded claims: equal bytes give one object, freed with its last reference. In a
// simulator where ten thousand members have the same ten thousand joins to tell, each is held once.
// The pool must outlive all pieces. One pool may serve many nodes on one thread.
class PiecePool {
 public:
  PiecePool() = default;
  PiecePool(const PiecePool&) = delete;
  PiecePool& operator=(const PiecePool&) = delete;
  ~PiecePool();

  Piece Intern(std::string_view bytes);
  size_t size() const { return bodies_.size(); }

 private:
  friend class PieceBody;
  void Release(PieceBody* body);
  LookupMap<std::string_view, PieceBody*> bodies_;  // the keys are the bodies' own bytes
  size_t peak_ = 0;                                 // the most since bodies_ was last empty
};

}  // namespace muster::core
