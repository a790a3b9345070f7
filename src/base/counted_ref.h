#pragma once

#include <cstdint>
#include <utility>

namespace muster {

// A counted reference to something that a pool interns; eight bytes. The target keeps its own
// count, a member `uint32_t references_`, which begins at 0, and says with a static `Release(T*)`
// what becomes of it with its last reference. Not thread-safe: targets belong to their pool's
// thread.
template <typename T>
class CountedRef {
 public:
  CountedRef() = default;
  explicit CountedRef(T* target) : target_(target) { Add(); }
  CountedRef(const CountedRef& other) : target_(other.target_) { Add(); }
  CountedRef(CountedRef&& other) noexcept : target_(std::exchange(other.target_, nullptr)) {}
  CountedRef& operator=(CountedRef other) noexcept {
    std::swap(target_, other.target_);
    return *this;
  }
  ~CountedRef() {
    if (target_ != nullptr && --target_->references_ == 0) T::Release(target_);
  }

  explicit operator bool() const { return target_ != nullptr; }
  const T* operator->() const { return target_; }
  const T& operator*() const { return *target_; }
  const T* get() const { return target_; }

 private:
  void Add() {
    if (target_ != nullptr) ++target_->references_;
  }
  T* target_ = nullptr;
};

}  // namespace muster
