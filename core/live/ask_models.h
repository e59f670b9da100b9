// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

namespace prism::live {

/// Asks GET /v1/models of what the helper found and could not ask, 64 at a time, each for `patience`: what
/// listens and answers as a server gets its engine and model, what does not leaves the list; a server whose
/// model is not known gets that. Nothing is asked on another machine (`here` false), nor in a network that is
/// closed to this user. How many left the list and may be servers all the same: nobody could ask them, or
/// they want a key first. Blocks.
std::size_t keepThoseThatSpeak(std::vector<FoundServer>& servers, bool here,
    std::chrono::milliseconds patience = std::chrono::milliseconds(500));

/// Takes engine and model from the body of an answer; false when it is no list of models in the form of the
/// OpenAI interface. Any bytes are survived.
bool takeModels(FoundServer& server, std::string_view body);

} // namespace prism::live
