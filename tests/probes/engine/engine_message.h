// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Messages as vLLM's engine core sends them.
namespace prism::test {

/// Writes msgpack as msgspec does.
struct Pack {
    std::string bytes;

    Pack& byte(unsigned value)
    {
        bytes.push_back(static_cast<char>(value));
        return *this;
    }
    Pack& bigEndian(std::uint64_t value, int size)
    {
        for (int i = size - 1; i >= 0; --i) {
            byte(static_cast<unsigned>(value >> (8 * i)) & 0xff);
        }
        return *this;
    }
    Pack& array(std::size_t count)
    {
        return count < 16 ? byte(0x90 | unsigned(count)) : byte(0xdc).bigEndian(count, 2);
    }
    Pack& map(std::size_t count)
    {
        return count < 16 ? byte(0x80 | unsigned(count)) : byte(0xde).bigEndian(count, 2);
    }
    Pack& text(std::string_view text)
    {
        text.size() < 32 ? byte(0xa0 | unsigned(text.size())) : byte(0xd9).byte(unsigned(text.size()));
        bytes += text;
        return *this;
    }
    Pack& integer(std::uint32_t value) { return value < 128 ? byte(value) : byte(0xce).bigEndian(value, 4); }
    Pack& number(double value) { return byte(0xcb).bigEndian(std::bit_cast<std::uint64_t>(value), 8); }
    Pack& nil(int count = 1)
    {
        bytes.append(std::size_t(count), char(0xc0));
        return *this;
    }
};

struct Output {
    std::string id = "chatcmpl-b24a7b0ace190e7b-0badcafe";
    std::uint32_t tokens = 1;
    int finish = -1;
    double queued = 0; ///< with `scheduled`: a first output
    double scheduled = 0;
};

struct Step {
    std::vector<Output> outputs;
    std::uint32_t running = 1;
    std::uint32_t waiting = 0;
    double stamp = 100;
    std::string details = {}; ///< msgpack; empty: nil
};

inline std::string body(const Step& step)
{
    Pack pack;
    pack.array(9).integer(0).array(step.outputs.size());
    for (const Output& output : step.outputs) {
        pack.array(18).text(output.id).array(output.tokens);
        for (std::uint32_t i = 0; i < output.tokens; ++i) {
            pack.integer(30'000 + i);
        }
        pack.nil(3);
        output.finish < 0 ? pack.nil() : pack.integer(std::uint32_t(output.finish));
        pack.nil(); // stop_reason
        if (output.scheduled > 0) {
            pack.array(2);
            pack.map(2).text("type").integer(1).text("timestamp").number(output.queued);
            pack.map(2).text("type").integer(2).text("timestamp").number(output.scheduled);
            pack.nil(3).map(2).text("num_prompt_tokens").integer(9).text("num_cached_tokens").integer(0);
        } else {
            pack.nil(5);
        }
        pack.nil(6);
    }
    pack.map(5).text("num_running_reqs").integer(step.running).text("num_waiting_reqs").integer(step.waiting);
    pack.text("kv_cache_usage").number(0.25).text("prefix_cache_stats").map(1).text("reset").byte(0xc2);
    pack.text("iteration_details");
    step.details.empty() ? pack.nil().bytes : pack.bytes += step.details;
    pack.number(step.stamp).nil(4).text("default");
    return pack.bytes;
}

inline std::string frame(const std::string& body, unsigned flags = 0)
{
    Pack pack;
    if (body.size() > 255) {
        pack.byte(2 | flags).bigEndian(body.size(), 8);
    } else {
        pack.byte(flags).byte(unsigned(body.size()));
    }
    return pack.bytes + body;
}

} // namespace prism::test
