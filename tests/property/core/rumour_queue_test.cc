// Against a plain model of the queue: bounded by the subjects, copies as promised, nothing to those
// who know, and no class starved.

#include "src/core/rumour_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr uint64_t kSubjects = 20;
// The text of a fact begins with the first half of its subject's id; the rest is 'x'.
constexpr size_t kIdDigits = 16;

struct Fact {
  std::string text;
  int copies = 0;
  HostId source;
};
using Model = std::map<HostId, Fact>;

std::string HalfOf(const HostId& id) { return id.ToHex().substr(0, kIdDigits); }

HostId AnyId() { return IdOf(*rc::gen::inRange<uint64_t>(0, kSubjects)); }

void AnyPut(RumourQueue* queue, Model* model, size_t size) {
  const HostId subject = AnyId();
  Fact fact;
  fact.copies = *rc::gen::inRange(0, 5);
  fact.source = *rc::gen::inRange(0, 2) == 0 ? HostId() : AnyId();
  fact.text = HalfOf(subject) + std::string(size, 'x');
  const auto rumour_class = static_cast<RumourClass>(*rc::gen::inRange(0, kRumourClasses));
  queue->Put(subject, rumour_class, fact.text, fact.copies, fact.source);
  model->erase(subject);
  if (fact.copies > 0) model->emplace(subject, fact);
}

void Spend(const HostId& subject, Model* model) {
  const auto fact = model->find(subject);
  if (fact != model->end() && --fact->second.copies == 0) model->erase(fact);
}

// The subjects of the facts that a packet tells.
std::vector<HostId> SubjectsIn(std::string_view packet, const Model& model) {
  std::vector<HostId> subjects;
  while (!packet.empty()) {
    const auto told = std::find_if(model.begin(), model.end(), [&packet](const auto& fact) {
      return packet.substr(0, kIdDigits) == HalfOf(fact.first);
    });
    RC_ASSERT(told != model.end());
    RC_ASSERT(packet.substr(0, told->second.text.size()) == told->second.text);
    subjects.push_back(told->first);
    packet.remove_prefix(told->second.text.size());
  }
  return subjects;
}

// Fills a packet for somebody and holds it against the model. Returns how many pieces it took.
size_t AnyFill(RumourQueue* queue, Model* model, size_t budget, size_t pieces) {
  const HostId to = AnyId();
  std::string out;
  const size_t bytes = queue->Fill(budget, pieces, to, &out);
  RC_ASSERT(bytes == out.size());
  const std::vector<HostId> taken = SubjectsIn(out, *model);
  RC_ASSERT(bytes <= budget);
  RC_ASSERT(taken.size() <= pieces);
  RC_ASSERT(std::set<HostId>(taken.begin(), taken.end()).size() == taken.size());
  for (const HostId& subject : taken) {
    RC_ASSERT(subject != to);
    RC_ASSERT(model->at(subject).source != to);
    Spend(subject, model);
  }
  return taken.size();
}

size_t CountFor(const Model& model, const HostId& to) {
  return static_cast<size_t>(std::count_if(model.begin(), model.end(), [&to](const auto& fact) {
    return fact.first != to && fact.second.source != to;
  }));
}

RC_GTEST_PROP(RumourQueue, AgreesWithTheModel, ()) {
  PiecePool pool;
  RumourQueue queue(&pool);
  Model model;
  const auto steps = *rc::gen::inRange(1, 100);
  for (int i = 0; i < steps; ++i) {
    switch (*rc::gen::inRange(0, 5)) {
      case 0: {
        const HostId subject = AnyId();
        queue.Drop(subject);
        model.erase(subject);
        break;
      }
      case 1:
        AnyFill(&queue, &model, *rc::gen::inRange<size_t>(0, 400), *rc::gen::inRange<size_t>(0, 9));
        break;
      default:
        AnyPut(&queue, &model, *rc::gen::inRange<size_t>(0, 200));
    }
    RC_ASSERT(queue.size() == model.size());
    RC_ASSERT(queue.empty() == model.empty());
    RC_ASSERT(queue.size() <= kSubjects);
  }
}

RC_GTEST_PROP(RumourQueue, OfEqualPiecesAPacketTakesAsManyAsFit, ()) {
  PiecePool pool;
  RumourQueue queue(&pool);
  Model model;
  const auto puts = *rc::gen::inRange(1, 60);
  for (int i = 0; i < puts; ++i) AnyPut(&queue, &model, 14);  // 30 bytes with the id
  while (!model.empty()) {
    const auto fit = *rc::gen::inRange<size_t>(1, 12);
    const auto pieces = *rc::gen::inRange<size_t>(1, 12);
    const HostId to = AnyId();
    const size_t possible = CountFor(model, to);
    std::string out;
    queue.Fill(fit * 30 + 29, pieces, to, &out);
    const std::vector<HostId> taken = SubjectsIn(out, model);
    RC_ASSERT(taken.size() == std::min({fit, pieces, possible}));
    for (const HostId& subject : taken) Spend(subject, &model);
  }
  RC_ASSERT(queue.empty());
}

// One class has a fixed list to tell while the others are given new facts without end.
RC_GTEST_PROP(RumourQueue, NoClassIsStarvedByTheOthers, ()) {
  const auto quiet = *rc::gen::inRange(0, kRumourClasses);
  const auto sizes = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(1, 1000)));
  const auto copies = *rc::gen::inRange(1, 4);
  PiecePool pool;
  RumourQueue queue(&pool);
  std::map<std::string, int> untold;
  size_t bytes = 0;
  uint64_t n = 0;
  for (const size_t size : sizes) {
    const std::string text = "q" + std::to_string(n) + std::string(size, '.');
    queue.Put(IdOf(n++), static_cast<RumourClass>(quiet), text, copies, HostId());
    untold[text] = copies;
    bytes += text.size() * static_cast<size_t>(copies);
  }
  // A fifth of each packet of 1,100 bytes, and as much as one piece lost at each end.
  const size_t packets_max = bytes / 220 + 10 * static_cast<size_t>(copies);
  size_t packets = 0;
  while (!untold.empty()) {
    RC_ASSERT(++packets <= packets_max);
    for (int i = 0; i < 15; ++i) {
      for (int c = 0; c < kRumourClasses; ++c) {
        if (c == quiet) continue;
        queue.Put(IdOf(n++), static_cast<RumourClass>(c), std::string(30, 'b'), 9, HostId());
      }
    }
    std::string out;
    queue.Fill(1100, 64, IdOf(uint64_t{1} << 40), &out);
    for (size_t at = out.find('q'); at != std::string::npos; at = out.find('q', at + 1)) {
      const size_t end = out.find_first_of("qb", at + 1);
      const auto entry = untold.find(out.substr(at, end == std::string::npos ? end : end - at));
      RC_ASSERT(entry != untold.end());
      if (--entry->second == 0) untold.erase(entry);
    }
  }
}

}  // namespace
}  // namespace muster::core
