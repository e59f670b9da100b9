// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/handed_words.h"

#include "core/store/twin_points.h"
#include "core/store/words.h"

#include <algorithm>
#include <set>

namespace prism::store {

namespace {

class Handing {
public:
    Handing(Database& database, const Words& said)
        : m_database(database)
        , m_said(said)
    {
    }

    Result<void> point(const TwinPoint& twin)
    {
        const PointWords* words = m_said.of(twin.shown);
        for (const WordElsewhere& from : words ? words->elsewhere : std::vector<WordElsewhere>()) {
            if (from.subject == twin.sha256 && from.index == std::int64_t { twin.index }) {
                if (auto done = move(words->words, from, twin.shownSha256, twin.shownIndex, true); !done) {
                    return done;
                }
            }
        }
        return {};
    }

    /// Also a run that lives on with other files keeps its words.
    Result<void> run(RunId gone, RunId shown)
    {
        const auto uid = m_database.text("SELECT uid FROM run WHERE id = " + std::to_string(gone));
        const auto shownUid = m_database.text("SELECT uid FROM run WHERE id = " + std::to_string(shown));
        const auto lives = m_database.integer("SELECT EXISTS (SELECT 1 FROM point p JOIN source s ON s.id = "
                                              "p.source WHERE s.state = 1 AND p.run = "
            + std::to_string(gone) + ')');
        if (!uid || !shownUid || !lives) {
            return !uid ? uid.error() : !shownUid ? shownUid.error() : lives.error();
        }
        const auto* words = m_said.ofRun(*shownUid);
        const auto* elsewhere = m_said.elsewhereOfRun(*shownUid);
        for (const WordElsewhere& from : words&& elsewhere ? *elsewhere : std::vector<WordElsewhere>()) {
            if (from.subject == *uid) {
                if (auto done = move(*words, from, *shownUid, -1, *lives == 0); !done) {
                    return done;
                }
            }
        }
        return {};
    }

private:
    Result<void> move(const std::vector<Word>& words, const WordElsewhere& from, const std::string& subject,
        std::int64_t index, bool leaves)
    {
        auto write = m_database.prepare(
            "INSERT OR REPLACE INTO word SELECT ?1, ?2, ?3, ?4, ?5, ?6, ifnull((SELECT producer || ' ' || "
            "importer_version FROM source WHERE sha256 = ?1 AND state = 1), '')",
            false);
        auto erase
            = m_database.prepare("DELETE FROM word WHERE subject = ? AND idx = ? AND field = ?", false);
        if (!write || !erase) {
            return !write ? write.error() : erase.error();
        }
        const auto word
            = std::find_if(words.begin(), words.end(), [&](const Word& w) { return w.field == from.field; });
        auto done = word == words.end()
            ? Result<void>()
            : write->run(subject, index, word->field, word->value, word->saidAt, word->saidBy);
        return done && leaves ? erase->run(from.subject, from.index, from.field) : done;
    }

    Database& m_database;
    const Words& m_said;
};

} // namespace

Result<void> handWordsOn(Database& database)
{
    const auto twins = twinPoints(database);
    const auto said = Words::load(database);
    if (!twins || !said) {
        return !twins ? twins.error() : said.error();
    }
    Handing handing(database, *said);
    std::set<std::pair<RunId, RunId>> runs;
    for (const TwinPoint& twin : *twins) {
        if (!twin.removed) {
            continue;
        }
        runs.emplace(twin.run, twin.shownRun);
        if (auto done = handing.point(twin); !done) {
            return done;
        }
    }
    for (const auto& [gone, shown] : runs) {
        if (auto done = gone == shown ? Result<void>() : handing.run(gone, shown); !done) {
            return done;
        }
    }
    return {};
}

} // namespace prism::store
