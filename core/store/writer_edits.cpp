// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/edit_journal.h"
#include "core/store/handed_words.h"
#include "core/store/source_rows.h"
#include "core/store/words.h"
#include "core/store/writer.h"
#include "core/store/writer_impl.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace prism {

using namespace store;

namespace {

constexpr std::array<std::string_view, 6> evidences { "", "measured-here", "reproduced", "third-party",
    "vendor-claim", "simulated" };

std::string plural(std::size_t count, const std::string& noun)
{
    return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

Error nothingToDo(const std::string& file, const std::string& what)
{
    return { file, {}, what, {} };
}

/// A valid value of a run's field, or why it is none.
std::optional<std::string> complaintAbout(const std::string& field, const std::string& value)
{
    if (field == "colour") {
        int slot = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), slot);
        return error == std::errc() && end == value.data() + value.size() && slot >= -1
            ? std::nullopt
            : std::optional<std::string>("a colour is the number of its slot");
    }
    if (field == "evidence") {
        return std::find(evidences.begin(), evidences.end(), value) != evidences.end()
            ? std::nullopt
            : std::optional("there is no evidence \"" + value + '"');
    }
    return field == "name" || field == "note" || field == "tags"
        ? std::nullopt
        : std::optional("a run has no field \"" + field + '"');
}

std::string describeField(std::size_t runs, const std::string& field, const std::string& value)
{
    const std::string which = runs == 1 ? "run" : plural(runs, "run");
    if (field == "name") {
        return value.empty() ? "Take back the name of " + which : "Name " + which + " \"" + value + '"';
    }
    return "Change the " + field + " of " + which;
}

} // namespace

Result<void> StoreWriter::Impl::visibly(const std::function<Result<void>()>& change)
{
    auto done = endBatch();
    const bool wasDirty = dirty;
    if (done) {
        done = inTransaction();
    }
    if (!done) {
        return done;
    }
    done = change();
    if (done) {
        done = raiseRevision();
    }
    if (done) {
        done = commitStatement.run();
    }
    if (!done) {
        (void)guard(done);
        if (database->inTransaction()) {
            (void)database->exec("ROLLBACK");
            dirty = wasDirty;
        }
    }
    return done;
}

