// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// What a client of the shaped server asks for, in the query of its request:
/// `/v1/chat/completions?shape=merged&tokens=64&pace_us=500`.
namespace prism::test {

struct Wanted {
    std::string shape = "events"; ///< see shapes.h
    int tokens = 16; ///< negative: without end
    std::int64_t paceUs = 0; ///< between events
    int status = 200;
    int merge = 2; ///< token events in a write of the shape `merged`
    int padding = 0; ///< bytes that each token event is longer
    std::string model = "small"; ///< asked for by the length of its name
    bool throws = false; ///< an exception through three frames for each event
    std::string call = "send"; ///< send, write, writev, sendmsg, sendmmsg
};

Wanted readWanted(std::string_view target);

/// An OpenAI-like event with its empty line: "choices" is JSON, `more` follows the list of choices.
std::string event(
    const std::string& choices, const std::string& more = {}, const std::string& model = "small");
std::string roleEvent();
std::string tokenEvent(int number, int padding);
std::string emptyTokenEvent();
std::string finishEvent(const Wanted& wanted);
std::string usageEvent(const Wanted& wanted);
inline const std::string doneEvent = "data: [DONE]\n\n";

} // namespace prism::test
