#pragma once

#include <memory>
#include <string>

#include "src/api/context.h"
#include "src/api/presence.h"
#include "src/core/event.h"

// What the routes do. Each answers its call exactly once, now or later.

namespace muster::api {

// reads.cc
void ListMembers(const std::shared_ptr<Context>& context, const Call& call);
void ShowMember(const std::shared_ptr<Context>& context, const Call& call);
void ShowStatus(const std::shared_ptr<Context>& context, const Call& call);
void ShowLive(const std::shared_ptr<Context>& context, const Call& call);
void ShowReady(const std::shared_ptr<Context>& context, const Call& call);
void ShowMetrics(const std::shared_ptr<Context>& context, const Call& call);

// commands.cc
void DoJoin(const std::shared_ptr<Context>& context, const Call& call);
void DoLeave(const std::shared_ptr<Context>& context, const Call& call);
void DoForceLeave(const std::shared_ptr<Context>& context, const Call& call);
void DoSetTags(const std::shared_ptr<Context>& context, const Call& call);
// Answers those who wait for the leave, and tells the host when all have their answer.
void FinishLeave(const std::shared_ptr<Context>& context);

// probes.cc
void DoPing(const std::shared_ptr<Context>& context, const Call& call);
void CheckReachability(const std::shared_ptr<Context>& context, const Call& call);

// presence.cc
void ListPresence(const std::shared_ptr<Context>& context, const Call& call);
void PurgePresence(const std::shared_ptr<Context>& context, const Call& call);

// streams.cc
void StreamEvents(const std::shared_ptr<Context>& context, const Call& call);
// Hands one event of the driver to the streams.
void PublishEvent(Context& context, const core::Event& event);
void PublishStoreEvent(Context& context, StoreEvent event, const std::string& detail);

}  // namespace muster::api
