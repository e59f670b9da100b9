// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/http/event_class.h"
#include "probes/helper/http/json_walk.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace prism::probes::http {

/// Collects token counts along a JsonWalk: from a `usage` object in the outermost one, in `response` or in
/// `message`; from SGLang's `meta_info` and TGI's `details`; from the outermost object of Ollama and
/// llama.cpp. A number that is cut, or no count, is left out.
class UsageObject {
public:
    /// The walk begins at the usage object itself.
    void beginUsage() { m_next = Part::Usage; }
    void value(const JsonWalk::Item& item);
    /// `item` began an object or array; call behind value().
    void enter(const JsonWalk::Item& item);
    void leave();
    TokenUsage counts() const;

private:
    enum class Part : std::uint8_t { None, Usage, PromptDetails, CompletionDetails };

    std::optional<std::uint32_t>* countOf(std::string_view key);

    int m_depth = 0;
    int m_partDepth = 0; ///< of the usage object
    Part m_part = Part::None;
    Part m_next = Part::None; ///< what the object that begins now is
    bool m_carrier = false; ///< within `response` or `message` of the outermost object
    bool m_whole = false; ///< the usage object was seen to its end
    std::optional<std::uint32_t> m_prompt;
    std::optional<std::uint32_t> m_completion;
    std::optional<std::uint32_t> m_cached;
    std::optional<std::uint32_t> m_reasoning;
    std::optional<std::uint32_t>
        m_input; ///< "input_tokens": with the cached ones (OpenAI) or without (Anthropic)
    std::optional<std::uint32_t> m_cacheRead;
    std::optional<std::uint32_t> m_cacheWritten;
};

/// The counts of an Ollama answer in a piece of its text that begins anywhere.
TokenUsage ollamaCounts(std::string_view body);

} // namespace prism::probes::http
