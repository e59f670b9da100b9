// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/engine/engine_outputs.h"

#include "probes/protocol/id_number.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prism::probes::engine {

namespace {
constexpr std::uint16_t unknownKv = 0xffff;
constexpr std::size_t mostOutputs = 65'535; ///< of one step

template <class Number>
Number clamped(std::int64_t value)
{
    return static_cast<Number>(
        std::clamp<std::int64_t>(value, 0, static_cast<std::int64_t>(std::numeric_limits<Number>::max())));
}

/// CLOCK_MONOTONIC seconds as nanoseconds; 0 for what is no time.
std::uint64_t nanoseconds(std::optional<double> seconds)
{
    constexpr double mostSeconds = 1e9;
    return seconds && *seconds > 0 && *seconds < mostSeconds ? static_cast<std::uint64_t>(*seconds * 1e9) : 0;
}

struct Output {
    std::uint64_t key = 0;
    std::uint16_t newTokens = 0;
    std::uint8_t finish = 0; ///< 0: goes on; else vLLM's reason + 1
    bool first = false; ///< its prompt was read in this step
    std::uint64_t queuedNs = 0;
    std::uint64_t scheduledNs = 0;
};
} // namespace

struct EngineOutputs::Message {
    std::int64_t engine = 0;
    std::vector<Output> outputs;
    bool hasStats = false;
    std::int64_t running = 0;
    std::int64_t waiting = 0;
    std::uint16_t kvPermille = unknownKv;
    bool hasDetails = false;
    std::int64_t contextRequests = 0;
    std::int64_t contextTokens = 0;
    std::int64_t generationRequests = 0;
    std::int64_t generationTokens = 0;
    double elapsedMs = 0;
    std::uint64_t stampNs = 0;
};

void EngineOutputs::send(Bytes seen, std::uint64_t total, std::uint32_t thread)
{
    const bool was = m_stream.synchronised();
    m_stream.send(seen, total, [&](Bytes body) { message(body, thread); });
    if (was && !m_stream.synchronised()) {
        m_lastEndNs = 0;
    }
}

void EngineOutputs::lose()
{
    m_stream.lose();
    m_lastEndNs = 0;
}

void EngineOutputs::message(Bytes body, std::uint32_t thread)
{
    Message message;
    if (!read(body, message)) {
        ++m_misshapen;
        m_lastEndNs = 0;
        return;
    }
    tell(message, thread);
}

bool EngineOutputs::read(Bytes body, Message& message)
{
    Msgpack reader(body);
    const auto fields = reader.array();
    const auto engine = reader.integer();
    const auto outputs = reader.array();
    if (!fields || *fields < 4 || !engine || !outputs || *outputs > mostOutputs) {
        return false;
    }
    message.engine = *engine;
    for (std::uint32_t i = 0; i < *outputs; ++i) {
        if (!readOutput(reader, message)) {
            return false;
        }
    }
    if (!reader.nil() && !readStats(reader, message)) {
        return false;
    }
    message.stampNs = nanoseconds(reader.number());
    return !reader.failed() && message.stampNs != 0;
}

bool EngineOutputs::readOutput(Msgpack& reader, Message& message)
{
    constexpr std::uint32_t finishAt = 5;
    constexpr std::uint32_t eventsAt = 7;
    constexpr std::uint32_t prefillAt = 11;
    const auto fields = reader.array();
    const auto id = reader.string();
    const auto tokens = reader.array();
    if (!fields || *fields <= finishAt || !id || !tokens) {
        return false;
    }
    Output output;
    output.key = requestKey(*id);
    output.newTokens = clamped<std::uint16_t>(*tokens);
    for (std::uint32_t i = 0; i < *tokens; ++i) {
        if (!reader.skip()) {
            return false;
        }
    }
    for (std::uint32_t field = 2; field < *fields; ++field) {
        if (reader.nil()) {
            continue;
        }
        if (field == finishAt) {
            output.finish
                = static_cast<std::uint8_t>(clamped<std::uint8_t>(reader.integer().value_or(0)) % 255 + 1);
        } else if (field == eventsAt) {
            const auto events = reader.array();
            for (std::uint32_t i = 0; events && i < *events; ++i) {
                const auto keys = reader.map();
                std::int64_t type = 0;
                std::uint64_t at = 0;
                for (std::uint32_t k = 0; keys && k < *keys; ++k) {
                    const auto key = reader.string();
                    if (key == "type") {
                        type = reader.integer().value_or(0);
                    } else if (key == "timestamp") {
                        at = nanoseconds(reader.number());
                    } else if (!reader.skip()) {
                        return false;
                    }
                }
                if (reader.failed()) {
                    return false;
                }
                output.queuedNs = type == 1 ? at : output.queuedNs;
                output.scheduledNs = type == 2 ? at : output.scheduledNs;
            }
        } else {
            output.first = output.first || field == prefillAt;
            reader.skip();
        }
        if (reader.failed()) {
            return false;
        }
    }
    message.outputs.push_back(output);
    return true;
}

