// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace prism::probes::http {

/// What a streamed event of an inference server carries.
enum class EventClass : std::uint8_t {
    Other, ///< comments, pings, errors, and what cannot be told
    Role, ///< opens the answer; never a token
    Text, ///< generated text, reasoning or a tool call
    Empty, ///< a token event without text: half a character, a special token
    Finish,
    Usage,
    Done,
};

/// Token counts as the server tells them. What it did not tell, or what was not seen, is not known.
struct TokenUsage {
    enum Known : std::uint32_t { Prompt = 1, Completion = 2, Cached = 4, Reasoning = 8 };
    std::uint32_t known = 0; ///< bits of Known, as in wire::HttpUsage
    std::uint32_t prompt = 0; ///< with the cached ones
    std::uint32_t completion = 0; ///< with the reasoning ones
    std::uint32_t cached = 0;
    std::uint32_t reasoning = 0;

    /// Later counts replace earlier ones: servers that count as they go repeat them with every event.
    void take(const TokenUsage& later);
};

struct EventFacts {
    EventClass kind = EventClass::Other;
    bool error = false; ///< it says that the answer failed
    std::uint64_t id = 0; ///< number of its `id` (wire::idNumber); 0: it has none
    TokenUsage usage;
};

/// Classifies one event by its data, of which only the first part may be there (`cut`), and by its name where
/// it has one. Knows the streams of chat and text completions (OpenAI's and those modelled on them: vLLM,
/// llama.cpp, SGLang, TGI, TensorRT-LLM, transformers), OpenAI's Responses, Anthropic's Messages, llama.cpp's
/// /completion, SGLang's and TGI's own generate, Ollama's and Triton's. What the data does not say for
/// certain is Other.
EventFacts classifyEvent(std::string_view name, std::string_view data, bool cut);

/// Token counts of an answer that is not streamed, in a piece of its body that was seen.
TokenUsage usageWithin(std::string_view body);

} // namespace prism::probes::http
