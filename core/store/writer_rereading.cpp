// SPDX-License-Identifier: GPL-3.0-or-later
// The user's words follow what they are about into a newer reading of the same bytes.
#include "core/store/point_blobs.h"
#include "core/store/same_points.h"
#include "core/store/source_rows.h"
#include "core/store/writer.h"
#include "core/store/writer_impl.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace prism {

using namespace store;

namespace {

struct Reading {
    SourceId id = 0;
    std::string sha256, path, name; ///< name: "producer version"
};

Result<std::optional<Reading>> readingWhere(Database& database, const std::string& condition)
{
    auto statement = database.prepare(
        "SELECT id, sha256, path, producer || ' ' || importer_version FROM source WHERE " + condition, false);
    if (!statement) {
        return statement.error();
    }
    auto row = statement->next();
    if (!row || !*row) {
        return row ? Result<std::optional<Reading>>(std::nullopt) : row.error();
    }
    return std::optional(
        Reading { statement->integer(0), statement->string(1), statement->string(2), statement->string(3) });
}

Result<std::vector<ReadPoint>> pointsOf(Database& database, SourceId source)
{
    auto statement
        = database.prepare("SELECT p.idx, p.run, d.data FROM point p JOIN point_detail d ON d.point = "
                           "p.id WHERE p.source = ? AND p.run > 0 ORDER BY p.idx",
            false);
    if (!statement) {
        return statement.error();
    }
    statement->start(source);
    std::vector<ReadPoint> points;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        points.push_back({ static_cast<std::uint32_t>(statement->integer(0)), statement->integer(1),
            readPlaces(statement->blob(2)) });
    }
    return row ? Result<std::vector<ReadPoint>>(std::move(points)) : row.error();
}

struct StoredWord {
    std::string subject;
    std::int64_t index = 0;
    std::string field, value, saidAt, saidBy, reading;
};

Result<std::vector<StoredWord>> wordsOf(Database& database, const std::string& subject, bool ofPoints)
{
    auto statement
        = database.prepare("SELECT subject, idx, field, value, said_at, said_by, reading FROM word "
                           "WHERE subject = ? AND (idx >= 0) = ? ORDER BY idx, field",
            false);
    if (!statement) {
        return statement.error();
    }
    statement->start(subject, ofPoints ? 1 : 0);
    std::vector<StoredWord> words;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        words.push_back({ statement->string(0), statement->integer(1), statement->string(2),
            statement->string(3), statement->string(4), statement->string(5), statement->string(6) });
    }
    return row ? Result<std::vector<StoredWord>>(std::move(words)) : row.error();
}

/// "hidden: warm-up" of a word, a run's uid not shown to people.
std::string quoted(const StoredWord& word)
{
    std::string field = word.field;
    if (field.starts_with(attributeWord)) {
        field = field.substr(attributeWord.size());
    }
    return field == "run" ? "that it belongs to another run" : '"' + field + ": " + word.value + '"';
}

/// Carries words from one reading to the next within the transaction that makes it visible.
class Carrier {
public:
    Carrier(Database& database, Reading fresh, std::optional<Reading> old)
        : m_database(database)
        , m_fresh(std::move(fresh))
        , m_old(std::move(old))
    {
    }
    Result<void> run()
    {
        for (const auto step :
            { &Carrier::match, &Carrier::carryPoints, &Carrier::carryRuns, &Carrier::mendJournal }) {
            if (auto done = (this->*step)(); !done) {
                return done;
            }
        }
        return {};
    }
    std::vector<Warning> takeNotes() { return std::move(m_notes); }

private:
    Result<void> match()
    {
        auto now = pointsOf(m_database, m_fresh.id);
        auto before = m_old ? pointsOf(m_database, m_old->id)
                            : Result<std::vector<ReadPoint>>(std::vector<ReadPoint>());
        if (!now || !before) {
            return !now ? now.error() : before.error();
        }
        m_now = std::move(*now);
        m_before = std::move(*before);
        m_same = samePoints(m_before, m_now);
        for (const ReadPoint& point : m_now) {
            m_runNow[point.index] = point.run;
        }
        return {};
    }

    /// Number of the point now, of one that the reading of a word numbered.
    std::optional<std::uint32_t> indexNow(std::int64_t index, const std::string& reading) const
    {
        const auto number = static_cast<std::uint32_t>(index);
        if (reading == m_fresh.name) {
            return number;
        }
        const auto it = m_old && m_old->name == reading ? m_same.find(number) : m_same.end();
        return it == m_same.end() ? std::nullopt : std::optional(it->second);
    }

