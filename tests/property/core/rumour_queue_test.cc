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
#include <vector>

#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr uint64_t kSubjects = 20;

struct Fact {
  std::string text;
  int copies = 0;
  HostId source;
};
using Model = std::map<HostId, Fact>;

HostId AnyId() { return IdOf(*rc::gen::inRange<uint64_t>(0, kSubjects)); }

void AnyPut(RumourQueue* queue, Model* model, size_t size) {
  const HostId subject = AnyId();
  Fact fact;
  fact.copies = *rc::gen::inRange(0, 5);
  fact.source = *rc::gen::inRange(0, 2) == 0 ? HostId() : AnyId();
  fact.text = subject.ToHex().substr(0, 16) + std::string(size, 'x');
  const auto rumour_class = static_cast<RumourClass>(*rc::gen::inRange(0, kRumourClasses));
  queue->Put(subject, rumour_class, fact.text, fact.copies, fact.source);
  model->erase(subject);
  if (fact.copies > 0) model->emplace(subject, fact);
}

void Spend(const HostId& subject, Model* model) {
  const auto fact = model->find(subject);
  if (fact != model->end() && --fact->second.copies == 0) model->erase(fact);
}

// Fills a packet for somebody and holds it against the model. Returns how many pieces it took.
size_t AnyFill(RumourQueue* queue, Model* model, size_t budget, size_t pieces) {
  const HostId to = AnyId();
  std::string out;
  std::vector<HostId> taken;
  const size_t bytes = queue->Fill(budget, pieces, to, &out, &taken);
  RC_ASSERT(bytes == out.size());
  RC_ASSERT(bytes <= budget);
  RC_ASSERT(taken.size() <= pieces);
  RC_ASSERT(std::set<HostId>(taken.begin(), taken.end()).size() == taken.size());
  std::string expected;
  for (const HostId& subject : taken) {
    RC_ASSERT(subject != to);
    RC_ASSERT(model->count(subject) == 1u);
    RC_ASSERT(model->at(subject).source != to);
    expected += model->at(subject).text;
    Spend(subject, model);
  }
  RC_ASSERT(out == expected);
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
    switch (*rc::gen::inRange(0, 6)) {
      case 0: {
        const HostId subject = AnyId();
        queue.Drop(subject);
        model.erase(subject);
        break;
      }
      case 1: {
        const HostId subject = AnyId();
        queue.Known(subject);
        Spend(subject, &model);
        break;
      }
      case 2:
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
    std::vector<HostId> taken;
    queue.Fill(fit * 30 + 29, pieces, to, &out, &taken);
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
  std::map<HostId, int> untold;
  size_t bytes = 0;
  uint64_t n = 0;
  for (const size_t size : sizes) {
    queue.Put(IdOf(n), static_cast<RumourClass>(quiet), std::string(size, 'q'), copies, HostId());
    untold[IdOf(n++)] = copies;
    bytes += size * static_cast<size_t>(copies);
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
    std::vector<HostId> taken;
    queue.Fill(1100, 64, IdOf(uint64_t{1} << 40), &out, &taken);
    for (const HostId& subject : taken) {
      const auto entry = untold.find(subject);
      if (entry != untold.end() && --entry->second == 0) untold.erase(entry);
    }
  }
}

}  // namespace
}  // namespace muster::core