Result<Edit> StoreWriter::Impl::edit(const std::string& text, std::span<const EditStep> steps,
    const std::string& ifNothing, std::optional<std::int64_t> undone,
    const std::function<Result<void>()>& before)
{
    Edit made { 0, text };
    std::vector<EditStep> inverse;
    auto done = visibly([&]() -> Result<void> {
        if (auto ready = before ? before() : Result<void>(); !ready) {
            return ready;
        }
        for (const EditStep& step : steps) {
            auto back = apply(*database, step);
            if (!back) {
                return back.error();
            }
            if (*back) {
                inverse.push_back(std::move(**back));
            }
        }
        std::reverse(inverse.begin(), inverse.end());
        if (inverse.empty()) {
            return nothingToDo(database->file(), ifNothing);
        }
        if (undone) {
            auto marked = database->exec("UPDATE edit SET undone = 1 WHERE id = " + std::to_string(*undone));
            if (!marked) {
                return marked;
            }
        }
        auto insert = database->prepare(
            "INSERT INTO edit(made_at, made_by, text, inverse, undoes) VALUES (?, ?, ?, ?, ?)", false);
        if (!insert) {
            return insert.error();
        }
        const std::string bytes = encode(inverse);
        if (auto written = insert->run(utcNow(), whoIsThis(), text, Blob(bytes), undone); !written) {
            return written;
        }
        auto id = database->integer("SELECT last_insert_rowid()");
        if (!id) {
            return id.error();
        }
        made.id = *id;
        // A session's worth of undo; older edits can be made by hand.
        return database->exec("DELETE FROM edit WHERE id <= " + std::to_string(*id - 10'000));
    });
    return done ? Result<Edit>(made) : done.error();
}

Result<Edit> StoreWriter::Impl::setState(
    const std::vector<SourceId>& sources, SourceState state, const std::string& verb)
{
    std::vector<EditStep> steps;
    steps.reserve(sources.size());
    for (const SourceId source : sources) {
        steps.push_back(
            { EditStep::Kind::SourceState, source, {}, {}, std::to_string(static_cast<int>(state)), {}, {} });
        if (state == SourceState::Removed) {
            if (auto ended = endWhole(source, steps); !ended) {
                return ended.error();
            }
        }
    }
    std::string what = plural(sources.size(), "source");
    if (sources.size() == 1) {
        auto path = database->text("SELECT path FROM source WHERE id = " + std::to_string(sources[0]));
        if (path && !path->empty()) {
            what = path->substr(path->rfind('/') + 1);
        }
    }
    return edit(
        verb + ' ' + what, steps, "there is nothing to change: these sources are gone, or already so", {});
}

Result<Edit> StoreWriter::remove(const std::vector<SourceId>& sources)
{
    return m_impl->setState(sources, SourceState::Removed, "Remove");
}

Result<Edit> StoreWriter::restore(const std::vector<SourceId>& sources)
{
    return m_impl->setState(sources, SourceState::Ready, "Restore");
}

Result<Edit> StoreWriter::setRunField(
    const std::vector<RunId>& runs, const std::string& field, const std::string& value)
{
    if (field.starts_with(attributeWord)) {
        return m_impl->setRunAttribute(runs, field, value);
    }
    if (const auto complaint = complaintAbout(field, value)) {
        return Error { m_impl->database->file(), {}, *complaint, {} };
    }
    const auto said = Words::load(*m_impl->database);
    if (!said) {
        return said.error();
    }
    std::vector<EditStep> steps;
    steps.reserve(runs.size());
    for (const RunId run : runs) {
        if (field == "colour") {
            steps.push_back({ EditStep::Kind::RunField, run, field, {}, value, {}, {} });
        } else if (const auto record = m_impl->runRecord(run)) {
            Impl::addRunWord(steps, *said, record->uid, field, value);
        } else {
            return record.error();
        }
    }
    return m_impl->edit(
        describeField(runs.size(), field, value), steps, "these runs have that " + field + " already", {});
}

Result<Edit> StoreWriter::setAlias(
    const std::string& attribute, const std::string& given, const std::string& canonical)
{
    const EditStep step { EditStep::Kind::Alias, 0, attribute, given, canonical, {}, {} };
    const std::string text = canonical.empty() ? "Take back the name of \"" + given + '"'
                                               : "Read \"" + given + "\" as \"" + canonical + '"';
    return m_impl->edit(text, { &step, 1 }, "it is read like that already", {});
}

Result<Edit> StoreWriter::setDecisions(const std::string& shape, const std::string& decisions)
{
    const EditStep step { EditStep::Kind::Decisions, 0, shape, {}, decisions };
    return m_impl->edit(decisions.empty() ? "Forget what belongs together in folders of this shape"
                                          : "Remember what belongs together in folders of this shape",
        { &step, 1 }, "it is remembered like that already", {});
}

Error StoreWriter::Impl::cannotUndo(std::int64_t id) const
{
    const std::string number = std::to_string(id);
    const auto undone = database->integer("SELECT count(*) FROM edit WHERE undone = 1 AND id = " + number);
    const auto made = database->integer(
        "SELECT count(*) FROM sqlite_sequence WHERE name = 'edit' AND " + number + " BETWEEN 1 AND seq");
    if (!undone || !made) {
        return !undone ? undone.error() : made.error();
    }
    return { database->file(), {},
        *undone > 0     ? "change " + number + " is taken back already"
            : *made > 0 ? "change " + number
                + " cannot be taken back any more: what it is about was deleted for good, or it is too old"
                        : "there is no change " + number,
        "prismctl edit list lists the changes" };
}

Result<Edit> StoreWriter::undo(std::int64_t id)
{
    if (m_impl->failed) {
        return *m_impl->failed;
    }
    auto statement
        = m_impl->database->prepare("SELECT text, inverse FROM edit WHERE undone = 0 AND id = ?", false);
    if (!statement) {
        return statement.error();
    }
    statement->start(id);
    auto row = statement->next();
    if (!row) {
        return row.error();
    }
    if (!*row) {
        statement->reset();
        return m_impl->cannotUndo(id);
    }
    // What takes an undo back does the change again.
    static constexpr std::string_view undoing = "Undo: ";
    std::string text = statement->string(0);
    text = text.starts_with(undoing) ? text.substr(undoing.size()) : std::string(undoing) + text;
    const auto steps = decodeSteps(statement->blob(1));
    statement->reset();
    if (!steps) {
        return damaged(m_impl->database->file(), "the journal of changes");
    }
    return m_impl->edit(text, *steps, "there is nothing left to undo", id);
}

Result<std::vector<std::int64_t>> StoreWriter::Impl::integers(const std::string& sql)
{
    auto statement = database->prepare(sql, false);
    if (!statement) {
        return statement.error();
    }
    std::vector<std::int64_t> out;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        out.push_back(statement->integer(0));
    }
    return row ? Result<std::vector<std::int64_t>>(std::move(out)) : row.error();
}

Result<void> StoreWriter::Impl::erasePoint(PointId point)
{
    // Gaps are the bulk: their pages are given back in steps that keep the journal small.
    constexpr std::int64_t step = 10'000;
    const std::string id = std::to_string(point);
    const std::string low = std::to_string(point << 32);
    const std::string high = std::to_string(point << 32 | 0xffffffff);
    auto last
        = database->integer("SELECT ifnull(max(id), -1) FROM gap WHERE id BETWEEN " + low + " AND " + high);
    if (!last) {
        return guard(last.error());
    }
    for (std::int64_t first = point << 32; first <= *last; first += step) {
        auto done = inTransaction();
        if (done) {
            done = guard(database->exec("DELETE FROM gap WHERE id BETWEEN " + std::to_string(first) + " AND "
                + std::to_string(std::min(first + step - 1, *last))));
        }
        if (done) {
            done = spent(step, 0);
        }
        if (!done) {
            return done;
        }
    }
    auto done = inTransaction();
    if (done) {
        done = guard(database->exec("DELETE FROM request WHERE point = " + id
            + "; DELETE FROM series WHERE point = " + id + "; DELETE FROM point_measures WHERE point = " + id
            + "; DELETE FROM point_detail WHERE point = " + id
            + "; DELETE FROM point_time WHERE point = " + id
            + "; DELETE FROM point_local_time WHERE point = " + id + "; DELETE FROM point WHERE id = " + id));
    }
    return done ? spent(10, 0) : done;
}

Result<void> StoreWriter::Impl::erase(SourceId source)
{
    const std::string id = std::to_string(source);
    auto points = integers("SELECT id FROM point WHERE source = " + id);
    if (!points) {
        return guard(points.error());
    }
    for (const PointId point : *points) {
        if (auto done = erasePoint(point); !done) {
            return done;
        }
    }
    auto done = inTransaction();
    if (done) {
        const std::string own
            = std::to_string(source << 32) + " AND " + std::to_string(source << 32 | 0xffffffff);
        done = guard(database->exec("DELETE FROM original WHERE id BETWEEN " + own
            + "; DELETE FROM trace_batch WHERE id BETWEEN " + own
            + "; DELETE FROM trace_sheet WHERE source = " + id + "; DELETE FROM source_time WHERE source = "
            + id + "; DELETE FROM source_local_time WHERE source = " + id
            + "; DELETE FROM link WHERE source = " + id + "; DELETE FROM source WHERE id = " + id));
    }
    return done ? spent(10, 0) : done;
}

Result<void> StoreWriter::Impl::eraseLeftovers()
{
    auto leftovers = integers("SELECT id FROM source WHERE state IN (0, 3)");
    if (!leftovers) {
        return guard(leftovers.error());
    }
    for (const SourceId source : *leftovers) {
        if (auto done = erase(source); !done) {
            return done;
        }
    }
    return leftovers->empty() ? Result<void>() : endBatch();
}

Result<void> StoreWriter::Impl::forgetEdits(std::span<const SourceId> purged)
{
    auto statement = database->prepare("SELECT id, inverse FROM edit", false);
    if (!statement) {
        return statement.error();
    }
    std::string ids;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        const auto steps = decodeSteps(statement->blob(1));
        const bool concerned = !steps || std::any_of(steps->begin(), steps->end(), [&](const EditStep& step) {
            return step.kind == EditStep::Kind::SourceState
                && std::find(purged.begin(), purged.end(), step.id) != purged.end();
        });
        if (concerned) {
            ids += (ids.empty() ? "" : ",") + std::to_string(statement->integer(0));
        }
    }
    return row ? database->exec("DELETE FROM edit WHERE id IN (" + ids + ')') : Result<void>(row.error());
}

