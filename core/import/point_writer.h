// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/read/csv.h"
#include "core/read/node.h"

#include <string_view>

namespace prism {

/// Fills a LoadPoint from the values of a file, keeping for each number its place and the producer's name of
/// it. Absent values add nothing; null, NaN and infinities are kept with their status and without a number.
class PointWriter {
public:
    explicit PointWriter(std::uint32_t index);

    LoadPoint& point() { return m_point; }

    /// A reported number; `node` may be null (absent). Numbers in strings are read ("1.0"). `unit` must lead
    /// to the metric's unit (a count has Unit::One). Claims the node.
    void measure(std::string_view metric, Stat stat, const read::Node* node, SourceUnit unit,
        std::string_view semantics = {});
    /// The same for a child of an object whose pointer is known.
    void measure(std::string_view metric, Stat stat, const read::Node& node, std::string_view parentPointer,
        SourceUnit unit, std::string_view semantics = {});
    /// The same from console text or CSV: `label` is the producer's name of the number.
    void measure(std::string_view metric, Stat stat, std::string_view text, std::string path,
        std::string_view label, SourceUnit unit, std::string_view semantics = {});
    void measure(std::string_view metric, Stat stat, read::FileText text, std::string path,
        std::string_view label, SourceUnit unit, std::string_view semantics = {})
        = delete;
    void measure(std::string_view metric, Stat stat, const read::Cell& cell, std::string_view label,
        SourceUnit unit, std::string_view semantics = {})
    {
        measure(metric, stat, cell.number, cell.place.text(), label, unit, semantics);
    }
    /// A number computed from others of the same point; `formula` names them: "output_tokens / duration".
    void derived(std::string_view metric, Stat stat, double value, std::string formula,
        std::string_view semantics = {});

    /// An attribute as the file gives it: string, number or boolean; null, "" and "None" add nothing. Claims
    /// the node.
    void attribute(std::string_view name, const read::Node* node);
    void attribute(std::string_view name, AttributeValue value, std::string given = {}, std::string path = {},
        Origin origin = Origin::Reported);

    void warn(
        std::string code, std::string text, std::string path = {}, Severity severity = Severity::Warning);
    /// Keeps every scalar below `node` that was not claimed, with its path; long texts are cut to 4 KiB, and
    /// more than 10 000 scalars are counted in a note instead of kept.
    void extras(const read::Node& node);
    /// Without secrets that the text quotes (core/import/secrets.h).
    void extra(std::string path, std::string_view text);

    /// A block in which every latency is 0 measured nothing: turns distributions whose every number is 0 into
    /// missing ones. Called by take().
    void dropEmptyDistributions();
    LoadPoint take();

private:
    void add(std::string_view metric, Stat stat, const read::Node& node, std::string path, SourceUnit unit,
        std::string_view semantics);

    LoadPoint m_point;
};

} // namespace prism
