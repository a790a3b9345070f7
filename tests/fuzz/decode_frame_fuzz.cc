// Codec::DecodeFrame: the bytes as a frame's body, and as a message behind a sound header and
// checksum, of this cluster and of another.

#include <string>
#include <string_view>

#include "src/base/check.h"
#include "src/wire/codec.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

// What is accepted must encode, and decode to the same again.
void Try(Codec* codec, std::string_view body) {
  StreamMessage message;
  if (codec->DecodeFrame(body, &message) != Reject::kNone) return;
  MUSTER_CHECK(message.updates.size() <= limits::kUpdatesPerFrameMax);
  MUSTER_CHECK(message.wanted.size() <= limits::kWantedPerFrameMax);
  std::string again;
  MUSTER_CHECK(codec->EncodeFrame(message, "", &again) != 0);
  StreamMessage twice;
  MUSTER_CHECK(codec->DecodeFrame(std::string_view(again).substr(limits::kFrameHeaderBytes),
                                  &twice) == Reject::kNone);
  MUSTER_CHECK(testing::Describe(twice) == testing::Describe(message));
}

// Of another cluster's message nothing but a name may come out.
void TryForeign(Codec* codec, std::string_view body) {
  StreamMessage message;
  MUSTER_CHECK(codec->DecodeFrame(body, &message) != Reject::kNone);
  MUSTER_CHECK(message.updates.empty() && message.wanted.empty());
  MUSTER_CHECK(message.cluster.empty() || IsValidCluster(message.cluster));
}

}  // namespace
}  // namespace muster::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static muster::wire::Codec codec(muster::wire::testing::kCluster);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  muster::wire::Try(&codec, bytes);
  muster::wire::Try(&codec,
                    muster::wire::testing::Envelope(muster::wire::testing::kCluster, bytes));
  if (size <= 60'000) {
    muster::wire::TryForeign(&codec, muster::wire::testing::Envelope("staging", bytes));
  }
  return 0;
}
