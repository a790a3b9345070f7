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

void PieceBody::Release(PieceBody* body) { body->pool_->Release(body); }

PiecePool::~PiecePool() { MUSTER_CHECK(bodies_.empty()); }

Piece PiecePool::Intern(std::string_view bytes) {
  if (PieceBody* const* found = bodies_.Find(bytes); found != nullptr) return Piece(*found);
  auto* body = new (::operator new(sizeof(PieceBody) + bytes.size()))
      PieceBody(this, static_cast<uint32_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(body + 1, bytes.data(), bytes.size());
  bodies_.Insert(body->bytes(), body);
  peak_ = std::max(peak_, bodies_.size());
  return Piece(body);
}

void PiecePool::Release(PieceBody* body) {
  bodies_.Erase(body->bytes());
  ::operator delete(body);
  if (!bodies_.empty()) return;
  if (peak_ > kKeptRoom) bodies_ = LookupMap<std::string_view, PieceBody*>();
  peak_ = 0;
}

}  // namespace muster::core
