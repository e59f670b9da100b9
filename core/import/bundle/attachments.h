// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/file_summary.h"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace prism {

/// What tells whether a file belongs to a run.
struct RunEvidence {
    std::string title;
    std::string producer;
    std::vector<std::string> paths; ///< of its results
    std::vector<TimeSpan> measured; ///< of its points that tell it
    std::vector<TimeSpan> measuredLocally; ///< of those that tell it by a clock that names no zone
};

/// To which runs an attached file belongs.
struct Attachment {
    std::vector<std::size_t> runs; ///< numbers of the evidence; none: it stays alone
    std::string why;
    bool asks = false; ///< it cannot be told: the user should say
};

/// The folders above one ("/a/b/") whose results a file in it may still belong to, the nearest first.
std::vector<std::string> foldersAbove(const std::string& folder);

/// Samples and spans belong to the runs that were measured while they were recorded, when their times are
/// absolute; the folder decides between runs of the same time only. Local times are compared with those of
/// the results around the file: with local ones as times of one clock, with absolute ones by the one offset
/// that brings them together; either is proposed and asked. A sidecar, which has no times, belongs to the
/// results beside it, else to those below, else to those in the nearest folder above.
class Attachments {
public:
    /// `runs` must outlive it.
    explicit Attachments(const std::vector<RunEvidence>& runs);

    Attachment of(const FileSummary& file) const;

private:
    using Runs = std::vector<std::size_t>;

    Attachment byTime(const FileSummary& file, const TimeSpan& span) const;
    Attachment byLocalTime(const FileSummary& file, const TimeSpan& span) const;
    Attachment byOffset(const std::string& told, const Runs& around, const TimeSpan& span) const;
    /// Nothing was measured then, or nobody knows: `told` says what the file covers.
    Attachment noneWithin(const FileSummary& file, const std::string& told) const;
    Attachment byPlace(const FileSummary& file) const;
    /// Runs whose results lie beside a folder, else above it in the listing, and where that is.
    std::pair<Runs, std::string> around(const std::string& folder) const;
    Runs in(const std::string& folder) const;
    Runs below(const std::string& folder) const;
    /// Runs that were measured within the span, and whether no two of them were at one time.
    Runs within(const TimeSpan& span) const;
    bool areApart(const Runs& found, const TimeSpan& span,
        std::vector<TimeSpan> RunEvidence::*times = &RunEvidence::measured) const;

    const std::vector<RunEvidence>& m_runs;
    std::map<std::string, Runs> m_folders; ///< runs by the folders of their results
    struct Measured {
        TimeSpan time;
        std::size_t run = 0;
        double lastEnd = 0; ///< of this and all before it
    };
    std::vector<Measured> m_measured; ///< by their beginning
};

} // namespace prism
