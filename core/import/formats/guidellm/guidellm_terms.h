// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/point_writer.h"
#include "core/import/sink.h"

#include <optional>
#include <string>
#include <string_view>

namespace prism::formats::guidellm {

/// A label of the producer that stands for a metric of ours.
struct Term {
    std::string_view label;
    std::string_view metric;
    SourceUnit unit;
};

/// GuideLLM's names of statistics: percentiles have two digits for whole numbers and further ones behind an
/// unwritten point, so p001 is 0.1 and p999 is 99.9.
std::optional<Stat> statOf(std::string_view key);

/// load_mode, concurrency and request_rate of a strategy {type_, rate, streams, max_concurrency}. `cell` is
/// the place of a CSV cell that holds the JSON; empty for a document of its own. A cap on concurrency under a
/// rate is a safety limit of the producer and never becomes `concurrency`; one that the profile asks of an
/// unlimited rate does.
void describeStrategy(
    PointWriter& out, const read::Node* strategy, const read::Node* profile, const std::string& cell = {});
/// The same of benchmark number `index` of a run by the run's profile {kind, streams | rate} or
/// {completed_strategies}: the tables of 0.4 to 0.7 name no more of a strategy than its kind.
void describeProfile(PointWriter& out, const read::Node& profile, std::size_t index, const std::string& cell);
/// The same from the printed name: "synchronous", "concurrent@4", "constant@2.00".
void describeName(PointWriter& out, std::string_view name, const std::string& path);
/// isl_target and osl_target of "prompt_tokens=256,output_tokens=128" in any of its spellings, else the
/// dataset's name.
void describeData(PointWriter& out, std::string_view text, const std::string& path);
/// The same of a list or map of data definitions.
void describeData(PointWriter& out, const read::Node* data, const std::string& cell = {});
/// The first of these that the file fills in.
void describeModel(
    PointWriter& out, std::initializer_list<const read::Node*> candidates, const std::string& cell = {});

/// What the throughputs of a point are held against; absent where the file does not say.
struct Rates {
    std::optional<double> requests, input, output, total; ///< req/s, tok/s
    std::optional<double> isl; ///< mean
    std::optional<double> inputTokens, outputTokens; ///< totals
    std::optional<double> duration; ///< s
};

/// The producer's rates are averages over instants, and in some versions they are far from tokens / duration,
/// count the prompts twice or are rates of single requests. Such a number is left out with a warning.
bool inputHolds(const Rates& rates, PointWriter& out, const std::string& path);
bool outputHolds(const Rates& rates, PointWriter& out, const std::string& path);
/// `rates.input` must be absent where it does not hold itself.
bool totalHolds(const Rates& rates, PointWriter& out, const std::string& path);

constexpr std::string_view tokenWeighted = "token-weighted";

Result<void> readDocuments(Input& input, Sink& sink); ///< JSON and YAML
bool beginsTable(Input& input); ///< reads no further than the first row
Result<void> readTable(Input& input, Sink& sink); ///< CSV of both layouts
Result<void> readConsole(Input& input, Sink& sink);

} // namespace prism::formats::guidellm
