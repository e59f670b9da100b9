// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prism::formats {

/// What LoadGen says of one run, from its summary or from its detail log.
struct MlperfResult {
    struct Field {
        std::string name; ///< as written: "Mean latency (ns)", "result_mean_latency_ns"
        std::string text; ///< empty for a heading: "Per-query latency:"
        std::string place;
    };
    std::vector<Field> fields;

    /// What went wrong while it ran, as LoadGen counted it.
    struct Problems {
        std::uint64_t count = 0;
        std::string first; ///< text of the first one, where the log has it
        std::string place;
    };
    Problems errors;
    Problems warnings;

    const Field* find(std::string_view name) const; ///< regardless of case
    /// Text of the first of these names that is there.
    std::string text(std::initializer_list<std::string_view> names) const;
    /// Accuracy runs end without one.
    bool hasVerdict() const { return !text({ "result is", "result_validity" }).empty(); }
};

/// The model and the scenario's name that "…/results/<system>/<model>/<scenario>/<performance|accuracy>/…"
/// gives, the layout of submissions: only there is Interactive told from Server.
void describeFolder(PointWriter& out, std::string_view path);

/// Scenario, load, throughputs, and the distributions of E2E, TTFT and TPOT. `path` is the file's:
/// submissions say model and system in their folders only. Everything else is kept as an extra.
LoadPoint mlperfPoint(std::uint32_t index, const MlperfResult& result, std::string_view path);

} // namespace prism::formats
