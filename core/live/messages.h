// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"
#include "probes/protocol/message.h"

namespace prism::live {

/// Servers and targets as the fields of the wire's messages tell them. Reading is bounded: lists that are too
/// long are cut, unknown keys skipped.
void writeServer(wire::FieldWriter& out, const FoundServer& server);
FoundServer readServer(std::span<const std::byte> fields);

/// The reply to an attach. The server is not part of it.
void writeTarget(wire::FieldWriter& out, const Target& target);
Target readTarget(std::span<const std::byte> fields);

void writeFeature(wire::FieldWriter& out, const MachineFeature& feature);
MachineFeature readFeature(std::span<const std::byte> fields);

/// AttachKey::Text: the sentence of a refusal.
std::string readSentence(std::span<const std::byte> fields);

} // namespace prism::live
