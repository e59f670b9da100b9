// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/probes/servers/small/shaped_server/wanted.h"

#include <algorithm>
#include <cstdlib>

namespace prism::test {

Wanted readWanted(std::string_view target)
{
    Wanted wanted;
    std::size_t at = target.find('?');
    while (at != std::string_view::npos) {
        target.remove_prefix(at + 1);
        at = target.find('&');
        const std::string_view pair = target.substr(0, at);
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) {
            continue;
        }
        const std::string_view name = pair.substr(0, equals);
        const std::string value(pair.substr(equals + 1));
        const int number = std::atoi(value.c_str()); // NOLINT(cert-err34-c)
        if (name == "shape") {
            wanted.shape = value;
        } else if (name == "tokens") {
            wanted.tokens = number;
        } else if (name == "pace_us") {
            wanted.paceUs = number;
        } else if (name == "status") {
            wanted.status = number;
        } else if (name == "merge") {
            wanted.merge = std::max(1, number);
        } else if (name == "padding") {
            wanted.padding = number;
        } else if (name == "model") {
            wanted.model = std::string(static_cast<std::size_t>(std::max(1, number)), 'm');
        } else if (name == "throws") {
            wanted.throws = number != 0;
        } else if (name == "call") {
            wanted.call = value;
        }
    }
    return wanted;
}

std::string event(const std::string& choices, const std::string& more, const std::string& model)
{
    return R"(data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1,"model":")"
        + model + R"(","choices":[)" + choices + "]" + more + "}\n\n";
}

std::string roleEvent()
{
    return event(R"({"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null})");
}

std::string tokenEvent(int number, int padding)
{
    return event(R"({"index":0,"delta":{"content":" token)" + std::to_string(number)
        + std::string(static_cast<std::size_t>(padding), 'x') + R"("},"finish_reason":null})");
}

std::string emptyTokenEvent()
{
    return event(R"({"index":0,"delta":{"content":""},"finish_reason":null})");
}

std::string finishEvent(const Wanted& wanted)
{
    return event(R"({"index":0,"delta":{},"finish_reason":"stop"})", {}, wanted.model);
}

std::string usageEvent(const Wanted& wanted)
{
    return event({},
        R"(,"usage":{"prompt_tokens":8,"completion_tokens":)" + std::to_string(wanted.tokens)
            + R"(,"total_tokens":)" + std::to_string(8 + wanted.tokens) + "}",
        wanted.model);
}

} // namespace prism::test
