// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"
#include "core/read/documents.h"

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

/// What a server says at /metrics: Prometheus text (0.0.4 and the quoted names of 1.0.0) and OpenMetrics 1.0.
/// A reader of either need not know which one it has: they differ in what timestamps mean alone.
namespace prism::read {

enum class FamilyType : std::uint8_t {
    Untyped, ///< no TYPE line, "untyped", "unknown", or a word that we do not know
    Counter,
    Gauge,
    Histogram,
    Summary,
    GaugeHistogram,
    Info,
    StateSet,
};

/// What HELP, TYPE and UNIT lines say of the samples that follow.
struct PrometheusFamily {
    std::string name;
    FamilyType type = FamilyType::Untyped;
    std::string help; ///< escapes undone
    std::string unit;
    Place place; ///< of its first line
};

struct PrometheusLabel {
    std::string_view name;
    std::string_view value; ///< escapes undone
};

/// A number as it stands: NaN and infinities are what the text says, not a fault.
struct PrometheusNumber {
    double value = 0;
    std::string_view text;
    Place place;
};

struct PrometheusExemplar {
    std::span<const PrometheusLabel> labels;
    PrometheusNumber number;
    std::optional<PrometheusNumber> timestamp; ///< seconds since 1970
};

/// One sample. Everything is valid during the call.
struct PrometheusSample {
    std::string_view name; ///< with its suffix: "x_bucket", "x_total"
    std::span<const PrometheusLabel> labels; ///< in the order of the text
    PrometheusNumber number;
    /// As written: milliseconds since 1970 in Prometheus text, seconds in OpenMetrics (which ends with
    /// "# EOF").
    std::optional<PrometheusNumber> timestamp;
    std::optional<PrometheusExemplar> exemplar;
    Place place; ///< of its first byte
    /// Its family by name, or by the name without the suffix that the family's type gives its samples. One
    /// without metadata is of an untyped family of its own name, whose place is the sample's.
    const PrometheusFamily* family = nullptr;

    std::optional<std::string_view> label(std::string_view wanted) const;
};

/// Receives samples in the order of the text. An error ends the reading and is returned.
class PrometheusHandler {
public:
    virtual ~PrometheusHandler() = default;
    virtual Result<void> sample(const PrometheusSample& sample) = 0;
    /// "# EOF": an OpenMetrics exposition is complete. What follows is another one, with families of its own.
    virtual Result<void> end(Place place)
    {
        (void)place;
        return {};
    }
    /// A line that is no sample: one without braces, such as a shell or HTTP puts around an exposition, or
    /// the last one, cut off. True passes over it, and the report tells; otherwise the fault ends the
    /// reading.
    virtual bool passesOver(const Error& fault)
    {
        (void)fault;
        return false;
    }
};

struct PrometheusReport {
    /// Encoding, NULs; `documents` counts "# EOF" lines; `unendedAt`; of lines that were passed over
    /// `ignoredBytes`, and `truncated` where the last one was.
    ReadReport text;
    std::uint64_t samples = 0;
    std::uint64_t families = 0; ///< that had metadata
    std::uint64_t unknownTypes = 0; ///< TYPE lines with a word that neither format knows
    std::uint64_t repeatedMetadata = 0; ///< a family's TYPE said again: the later one holds
    bool openMetrics = false; ///< ended with "# EOF"
};

/// Reads an exposition line by line in bounded memory: a line holds at most Budgets::lineBytes and 4096
/// labels, metadata at most Budgets::treeBytes. A line that is neither sample, comment nor blank is an error
/// with its place, unless the handler passes over it: the text is not an exposition, or it is damaged.
Result<PrometheusReport> readPrometheus(
    ByteSource& source, const Budgets& budgets, PrometheusHandler& handler, std::stop_token stop = {});

} // namespace prism::read
