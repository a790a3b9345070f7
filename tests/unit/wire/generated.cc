#include "tests/unit/wire/generated.h"

#include <string>
#include <string_view>

#include "src/base/check.h"
#include "src/wire/codec.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire::testing {
namespace {

template <typename Message>
Message ParseBody(std::string_view envelope) {
  Message message;
  const size_t bytes = envelope.size() - kHeaderBytes - kChecksumBytes;
  MUSTER_CHECK(message.ParseFromString(std::string(envelope.substr(kHeaderBytes, bytes))));
  return message;
}

}  // namespace

proto::Packet AsGenerated(const Packet& packet) {
  std::string bytes;
  Codec(kCluster).EncodePacket(packet, "", &bytes);
  return ParseBody<proto::Packet>(bytes);
}

proto::StreamMessage AsGenerated(const StreamMessage& message) {
  std::string frame;
  Codec(kCluster).EncodeFrame(message, "", &frame);
  return ParseBody<proto::StreamMessage>(std::string_view(frame).substr(limits::kFrameHeaderBytes));
}

}  // namespace muster::wire::testing
