#pragma once

#include <string>

#include "src/store/presence_record.h"

namespace muster::store::testing {

// A full record of host `number` (from 1) in `cluster`.
inline PresenceRecord SampleRecord(uint64_t number, const std::string& cluster = "prod") {
  PresenceRecord record;
  record.cluster = cluster;
  record.id = {0x0123456789abcdef, number};
  record.name = "host-" + std::to_string(number);
  record.address = Address::V4(0x0a000000u + static_cast<uint32_t>(number), 7946);
  record.incarnation = Incarnation::Of(3, number);
  record.tags = {{"role", "db"}, {"zone", "z\xc3\xbcrich-" + std::to_string(number)}};
  record.agent = "muster 1.2.3";
  record.created_us = 1'700'000'000'000'000;
  record.refreshed_us = record.created_us + 5'000'000;
  record.expires_us = record.refreshed_us + 3'600'000'000;
  return record;
}

}  // namespace muster::store::testing
