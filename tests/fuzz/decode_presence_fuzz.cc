// store::DecodePresence: the bytes as a row, and as a record inside a sound envelope, which random
// bytes would never get past.

#include <xxhash.h>

#include <string>
#include <string_view>

#include "proto/presence.pb.h"
#include "src/base/check.h"
#include "src/store/presence_record.h"
#include "tests/fuzz/fuzz_target.h"

namespace muster::store {
namespace {

constexpr size_t kRecordBytesMax = 1024;  // what the limits of names, tags and versions allow

std::string Envelope(std::string_view record) {
  proto::PresenceEnvelope envelope;
  envelope.set_version(1);
  envelope.set_record(record.data(), record.size());
  const std::string sealed = std::string("\1\0\0\0", 4).append(record);
  envelope.set_checksum(XXH3_64bits(sealed.data(), sealed.size()));
  return envelope.SerializeAsString();
}

// What is accepted must be usable, encode, and decode to the same again.
void Try(std::string_view row) {
  const absl::StatusOr<PresenceRecord> record = DecodePresence(row);
  if (!record.ok()) {
    MUSTER_CHECK(record.status().code() == absl::StatusCode::kDataLoss);
    return;
  }
  MUSTER_CHECK(row.size() <= kPresenceBytesMax);
  MUSTER_CHECK(!record->id.is_zero() && record->address.is_set() && !record->name.empty());
  const std::string again = EncodePresence(*record);
  MUSTER_CHECK(again.size() <= kRecordBytesMax);
  const absl::StatusOr<PresenceRecord> twice = DecodePresence(again);
  MUSTER_CHECK(twice.ok() && *twice == *record);
}

}  // namespace
}  // namespace muster::store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  muster::store::Try(bytes);
  muster::store::Try(muster::store::Envelope(bytes));
  return 0;
}