bool EngineOutputs::readStats(Msgpack& reader, Message& message)
{
    const auto pairs = reader.map();
    message.hasStats = pairs.has_value();
    for (std::uint32_t i = 0; pairs && i < *pairs; ++i) {
        const auto key = reader.string();
        if (key == "num_running_reqs") {
            message.running = reader.integer().value_or(0);
        } else if (key == "num_waiting_reqs") {
            message.waiting = reader.integer().value_or(0);
        } else if (key == "kv_cache_usage") {
            const auto usage = reader.number();
            if (usage && *usage >= 0 && *usage <= 1) {
                message.kvPermille = static_cast<std::uint16_t>(std::lround(*usage * 1000));
            }
        } else if (key == "iteration_details") {
            if (!reader.nil() && !readDetails(reader, message)) {
                return false;
            }
        } else {
            reader.skip();
        }
        if (reader.failed()) {
            return false;
        }
    }
    return pairs.has_value();
}

bool EngineOutputs::readDetails(Msgpack& reader, Message& message)
{
    const auto pairs = reader.map();
    for (std::uint32_t i = 0; pairs && i < *pairs; ++i) {
        const auto key = reader.string();
        std::int64_t* const count = key == "num_ctx_requests" ? &message.contextRequests
            : key == "num_ctx_tokens"                         ? &message.contextTokens
            : key == "num_generation_requests"                ? &message.generationRequests
            : key == "num_generation_tokens"                  ? &message.generationTokens
                                                              : nullptr;
        if (count) {
            *count = clamped<std::uint32_t>(reader.integer().value_or(0));
        } else if (key == "elapsed_ms") {
            message.elapsedMs = reader.number().value_or(0);
        } else {
            reader.skip();
        }
        if (reader.failed()) {
            return false;
        }
    }
    message.hasDetails = pairs.has_value();
    return message.hasDetails;
}

void EngineOutputs::tell(const Message& message, std::uint32_t thread)
{
    wire::RecordHeader header { message.stampNs, 0, 0, static_cast<std::uint8_t>(wire::Source::Engine), 0,
        m_target, thread, 0, 0 };
    const auto engine = clamped<std::uint16_t>(message.engine);
    std::uint64_t tokens = 0;
    bool prefill = false;
    bool decode = false;
    for (const Output& output : message.outputs) {
        tokens += output.newTokens;
        m_finished += output.finish != 0 ? 1 : 0;
        prefill = prefill || output.first;
        decode = decode || !output.first;
        appendRecord(m_out, header,
            wire::EngineRequest { output.key, engine, output.newTokens, output.finish, 0, 0, output.queuedNs,
                output.scheduledNs });
    }
    m_outputTokens += tokens;
    // The engine closes a burst with a message that is no iteration.
    if (message.outputs.empty() && message.running == 0 && !message.hasDetails) {
        m_lastEndNs = 0;
        return;
    }
    ++m_steps;
    std::uint64_t begin = m_lastEndNs != 0 && m_lastEndNs <= message.stampNs ? m_lastEndNs : message.stampNs;
    wire::EngineStep step {};
    step.engine = engine;
    step.tokens = clamped<std::uint32_t>(static_cast<std::int64_t>(tokens));
    step.sequences = step.outputs = clamped<std::uint16_t>(static_cast<std::int64_t>(message.outputs.size()));
    if (message.hasDetails) {
        const double elapsedNs = message.elapsedMs * 1e6;
        if (elapsedNs > 0 && elapsedNs < static_cast<double>(message.stampNs)) {
            begin = message.stampNs - static_cast<std::uint64_t>(elapsedNs);
        }
        prefill = message.contextRequests > 0;
        decode = message.generationRequests > 0;
        step.tokens = clamped<std::uint32_t>(message.contextTokens + message.generationTokens);
        step.sequences = clamped<std::uint16_t>(message.contextRequests + message.generationRequests);
    } else if (message.outputs.empty()) {
        prefill = true; // a part of a prompt: nothing comes out
    }
    step.phase = static_cast<std::uint8_t>(prefill && decode ? wire::StepPhase::Mixed
            : prefill                                        ? wire::StepPhase::Prefill
            : decode                                         ? wire::StepPhase::Decode
                                                             : wire::StepPhase::Unknown);
    step.running = clamped<std::uint16_t>(message.running);
    step.waiting = clamped<std::uint16_t>(message.waiting);
    step.kvPermille = message.kvPermille;
    header.timeNs = begin;
    header.durationNs = clamped<std::uint32_t>(static_cast<std::int64_t>(
        std::min<std::uint64_t>(message.stampNs - begin, wire::durationInBody - 1)));
    appendRecord(m_out, header, step);
    m_lastEndNs = message.hasStats && message.running > 0 ? message.stampNs : 0;
}

std::uint64_t requestKey(std::string_view id)
{
    constexpr std::string_view digitsOnly = "0123456789";
    const auto digits = id.find_first_not_of(digitsOnly);
    if (digits != std::string_view::npos && digits > 0 && id[digits] == '_') {
        id.remove_prefix(digits + 1);
    }
    constexpr std::size_t suffix = 9; // "-" and eight hexadecimal digits
    if (id.size() > suffix && id[id.size() - suffix] == '-'
        && id.find_first_not_of("0123456789abcdef", id.size() - suffix + 1) == std::string_view::npos) {
        id.remove_suffix(suffix);
    }
    // The n-th prompt of a text completion: "cmpl-…-0".
    if (const auto dash = id.rfind('-'); id.starts_with("cmpl-") && dash > 4 && dash + 1 < id.size()
        && id.size() - dash <= 5 && id.find_first_not_of(digitsOnly, dash + 1) == std::string_view::npos) {
        id.remove_suffix(id.size() - dash);
    }
    return wire::idNumber(id);
}

} // namespace prism::probes::engine