Result<std::uint64_t> StoreWriter::purge()
{
    const auto size = [this]() -> Result<std::int64_t> {
        return m_impl->database->integer(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    };
    if (auto done = m_impl->endBatch(); !done) {
        return done.error();
    }
    auto before = size();
    auto removed = m_impl->integers("SELECT id FROM source WHERE state = 2");
    if (!before || !removed) {
        return !before ? before.error() : removed.error();
    }
    auto done = m_impl->visibly([&]() -> Result<void> {
        auto changed = handWordsOn(*m_impl->database);
        if (changed) {
            changed = m_impl->forgetEdits(*removed);
        }
        return changed ? m_impl->database->exec("UPDATE source SET state = 3 WHERE state = 2") : changed;
    });
    for (std::size_t i = 0; done && i < removed->size(); ++i) {
        done = m_impl->erase((*removed)[i]);
    }
    if (done) {
        done = m_impl->endBatch();
    }
    if (done) {
        // Runs on which the user wrote something keep it for the day when their files come back.
        done = m_impl->visibly([this] {
            m_impl->runs.clear();
            return m_impl->database->exec(
                "DELETE FROM run WHERE id NOT IN (SELECT run FROM point) AND uid NOT IN"
                " (SELECT subject FROM word WHERE idx = -1 UNION SELECT value FROM word WHERE field = "
                "'run')");
        });
    }
    if (done) {
        done = m_impl->guard(m_impl->database->exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"));
    }
    auto after = size();
    if (!done || !after) {
        return !done ? done.error() : after.error();
    }
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, *before - *after));
}

} // namespace prism
