// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/usage_object.h"

#include <charconv>
#include <limits>

namespace prism::probes::http {

namespace {
std::optional<std::uint32_t> countIn(std::string_view text)
{
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// The number behind the last `"key":` of the text, if it was seen to its end.
std::optional<std::uint32_t> countBehind(std::string_view body, std::string_view quotedKey)
{
    const auto at = body.rfind(quotedKey);
    if (at == std::string_view::npos || (at > 0 && body[at - 1] == '\\')) {
        return std::nullopt;
    }
    const auto colon = body.find_first_not_of(" \t\r\n", at + quotedKey.size());
    if (colon == std::string_view::npos || body[colon] != ':') {
        return std::nullopt;
    }
    const auto begin = body.find_first_not_of(" \t\r\n", colon + 1);
    const auto end = body.find_first_of(",} \t\r\n", begin);
    return begin == std::string_view::npos || end == std::string_view::npos
        ? std::nullopt
        : countIn(body.substr(begin, end - begin));
}

TokenUsage usageOf(std::optional<std::uint32_t> prompt, std::optional<std::uint32_t> completion,
    std::optional<std::uint32_t> cached, std::optional<std::uint32_t> reasoning)
{
    TokenUsage usage;
    usage.known = (prompt ? TokenUsage::Prompt : 0u) | (completion ? TokenUsage::Completion : 0u)
        | (cached ? TokenUsage::Cached : 0u) | (reasoning ? TokenUsage::Reasoning : 0u);
    usage.prompt = prompt.value_or(0);
    usage.completion = completion.value_or(0);
    usage.cached = cached.value_or(0);
    usage.reasoning = reasoning.value_or(0);
    return usage;
}
} // namespace

std::optional<std::uint32_t>* UsageObject::countOf(std::string_view key)
{
    if (m_part == Part::PromptDetails) {
        return key == "cached_tokens" ? &m_cached : nullptr;
    }
    if (m_part == Part::CompletionDetails) {
        return key == "reasoning_tokens" ? &m_reasoning : nullptr;
    }
    if (m_part == Part::Usage && m_depth == m_partDepth) {
        return key == "prompt_tokens"              ? &m_prompt
            : key == "completion_tokens"           ? &m_completion
            : key == "output_tokens"               ? &m_completion
            : key == "generated_tokens"            ? &m_completion
            : key == "reasoning_tokens"            ? &m_reasoning
            : key == "cached_tokens"               ? &m_cached
            : key == "input_tokens"                ? &m_input
            : key == "cache_read_input_tokens"     ? &m_cacheRead
            : key == "cache_creation_input_tokens" ? &m_cacheWritten
                                                   : nullptr;
    }
    if (m_depth == 1) {
        return key == "eval_count" || key == "tokens_predicted"       ? &m_completion
            : key == "prompt_eval_count" || key == "tokens_evaluated" ? &m_prompt
                                                                      : nullptr;
    }
    return nullptr;
}

void UsageObject::value(const JsonWalk::Item& item)
{
    if (item.kind == JsonWalk::Kind::Number && item.complete) {
        if (auto* count = countOf(item.key)) {
            if (const auto number = countIn(item.text)) {
                *count = number;
            }
        }
        return;
    }
    if (item.kind != JsonWalk::Kind::ObjectBegin) {
        return;
    }
    if (m_part == Part::Usage && m_depth == m_partDepth) {
        const bool ofPrompt = item.key == "prompt_tokens_details" || item.key == "input_tokens_details";
        const bool ofCompletion
            = item.key == "completion_tokens_details" || item.key == "output_tokens_details";
        m_next = ofPrompt ? Part::PromptDetails : ofCompletion ? Part::CompletionDetails : Part::None;
    } else if (m_depth == 1 || (m_depth == 2 && m_carrier)) {
        const bool usage
            = item.key == "usage" || (m_depth == 1 && (item.key == "meta_info" || item.key == "details"));
        m_next = usage ? Part::Usage : Part::None;
        if (m_depth == 1) {
            m_carrier = item.key == "response" || item.key == "message";
        }
    }
}

void UsageObject::enter(const JsonWalk::Item& item)
{
    ++m_depth;
    if (item.kind == JsonWalk::Kind::ObjectBegin && m_next != Part::None) {
        m_part = m_next;
        if (m_part == Part::Usage) {
            m_partDepth = m_depth;
            m_whole = false;
        }
    } else if (m_part != Part::None && m_depth > m_partDepth) {
        m_part = m_part == Part::Usage ? m_part : Part::None;
    }
    m_next = Part::None;
}

void UsageObject::leave()
{
    --m_depth;
    if (m_partDepth == 0) {
        return;
    }
    if (m_depth < m_partDepth) {
        m_whole = true;
        m_part = Part::None;
        m_partDepth = 0;
    } else if (m_depth == m_partDepth) {
        m_part = Part::Usage;
    }
}

TokenUsage UsageObject::counts() const
{
    auto prompt = m_prompt;
    auto cached = m_cached;
    if (m_input && m_whole) {
        const std::uint64_t all
            = std::uint64_t { *m_input } + m_cacheRead.value_or(0) + m_cacheWritten.value_or(0);
        if (all <= std::numeric_limits<std::uint32_t>::max()) {
            prompt = static_cast<std::uint32_t>(all);
        }
        cached = m_cacheRead ? m_cacheRead : cached;
    }
    return usageOf(prompt, m_completion, cached, m_reasoning);
}

TokenUsage ollamaCounts(std::string_view body)
{
    return usageOf(countBehind(body, "\"prompt_eval_count\""), countBehind(body, "\"eval_count\""), {}, {});
}

} // namespace prism::probes::http