    Result<void> lose(const StoredWord& word)
    {
        m_notes.push_back({ "word-lost",
            "What you said of " + (word.index < 0 ? "a run" : "point " + std::to_string(word.index)) + " ("
                + quoted(word)
                + ") has lost its object: the file is read otherwise now, and it is not there.",
            {}, Severity::Warning });
        auto insert = m_database.prepare("INSERT INTO lost_word(subject, idx, field, value, said_at, "
                                         "said_by, lost_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            false);
        return insert ? insert->run(
                   word.subject, word.index, word.field, word.value, word.saidAt, word.saidBy, utcNow())
                      : Result<void>(insert.error());
    }

    Result<void> carryPoints()
    {
        auto words = wordsOf(m_database, m_fresh.sha256, true);
        auto erase = m_database.prepare("DELETE FROM word WHERE subject = ? AND idx >= 0", false);
        auto insert = m_database.prepare("INSERT OR IGNORE INTO word VALUES (?, ?, ?, ?, ?, ?, ?)", false);
        if (!words || !erase || !insert) {
            return !words ? words.error() : !erase ? erase.error() : insert.error();
        }
        if (auto erased = erase->run(m_fresh.sha256); !erased) {
            return erased;
        }
        std::set<std::pair<std::uint32_t, std::string>> taken;
        for (const StoredWord& word : *words) {
            const auto index = indexNow(word.index, word.reading);
            const bool keeps = index && taken.emplace(*index, word.field).second;
            auto done = keeps ? insert->run(word.subject, *index, word.field, word.value, word.saidAt,
                            word.saidBy, m_fresh.name)
                              : lose(word);
            if (!done) {
                return done;
            }
        }
        return {};
    }

    /// The run into which all points of an old run went; none where they went apart or are gone.
    std::optional<RunId> successor(RunId run) const
    {
        std::set<RunId> runs;
        for (const ReadPoint& old : m_before) {
            if (old.run != run) {
                continue;
            }
            const auto it = m_same.find(old.index);
            if (it == m_same.end()) {
                return std::nullopt;
            }
            runs.insert(m_runNow.at(it->second));
        }
        return runs.size() == 1 ? std::optional(*runs.begin()) : std::nullopt;
    }

    /// The run has points of other files, or the user put some into it.
    Result<bool> livesOn(RunId run)
    {
        auto others = m_database.prepare("SELECT 1 FROM point p JOIN source s ON s.id = p.source WHERE p.run "
                                         "= ?1 AND ((s.state = 1 AND s.id <> "
                                         "?2) OR s.id = ?3) UNION ALL SELECT 1 FROM word WHERE field = 'run' "
                                         "AND value = (SELECT uid FROM run "
                                         "WHERE id = ?1) LIMIT 1",
            false);
        if (!others) {
            return others.error();
        }
        others->start(run, m_old->id, m_fresh.id);
        return others->next();
    }

    Result<void> carryRuns()
    {
        std::set<RunId> runs;
        for (const ReadPoint& point : m_before) {
            runs.insert(point.run);
        }
        for (const RunId run : runs) {
            const auto stays = livesOn(run);
            if (!stays) {
                return stays.error();
            }
            auto done = *stays ? Result<void>() : carryRun(run);
            if (done) {
                done = keepAttributes(run);
            }
            if (!done) {
                return done;
            }
        }
        return {};
    }

    /// What was said of the attributes of a run holds for its points: those that are in another run now take
    /// it along as said of them.
    Result<void> keepAttributes(RunId run)
    {
        const auto uid = m_database.text("SELECT uid FROM run WHERE id = " + std::to_string(run));
        const auto words = uid ? wordsOf(m_database, *uid, false) : uid.error();
        auto insert = m_database.prepare("INSERT OR IGNORE INTO word VALUES (?, ?, ?, ?, ?, ?, ?)", false);
        if (!words || !insert) {
            return !words ? words.error() : insert.error();
        }
        for (const StoredWord& word : *words) {
            for (const ReadPoint& point : m_before) {
                const auto now = m_same.find(point.index);
                if (point.run != run || now == m_same.end() || !word.field.starts_with(attributeWord)
                    || m_runNow.at(now->second) == run) {
                    continue;
                }
                auto done = insert->run(m_fresh.sha256, now->second, word.field, word.value, word.saidAt,
                    word.saidBy, m_fresh.name);
                if (!done) {
                    return done;
                }
            }
        }
        return {};
    }

    Result<void> carryRun(RunId run)
    {
        const auto uid = m_database.text("SELECT uid FROM run WHERE id = " + std::to_string(run));
        const auto next = successor(run);
        const auto nextUid = next ? m_database.text("SELECT uid FROM run WHERE id = " + std::to_string(*next))
                                  : Result<std::string>(std::string());
        if (!uid || !nextUid) {
            return !uid ? uid.error() : nextUid.error();
        }
        const auto words = wordsOf(m_database, *uid, false);
        auto move = m_database.prepare(
            "UPDATE OR IGNORE word SET subject = ? WHERE subject = ? AND idx = -1", false);
        if (!words || !move) {
            return !words ? words.error() : move.error();
        }
        if (next) {
            m_renamed[*uid] = *nextUid;
            auto done = move->run(*nextUid, *uid);
            if (done) {
                done = m_database.exec("UPDATE run SET colour = (SELECT colour FROM run WHERE id = "
                    + std::to_string(run) + ") WHERE colour = -1 AND id = " + std::to_string(*next));
            }
            if (!done) {
                return done;
            }
        }
        // Of what is left something is said there already, or nobody knows where it went: it stays with the
        // run, for the day on which that has points again.
        const auto left = wordsOf(m_database, *uid, false);
        const bool goesOn = std::any_of(m_before.begin(), m_before.end(),
            [&](const ReadPoint& point) { return point.run == run && m_same.contains(point.index); });
        for (std::size_t i = 0; left && i < left->size(); ++i) {
            if (goesOn && (*left)[i].field.starts_with(attributeWord)) {
                continue; // its points take it along
            }
            m_notes.push_back({ "word-lost",
                "What you said of a run (" + quoted((*left)[i])
                    + ") has lost its object: the file is read otherwise now, and its points are in other "
                      "runs.",
                {}, Severity::Warning });
        }
        return left ? Result<void>() : Result<void>(left.error());
    }

    /// Undoing a change must meet the same point.
    Result<void> mendJournal()
    {
        const bool moves = !m_notes.empty() || !m_renamed.empty()
            || std::any_of(m_before.begin(), m_before.end(), [this](const ReadPoint& point) {
                   const auto now = m_same.find(point.index);
                   return now == m_same.end() || now->second != point.index;
               });
        auto read = m_database.prepare("SELECT id, inverse FROM edit", false);
        auto write = m_database.prepare("UPDATE edit SET inverse = ? WHERE id = ?", false);
        if (!moves || !read || !write) {
            return !read ? read.error() : !write ? write.error() : Result<void>();
        }
        std::vector<std::pair<std::int64_t, std::string>> mended;
        auto row = read->next();
        for (; row && *row; row = read->next()) {
            auto steps = decodeSteps(read->blob(1));
            if (steps && mend(*steps)) {
                mended.emplace_back(read->integer(0), encode(*steps));
            }
        }
        for (std::size_t i = 0; row && i < mended.size(); ++i) {
            if (auto done = write->run(Blob(mended[i].second), mended[i].first); !done) {
                return done;
            }
        }
        return row ? Result<void>() : Result<void>(row.error());
    }

    /// True where something changed.
    bool mend(std::vector<EditStep>& steps) const
    {
        bool changed = false;
        std::erase_if(steps, [&](EditStep& step) {
            if (step.kind != EditStep::Kind::Word) {
                return false;
            }
            if (const auto run = m_renamed.find(step.id < 0 ? step.given : step.value);
                run != m_renamed.end() && (step.id < 0 || step.name == "run")) {
                (step.id < 0 ? step.given : step.value) = run->second;
                changed = true;
            }
            if (!isAboutPointOf(step, m_fresh.sha256)) {
                return false;
            }
            const auto now = m_old ? indexNow(step.id, m_old->name) : std::nullopt;
            const std::int64_t number = now ? std::int64_t { *now } : -1;
            changed = changed || number != step.id;
            step.id = number < 0 ? step.id : number;
            return number < 0;
        });
        return changed;
    }

    Database& m_database;
    const Reading m_fresh;
    const std::optional<Reading> m_old;
    std::vector<ReadPoint> m_now, m_before;
    std::map<std::uint32_t, std::uint32_t> m_same; ///< numbers before to numbers now
    std::map<std::uint32_t, RunId> m_runNow; ///< by the number now
    std::map<std::string, std::string> m_renamed; ///< uids of runs
    std::vector<Warning> m_notes;
};

} // namespace

Result<void> StoreWriter::Impl::carryWords(SourceId fresh)
{
    if (!building.at(fresh).newReading) {
        // Asked for every file that is imported: most have no words.
        hasWords.start(fresh);
        const auto said = hasWords.next();
        hasWords.reset();
        if (!said || !*said) {
            return said ? Result<void>() : Result<void>(said.error());
        }
    }
    auto reading = readingWhere(*database, "id = " + std::to_string(fresh));
    if (!reading || !*reading) {
        return reading ? Result<void>() : Result<void>(reading.error());
    }
    const std::string& sha256 = (*reading)->sha256;
    const std::string id = std::to_string(fresh);
    auto old = readingWhere(*database,
        "state IN (1, 2) AND sha256 = (SELECT sha256 FROM source WHERE id = " + id + ") AND id <> " + id
            + " ORDER BY state, id DESC LIMIT 1");
    if (!old) {
        return old.error();
    }
    if (*old && (*old)->name == (*reading)->name) {
        return {};
    }
    Carrier carrier(*database, **reading, *old);
    auto done = carrier.run();
    if (std::vector<Warning> notes = carrier.takeNotes(); !notes.empty()) {
        lostWords[sha256] = std::move(notes);
    }
    return done;
}

} // namespace prism
