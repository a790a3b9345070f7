#pragma once

#include "src/base/ids.h"
#include "src/wire/message.h"

// The order of claims about one member (README.md, "States"), as pure functions. Merging is a join
// of a semilattice: commutative, associative and idempotent, so that any order and any repetition
// of the same claims ends in the same state everywhere.

namespace muster::core {

// What is held, or claimed, of one member.
struct Claim {
  Incarnation incarnation;
  wire::State state = wire::State::kAlive;
};

// Below, equal or above: by incarnation, then by state.
int CompareClaims(const Claim& a, const Claim& b);
Claim MergeClaims(const Claim& a, const Claim& b);

// Two sets of attributes claimed for one incarnation: the bytewise greater canonical form wins. The
// form is the fields in their order in wire::Attributes: names, tags and agent as unsigned bytes,
// the address as its 16 bytes and then the port, tags pair by pair. Below, equal or above.
int CompareAttributes(const wire::Attributes& a, const wire::Attributes& b);

// Whether users ever see a member go from one state to the other by merging, without a rise of its
// incarnation.
bool IsLegalTransition(wire::State from, wire::State to);

}  // namespace muster::core
