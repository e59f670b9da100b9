// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/edit_journal.h"
#include "core/store/reader_impl.h"
#include "core/store/source_rows.h"
#include "core/store/store.h"
#include "core/store/twin_points.h"

#include <map>
#include <string_view>
#include <utility>

namespace prism {

using namespace store;

namespace {

EditRecord::Change changeOf(const EditStep& step)
{
    EditRecord::Change change;
    change.before = step.value;
    switch (step.kind) {
    case EditStep::Kind::SourceState:
        change.subject = "source " + std::to_string(step.id);
        change.field = "state";
        change.before = step.value == "1" ? "there" : "removed";
        break;
    case EditStep::Kind::RunField:
        change.subject = "run " + std::to_string(step.id);
        change.field = step.name;
        break;
    case EditStep::Kind::Alias:
        change.subject = step.name;
        change.field = step.given;
        break;
    case EditStep::Kind::Word:
        change.subject = step.given;
        change.field = step.name;
        if (step.id >= 0) {
            change.index = static_cast<std::uint32_t>(step.id);
        }
        break;
    case EditStep::Kind::Link:
        change.subject = "source " + std::to_string(step.id);
        change.field = "link to run " + step.given;
        change.before = step.name;
        break;
    case EditStep::Kind::TwinOf:
        change.subject = "source " + std::to_string(step.id);
        change.field = "same result as";
        break;
    case EditStep::Kind::Decisions:
        change.subject = "folders of a shape";
        change.field = step.name;
        break;
    }
    return change;
}

} // namespace

Result<std::vector<EditRecord>> StoreReader::edits()
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    auto statement = m_impl->database->prepare(
        "SELECT id, text, made_at, made_by, undone, undoes, inverse FROM edit ORDER BY id", false);
    if (!statement) {
        return statement.error();
    }
    std::vector<EditRecord> edits;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        const auto steps = decodeSteps(statement->blob(6));
        if (!steps) {
            return damaged(m_impl->file, "the journal of changes");
        }
        EditRecord edit { statement->integer(0), statement->string(1), statement->string(2),
            statement->string(3), statement->integer(4) != 0, statement->optionalInteger(5), {} };
        for (const EditStep& step : *steps) {
            edit.changes.push_back(changeOf(step));
        }
        edits.push_back(std::move(edit));
    }
    return row ? Result<std::vector<EditRecord>>(std::move(edits)) : row.error();
}

Result<std::vector<SpokenWord>> StoreReader::words()
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    auto statement = m_impl->database->prepare(
        "SELECT w.field, w.value, w.said_at, w.said_by, w.subject, w.idx, p.id, r.id, '' FROM word w"
        " LEFT JOIN source s ON w.idx >= 0 AND s.sha256 = w.subject AND "
            + std::string(sourceIsShown)
            + " LEFT JOIN point p ON p.source = s.id AND p.idx = w.idx"
              " LEFT JOIN run r ON w.idx = -1 AND r.uid = w.subject UNION ALL"
              " SELECT field, value, said_at, said_by, subject, idx, NULL, NULL, lost_at FROM lost_word "
              "ORDER BY "
              "5, 6, 1",
        false);
    if (!statement) {
        return statement.error();
    }
    // What was said of a point behind another encoding of it is said of the one that is shown.
    const auto twins = twinPoints(*m_impl->database);
    if (!twins) {
        return twins.error();
    }
    std::map<std::pair<std::string_view, std::uint32_t>, PointId> shown;
    for (const TwinPoint& twin : *twins) {
        shown.emplace(std::pair(std::string_view(twin.sha256), twin.index), twin.shown);
    }
    std::vector<SpokenWord> words;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        SpokenWord spoken;
        spoken.word
            = { statement->string(0), statement->string(1), {}, statement->string(2), statement->string(3) };
        spoken.subject = statement->string(4);
        if (const std::int64_t index = statement->integer(5); index >= 0) {
            spoken.index = static_cast<std::uint32_t>(index);
        }
        spoken.point = statement->optionalInteger(6);
        spoken.run = statement->optionalInteger(7);
        spoken.lostAt = statement->string(8);
        if (const auto twin = spoken.index ? shown.find({ spoken.subject, *spoken.index }) : shown.end();
            twin != shown.end() && !spoken.point && spoken.lostAt.empty()) {
            spoken.point = twin->second;
        }
        words.push_back(std::move(spoken));
    }
    return row ? Result<std::vector<SpokenWord>>(std::move(words)) : row.error();
}

} // namespace prism
