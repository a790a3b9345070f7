#include "src/core/piece.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "src/base/check.h"

namespace muster::core {
namespace {

// The table of this many pieces is kept; what a burst took is given back when it is over.
constexpr size_t kKeptRoom = 64;

}  // namespace

std::string_view Piece::bytes() const {
  return body_ == nullptr ? std::string_view() : std::string_view(BytesOf(body_), body_->size);
}

void Piece::Unref() {
  if (body_ != nullptr && --body_->references == 0) body_->pool->Release(body_);
}

PiecePool::~PiecePool() { MUSTER_CHECK(bodies_.empty()); }

Piece PiecePool::Intern(std::string_view bytes) {
  if (Piece::Body* const* found = bodies_.Find(bytes); found != nullptr) return Piece(*found);
  auto* body = new (::operator new(sizeof(Piece::Body) + bytes.size()))
      Piece::Body{this, 0, static_cast<uint32_t>(bytes.size())};
  char* copy = Piece::BytesOf(body);
  if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
  bodies_.Insert(std::string_view(copy, bytes.size()), body);
  peak_ = std::max(peak_, bodies_.size());
  return Piece(body);
}

void PiecePool::Release(Piece::Body* body) {
  bodies_.Erase(std::string_view(Piece::BytesOf(body), body->size));
  ::operator delete(body);
  if (!bodies_.empty()) return;
  if (peak_ > kKeptRoom) bodies_ = LookupMap<std::string_view, Piece::Body*>();
  peak_ = 0;
}

}  // namespace muster::core
