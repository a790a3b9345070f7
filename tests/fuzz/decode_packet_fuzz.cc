// Codec::DecodePacket: the bytes as a datagram, and as a body behind a sound header and checksum,
// which random bytes would never get past.

#include <string>
#include <string_view>

#include "src/base/check.h"
#include "src/wire/codec.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

// What is accepted must encode, and decode to the same again.
void Try(Codec* codec, std::string_view datagram) {
  Packet packet;
  if (codec->DecodePacket(datagram, &packet) != Reject::kNone) return;
  MUSTER_CHECK(packet.updates.size() <= limits::kUpdatesPerPacketMax);
  MUSTER_CHECK(packet.wanted.size() <= limits::kPullIdsMax);
  std::string again;
  codec->EncodePacket(packet, "", &again);
  Packet twice;
  MUSTER_CHECK(codec->DecodePacket(again, &twice) == Reject::kNone);
  MUSTER_CHECK(testing::Describe(twice) == testing::Describe(packet));
}

}  // namespace
}  // namespace muster::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static muster::wire::Codec codec(muster::wire::testing::kCluster);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  muster::wire::Try(&codec, bytes);
  muster::wire::Try(&codec,
                    muster::wire::testing::Envelope(muster::wire::testing::kCluster, bytes));
  return 0;
}
