#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "src/base/lookup_map.h"

namespace muster::core {

class PiecePool;

// A counted reference to an encoded claim (one piece of wire::EncodeUpdate); eight bytes. Not
// thread-safe: pieces belong to their pool's thread.
class Piece {
 public:
  Piece() = default;
  Piece(const Piece& other) : body_(other.body_) { Ref(); }
  Piece(Piece&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  Piece& operator=(Piece other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~Piece() { Unref(); }

  // Valid while this reference is held. A piece that was made by default has none.
  std::string_view bytes() const;
  size_t size() const { return body_ == nullptr ? 0 : body_->size; }

 private:
  friend class PiecePool;
  // The bytes follow it in memory.
  struct Body {
    PiecePool* pool;
    uint32_t references;
    uint32_t size;
  };
  explicit Piece(Body* body) : body_(body) { Ref(); }
  static char* BytesOf(Body* body) { return reinterpret_cast<char*>(body + 1); }
  void Ref() {
    if (body_ != nullptr) ++body_->references;
  }
  void Unref();

  Body* body_ = nullptr;
};

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
  friend class Piece;
  void Release(Piece::Body* body);
  LookupMap<std::string_view, Piece::Body*> bodies_;  // the keys are the bodies' own bytes
  size_t peak_ = 0;                                   // the most since bodies_ was last empty
};

}  // namespace muster::core
