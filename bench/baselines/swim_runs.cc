#include "bench/baselines/swim_runs.h"

#include <memory>

#include "bench/baselines/world.h"

namespace muster::baselines {
namespace {

std::unique_ptr<World> Lan(const SwimOptions& options, int members, uint64_t seed) {
  WorldConfig config;
  config.seed = seed;
  config.members = members;
  auto world = std::make_unique<World>(
      config, [options](int self, Io* io) { return std::make_unique<Swim>(options, self, io); });
  world->StartTogether();
  return world;
}

int CountNotAlive(const World& world, int subject, State at_least) {
  int count = 0;
  for (int member = 0; member < world.members(); ++member) {
    if (world.is_up(member) && world.model(member).StateOf(subject) >= at_least) ++count;
  }
  return count;
}

}  // namespace

SwimFigures RunSwimLoad(int members, uint64_t seed) {
  constexpr int kPeriods = 40;
  const SwimOptions options;
  const auto world = Lan(options, members, seed);
  world->RunUntil(world->now() + options.period * 2);
  const World::Traffic before = world->total();
  world->RunUntil(world->now() + options.period * kPeriods);
  const World::Traffic after = world->total();
  const double share = 1.0 / (kPeriods * members);
  SwimFigures figures;
  figures.sent_per_period = static_cast<double>(after.packets - before.packets) * share;
  figures.received_per_period = static_cast<double>(after.received - before.received) * share;
  return figures;
}

SwimFigures RunSwimCrash(int members, uint64_t seed) {
  SwimOptions options;
  options.periods_aligned = true;
  const auto world = Lan(options, members, seed);
  Rng rng(seed);
  const int victim = static_cast<int>(rng.Below(static_cast<uint64_t>(members)));
  // Just before a period begins, so that periods can be counted; any number of them after the
  // start.
  const Duration lead = options.period * static_cast<int64_t>(2 + rng.Below(60));
  world->RunUntil(world->now() + lead - Duration::Millis(50));
  world->Crash(victim);
  const TimePoint crash = world->now();
  const Duration step = Duration::Millis(20);
  const auto periods_until = [&](State state, int count, TimePoint from) {
    while (CountNotAlive(*world, victim, state) < count &&
           world->now() - crash < options.period * 100) {
      world->RunUntil(world->now() + step);
    }
    return static_cast<double>((world->now() - from).micros()) /
           static_cast<double>(options.period.micros());
  };
  SwimFigures figures;
  figures.detection_periods = periods_until(State::kSuspect, 1, crash);
  const TimePoint noticed = world->now();
  figures.infection_periods = periods_until(State::kSuspect, members / 2, noticed);
  figures.full_periods = periods_until(State::kDead, members - 1, noticed);
  return figures;
}

}  // namespace muster::baselines
