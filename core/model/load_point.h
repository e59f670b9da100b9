// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/measure.h"
#include "core/units/quantity.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace prism {

using AttributeValue = std::variant<std::string, std::int64_t, double, bool>;

/// Text of an attribute as facets, tables and JSON strings show it; whole doubles without a fraction.
std::string toText(const AttributeValue& value);
/// The number in it, when it is one (never from text).
std::optional<double> toNumber(const AttributeValue& value);

/// One property of the system under test or of its load; the names are those of contract.md.
struct Attribute {
    std::string name;
    AttributeValue value;
    std::string given; ///< the file's own text where it differs from the value, else empty
    Origin origin = Origin::Reported;
    std::string path;

    friend bool operator==(const Attribute&, const Attribute&) = default;
};

/// The attribute names of contract.md in the order in which they are shown.
std::span<const std::string_view> attributeNames();
/// True for attributes that vary within a run (concurrency, request_rate, batch_size, started_at, repeat …):
/// the others are the run's identity.
bool isLoadAttribute(std::string_view name);

enum class Severity : unsigned char { Note, Warning };

/// Something the user should know about a file or a point; numbers are never changed because of it.
struct Warning {
    std::string code; ///< stable, machine-readable: "rate-disagrees"
    std::string text; ///< one sentence with both numbers where two disagree
    std::string path; ///< place in the source, may be empty
    Severity severity = Severity::Warning;

    friend bool operator==(const Warning&, const Warning&) = default;
};

/// Something the file holds that no metric or attribute of ours names.
struct Extra {
    std::string path;
    std::string text;

    friend bool operator==(const Extra&, const Extra&) = default;
};

/// One load level of one run, as an importer hands it over.
struct LoadPoint {
    std::uint32_t index = 0; ///< number in its source
    std::string label; ///< the producer's own name of the run or experiment, may be empty
    std::string group; ///< the producer's own id that joins points (experiment, sweep), may be empty
    std::vector<Attribute> attributes;
    std::vector<Measure> measures;
    std::vector<Extra> extras;
    std::vector<Warning> warnings;

    const Attribute* attribute(std::string_view name) const;
    const Measure* measure(std::string_view metric, Stat stat) const;
};

/// Longer ids of requests are left out: a part of one would name another request.
inline constexpr std::size_t mostRequestId = 128; ///< bytes

/// One request of a load point. Absent is unknown, never zero.
struct RequestRow {
    std::uint32_t index = 0;
    std::optional<Seconds> start; ///< since the first request of the point or the producer's own zero
    std::optional<Milliseconds> ttft;
    std::optional<Milliseconds> e2e;
    std::optional<std::int64_t> isl; ///< input tokens
    std::optional<std::int64_t> osl; ///< output tokens
    bool ok = true;
    std::string error;
    std::vector<double> gapsMs; ///< raw gaps between chunks or tokens, milliseconds
    /// What names it on the wire, where the file tells: the X-Request-Id that its client sent, or the id of
    /// the answer ("chatcmpl-…"); else the producer's own id of it. At most mostRequestId bytes.
    std::string id;

    friend bool operator==(const RequestRow&, const RequestRow&) = default;
};

/// Samples of one quantity over the time of a point.
struct TimeSeries {
    std::string name; ///< metric id where it is one of ours, else the producer's name
    std::string unit;
    std::string path;
    std::vector<double> seconds; ///< since the start of the point, or epoch seconds when `absolute`
    std::vector<double> values; ///< same length as `seconds`; NaN is a gap
    bool absolute = false;
    /// Where `seconds` count from 0 on a clock that names no zone: seconds since 1970 on that clock
    /// (local_time.h). Evidence of what was recorded together; it is not stored with the series.
    std::optional<double> localBegin = {};

    friend bool operator==(const TimeSeries&, const TimeSeries&) = default;
};

} // namespace prism
