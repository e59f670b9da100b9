// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/read/node.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace prism::formats::otel {

/// One call of a model, as far as the span tells it.
struct Call {
    RequestRow row;
    double start = 0; ///< seconds since 1970
    double end = 0;
    std::optional<double> queueMs;
    std::optional<double> prefillMs;
};

/// Nanoseconds since 1970 at which a span began and ended.
struct Times {
    std::int64_t start = 0;
    std::int64_t end = 0;
    bool utc = true; ///< false: the file names no zone
};
/// Empty where the span does not say when it began.
std::optional<Times> timesOf(const read::Node& span);
/// Empty for spans that are no call of a model, and for calls that tell nothing but how long they took.
std::optional<Call> callOf(const read::Node& span, const Times& times);

/// A span among those of all traces of a file; 0 when `paths` lead to none.
std::uint64_t identity(const read::Node& span, std::initializer_list<std::string_view> paths);
/// The number and the name of a kind are the same one: "2", "SPAN_KIND_SERVER", "SpanKind.SERVER".
std::string kindOf(const read::Node& span);
std::string operationOf(const read::Node& span);
bool isEngineSpan(const read::Node& span);

} // namespace prism::formats::otel
