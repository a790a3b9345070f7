#include "src/wire/framing.h"

#include <cstdint>

namespace muster::wire {

void FrameReader::Append(std::string_view bytes) {
  if (is_bad_) return;
  // What was handed out is given up only here, so that a body stays valid until now.
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  buffer_.append(bytes);
}

FrameReader::Result FrameReader::Next(std::string_view* body) {
  if (is_bad_) return Result::kBadLength;
  const std::string_view rest = std::string_view(buffer_).substr(consumed_);
  if (rest.size() < limits::kFrameHeaderBytes) return Result::kNeedMore;
  size_t length = 0;
  for (size_t i = 0; i < limits::kFrameHeaderBytes; ++i) {
    length = length << 8 | static_cast<uint8_t>(rest[i]);
  }
  if (length == 0 || length > limits::kFrameBytesMax) {
    is_bad_ = true;
    buffer_.clear();
    buffer_.shrink_to_fit();
    consumed_ = 0;
    return Result::kBadLength;
  }
  if (rest.size() - limits::kFrameHeaderBytes < length) return Result::kNeedMore;
  *body = rest.substr(limits::kFrameHeaderBytes, length);
  consumed_ += limits::kFrameHeaderBytes + length;
  return Result::kFrame;
}

}  // namespace muster::wire
