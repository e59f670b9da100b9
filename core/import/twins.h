// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/store/records.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace prism {

/// What is compared of a point: a few numbers, and what it says of the system and its load.
struct PointPrint {
    static constexpr std::size_t size = 21;
    static constexpr std::size_t anchors = 4; ///< so many of the first numbers are looked up
    struct Number {
        double value = 0; ///< NaN where there is none
        double half = 0; ///< half a unit of its last significant digit
        std::uint32_t digits = 0; ///< significant ones
    };
    std::array<Number, size> numbers {};
    std::uint32_t derived = 0; ///< bit i: numbers[i] was computed by us
    std::vector<std::pair<std::string, std::string>> identity; ///< attribute and its text
    std::size_t told = 0; ///< reported measures, and the digits of those that are compared
    bool document = false; ///< from a document, whose values have names, not from a text or table
};
PointPrint printOf(const LoadPoint& point);

/// A number in which two encodings of one result differ.
struct TwinDifference {
    std::string_view metric;
    Stat stat;
    double richer = 0; ///< in the metric's unit
    double poorer = 0;
};

/// Finds sources that hold the same result in another encoding, such as the JSON, CSV and console text of one
/// benchmark: every point of the one has all the numbers of a point of a richer one, to the last digit that
/// it prints, with no word about system or load that contradicts. Numbers decide, never names or places of
/// files; results of a few digits, which may agree by chance, stay apart.
class TwinFinder {
public:
    static constexpr std::size_t mostPointsOfSource = 256;
    static constexpr std::size_t mostPoints = 50'000;

    struct Source {
        SourceId id = 0;
        std::string sha256;
        std::string path;
        std::vector<PointPrint> points;
        bool log = false; ///< documents between the lines of a log, not a file written as the result
    };
    struct Twin {
        SourceId poorer = 0;
        std::string poorerPath;
        std::string richerPath;
        std::string richerSha256;
        SourceId richer = 0;
        std::vector<TwinDifference> differences;
        bool part = false; ///< the richer one holds its numbers beside those of the run's other files
    };
    /// Whether the source is compared. Memory is bounded: sources of many points, and those behind the first
    /// 50 000 points, are not, nor are those without points.
    bool takes(const Source& source) const
    {
        return !source.points.empty() && source.points.size() <= mostPointsOfSource
            && m_points + source.points.size() <= mostPoints;
    }
    /// Pairs that the new source makes with those before it.
    std::vector<Twin> add(Source source);
    /// Among what was added and is no twin: sources whose points are those of a richer one in all but a few
    /// numbers. Latencies and rates must agree in more numbers than differ, and in as many digits as those of
    /// twins do: two measurements never do. Each becomes a twin.
    std::vector<Twin> disagreeing();

private:
    struct PointAt {
        std::uint32_t source;
        std::uint32_t point;
    };

    /// Points by one of their numbers, in buckets of half a percent: sums of ten thousand reports lie close
    /// together, and what is scanned for each must be small and in one piece.
    class Index {
    public:
        void add(double value, PointAt at);
        /// All values within half a percent of `number`, or within half a unit of its last digit.
        void collect(const PointPrint::Number& number, std::vector<PointAt>& found) const;
        /// Before the first collectRounded(), and again when something was added.
        void sort();
        /// Values that are `number` when they are rounded as it is.
        void collectRounded(const PointPrint::Number& number, std::vector<PointAt>& found) const;

    private:
        struct Entry {
            double value;
            PointAt at;
        };
        std::unordered_map<std::int32_t, std::vector<Entry>> m_buckets;
    };

    std::vector<PointAt> candidates(const PointPrint& point) const;
    /// By every anchor, for a point whose first one may be what differs.
    std::vector<PointAt> allCandidates(const PointPrint& point) const;
    std::optional<Twin> disagreesWithRicher(std::size_t poorer) const;
    bool richer(std::size_t a, std::size_t b) const;
    /// The richest source that holds the first point of `poorer`, when richer ones hold all of them.
    const Source* richerThan(std::size_t poorer) const;

    std::vector<Source> m_sources;
    /// How much a source tells: documents before those in a log before texts, then what it says of system and
    /// load, then its points, so that a file of all stages and a file a stage do not share them out, then
    /// what a point tells.
    std::vector<std::array<std::size_t, 4>> m_richness;
    std::vector<bool> m_isTwin;
    std::array<Index, PointPrint::anchors> m_byValue;
    std::size_t m_points = 0;
};

} // namespace prism
