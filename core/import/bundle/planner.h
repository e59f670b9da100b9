// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/attachments.h"
#include "core/import/bundle/behind.h"
#include "core/import/bundle/joins.h"
#include "core/import/bundle/plan.h"
#include "core/import/bundle/told.h"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism {

/// Makes one plan: first the runs of the results, then what stands with or beside them.
class Planner {
public:
    explicit Planner(const BundleInput& input);
    BundlePlan take();

private:
    std::string below(std::size_t file) const;
    /// What was decided of a file now, or by memory.
    std::string said(std::size_t file, const std::string& now, const std::string& before) const;
    void markMemory(std::vector<BundlePlan::File>& entries) const;

    // Runs and their results.
    std::string titleOf(const JoinedRun& joined) const;
    void makeRuns();
    /// All parts of a file that are of one run come one after another.
    void addResult(std::size_t number, const PartOfFile& part);
    /// Results that the user wants elsewhere leave their run, whole files at a time.
    void moveByDecision();
    /// A key that no other file's points have, the same each time.
    std::string keyApart(std::size_t file) const;
    bool holds(std::size_t run, std::size_t file) const;
    bool isAlone(std::size_t file) const;
    std::size_t runOf(std::size_t file) const;
    /// Leaves its places empty, so that the others' stay; close() takes them away.
    void takeOut(std::size_t file, std::set<std::size_t>& left);
    /// Takes empty places away, and reasons that name a file which has left.
    void close(std::size_t number);
    /// From here on files stay in the runs of their results.
    void numberRuns();

    // What stands behind results, beside them, or alone.
    void addTwins();
    /// Each behind the file that stands before it.
    void insertTwins(std::size_t number, std::map<std::size_t, std::vector<BundlePlan::File>>& behind);
    std::vector<RunEvidence> evidence() const;
    /// What a run of the database tells besides the files that come to it.
    static void addTo(RunEvidence& run, const RunPlace& place);
    void attachFiles();
    void attachOne(std::size_t file, const Attachments& attachments, const std::vector<RunEvidence>& runs,
        const std::vector<const RunPlace*>& known);
    BundlePlan::Run& knownRun(const RunPlace& place, const std::string& title);
    std::string sameBytes(std::size_t file);
    void addOthers();
    void findRepetitions(BundlePlan::Run& run) const;

    /// Where the points of a file are.
    struct Place {
        std::size_t run;
        std::size_t entry; ///< of the run's files
        std::optional<std::size_t> joinedWith; ///< the file that its reason names
    };

    static constexpr std::size_t none = Told::nobody; ///< no file, no run

    const std::vector<FileSummary>& m_files;
    const BundleInput& m_input;
    BundlePlan m_plan;
    std::vector<Told> m_told; ///< by file
    Behind m_behind;
    std::vector<std::vector<Place>> m_in; ///< by file, until runs are numbered
    std::vector<std::size_t> m_runOf; ///< by file: its first run
    std::vector<bool> m_placed; ///< by file
    std::unordered_map<RunId, std::size_t> m_knownRuns; ///< numbers of runs that only the database knows
    std::unordered_map<std::string_view, std::size_t> m_firstOfBytes; ///< by hash, when it is asked for
    std::size_t m_runsHere = 0; ///< without those that only the database knows
};

} // namespace prism
