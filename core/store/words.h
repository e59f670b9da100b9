// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"
#include "core/store/records.h"
#include "core/store/twin_points.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace prism::store {

/// A word that is stored under another encoding of the same result, or under the run of one.
struct WordElsewhere {
    std::string field;
    std::string subject; ///< SHA-256 of its source, or uid of its run
    std::int64_t index = -1; ///< of the point in the source
};

/// What the user said of one point, the run that he put it into resolved.
struct PointWords {
    std::vector<Word> words;
    std::vector<WordElsewhere> elsewhere; ///< where else words of these fields are, seen or overruled
    RunId run = 0; ///< 0: the one of its file
    bool hidden = false;
};

/// The user's words on what is visible now. Words are stored by what is the same on every machine and in
/// every reading (hash and number of a point, uid of a run); loading joins them with the rows that are there.
/// They are about the measurement: what is said of one encoding of a result is seen on that which is shown,
/// the latest word on a field where there are several, all tags. Costs nothing where nothing was said.
class Words {
public:
    static Result<Words> load(Database& database);

    /// Said of the point itself.
    const PointWords* of(PointId point) const;
    /// Said of the point and, as far as it says nothing else, of the run in which it stands, then of the run
    /// of its file: what holds for a run holds for a point that the user moves elsewhere. None where nothing
    /// was said.
    std::optional<PointWords> said(PointId point, RunId fileRun) const;
    /// What is said of the attributes of a run, and else of those of the second one.
    std::vector<Word> saidOfRuns(RunId run, RunId fileRun) const;
    /// The run in which a point stands.
    RunId runOf(PointId point, RunId fileRun) const;
    bool isHidden(PointId point) const;
    const std::vector<Word>* ofRun(const std::string& uid) const;
    /// Where else words on this run are, as for a point.
    const std::vector<WordElsewhere>* elsewhereOfRun(const std::string& uid) const;
    const std::unordered_map<PointId, PointWords>& points() const { return m_points; }

private:
    Result<void> loadPoints(Database& database);
    Result<void> loadRuns(Database& database);
    Result<void> loadTwins(Database& database);
    Result<void> addTwinRuns(Database& database, const std::vector<TwinPoint>& twins);
    std::unordered_map<PointId, PointWords> m_points;
    std::unordered_map<std::string, std::vector<Word>> m_runs;
    std::unordered_map<std::string, std::vector<WordElsewhere>> m_runsElsewhere;
    std::unordered_map<RunId, std::vector<Word>> m_attributes; ///< said of runs
};

/// Puts the words on a point that was read without them: attributes, run, words.
void apply(const PointWords& words, PointDetail& point);
/// Name, note, evidence and tags of a run.
void apply(const std::vector<Word>& words, RunRecord& run);

/// Texts of the lines that are not empty.
std::vector<std::string> lines(std::string_view text);
/// Login name of who runs this program.
std::string whoIsThis();

} // namespace prism::store
