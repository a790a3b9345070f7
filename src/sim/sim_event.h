#pragma once

#include <cstdint>
#include <string>

#include "src/base/address.h"
#include "src/sim/event_queue.h"

namespace muster::sim {

// One thing that will happen in the simulated world. Only the fields of its kind are meaningful.
struct SimEvent {
  enum class Kind : uint8_t {
    kDatagram,  // `bytes` reach `host`, sent by `from` to its address `to`
    kDeadline,  // the timer of the process `run` on `host`
    kStream,    // `step` of `connection`, at its end `end`
    kSlice,     // the process on `host` goes on its CPU, or off it; `run` counts SetCpu
    kRead,      // it reads the next input of its backlog; `run` counts the backlogs
  };
  enum class Step : uint8_t {
    kSynRetry,   // the opener sends its first segment again
    kSyn,        // it reaches `host`
    kSynAck,     // the answer reaches the opener
    kRefusal,    // a refusal reaches the opener
    kData,       // `bytes`, or the end of the stream, reach `end`
    kSendRetry,  // `end` sends its waiting bytes again
    kReset,      // a reset reaches `end`
    kBudget,     // the budget of `end` has run out
  };

  Kind kind = Kind::kDatagram;
  Step step = Step::kSyn;
  uint8_t end = 0;
  bool fin = false;  // of kSlice: it goes off
  int host = -1;
  uint32_t run = 0;  // which process of the host, or which use of the connection's slot
  uint32_t connection = 0;
  Address from;
  Address to;
  std::string bytes;
};

using SimQueue = EventQueue<SimEvent>;

}  // namespace muster::sim
