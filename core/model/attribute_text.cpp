// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/attribute_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace prism {

namespace {

constexpr std::array<std::string_view, 13> counts { "accelerator_count", "nodes", "tp", "pp", "dp", "ep",
    "prefill_instances", "decode_instances", "isl_target", "osl_target", "batch_size", "context_depth",
    "repeat" };
constexpr std::array<std::string_view, 2> numbers { "concurrency", "request_rate" };
constexpr std::array<std::string_view, 6> loadModes { "concurrency", "rate", "burst", "offline", "trace",
    "agentic" };

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& all, std::string_view one)
{
    return std::find(all.begin(), all.end(), one) != all.end();
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

/// "2026-11-24T13:00:00Z"; a fraction of the second may stand before the Z.
bool isUtcTime(std::string_view text)
{
    constexpr std::string_view shape = "0000-00-00T00:00:00";
    if (text.size() <= shape.size() || text.back() != 'Z') {
        return false;
    }
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == '0' ? !isDigit(text[i]) : text[i] != shape[i]) {
            return false;
        }
    }
    const std::string_view fraction = text.substr(shape.size(), text.size() - shape.size() - 1);
    const auto two = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
    return (fraction.empty()
               || (fraction[0] == '.' && fraction.size() > 1
                   && std::all_of(fraction.begin() + 1, fraction.end(), isDigit)))
        && two(5) >= 1 && two(5) <= 12 && two(8) >= 1 && two(8) <= 31 && two(11) < 24 && two(14) < 60
        && two(17) <= 60;
}

Error mustBe(std::string_view name, std::string_view text, const std::string& what)
{
    return { {}, {}, '"' + std::string(text) + "\" cannot be the " + std::string(name) + " of a point",
        "It must be " + what };
}

Result<AttributeValue> numberOf(std::string_view name, std::string_view text)
{
    const char* const end = text.data() + text.size();
    std::int64_t whole = 0;
    if (const auto read = std::from_chars(text.data(), end, whole);
        read.ec == std::errc() && read.ptr == end && whole >= 0) {
        return AttributeValue(whole);
    }
    double number = 0;
    const auto read = std::from_chars(text.data(), end, number);
    const bool good = read.ec == std::errc() && read.ptr == end && std::isfinite(number) && number >= 0;
    if (!good || (contains(counts, name) && number != std::floor(number))) {
        return mustBe(name, text,
            contains(counts, name) ? "a whole number of zero or more, without separators"
                                   : "a number of zero or more, with a point and without separators");
    }
    constexpr double exact = 9e15;
    if (number == std::floor(number) && number < exact) {
        return AttributeValue(static_cast<std::int64_t>(number));
    }
    return AttributeValue(number);
}

} // namespace

Result<AttributeValue> attributeValue(std::string_view name, std::string_view given)
{
    const auto known = attributeNames();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
        std::string all;
        for (const std::string_view one : known) {
            all += (all.empty() ? "" : ", ") + std::string(one);
        }
        return Error { {}, {}, "there is no attribute \"" + std::string(name) + '"', "There are " + all };
    }
    const std::string_view text = trimmed(given);
    if (text.empty()
        || std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; })) {
        return mustBe(name, given, "one line of text");
    }
    if (contains(counts, name) || contains(numbers, name)) {
        return numberOf(name, text);
    }
    if (name == "prefix_caching") {
        if (text != "true" && text != "false") {
            return mustBe(name, given, "true or false");
        }
        return AttributeValue(text == "true");
    }
    if (name == "load_mode" && !contains(loadModes, text)) {
        return mustBe(name, given, "concurrency, rate, burst, offline, trace or agentic");
    }
    if (name == "started_at" && !isUtcTime(text)) {
        return mustBe(name, given, "a time in UTC, written as 2026-11-24T13:00:00Z");
    }
    return AttributeValue(std::string(text));
}

} // namespace prism
