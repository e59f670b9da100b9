// SPDX-License-Identifier: GPL-3.0-or-later
// What belongs to a run besides its results, and what tells it.
#include "core/store/reader_impl.h"
#include "core/store/source_rows.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

namespace prism {

using namespace store;

namespace {

const std::string linkColumns = std::string(sourceColumns)
    + ", t.begins, t.ends, lt.begins, lt.ends, EXISTS (SELECT 1 FROM point held JOIN series x ON x.point = "
      "held.id WHERE"
      " held.source = s.id), EXISTS (SELECT 1 FROM trace_sheet x WHERE x.source = s.id)";
constexpr int timeColumn = sourceColumnCount;
constexpr int linkColumn = sourceColumnCount + 6;

/// A link's file and times from a row of linkColumns.
Result<LinkRecord> linkFrom(const Statement& row, const std::string& file)
{
    auto source = sourceFrom(row, file);
    if (!source) {
        return source.error();
    }
    LinkRecord link;
    link.source = std::move(*source);
    const auto begins = row.optionalReal(timeColumn);
    const auto ends = row.optionalReal(timeColumn + 1);
    if (begins && ends) {
        link.covers = TimeSpan { *begins, *ends };
    }
    const auto localBegins = row.optionalReal(timeColumn + 2);
    const auto localEnds = row.optionalReal(timeColumn + 3);
    if (localBegins && localEnds) {
        link.coversLocally = TimeSpan { *localBegins, *localEnds };
    }
    link.series = row.integer(timeColumn + 4) != 0;
    link.timeline = row.integer(timeColumn + 5) != 0;
    return link;
}

Result<std::vector<std::int64_t>> integersOf(Statement& statement)
{
    std::vector<std::int64_t> found;
    auto row = statement.next();
    for (; row && *row; row = statement.next()) {
        found.push_back(statement.integer(0));
    }
    return row ? Result<std::vector<std::int64_t>>(std::move(found)) : row.error();
}

/// Runs with a point that was measured within the span.
Result<std::vector<std::int64_t>> runsWithin(Database& database, const TimeSpan& span)
{
    auto statement = database.prepare("SELECT DISTINCT p.run FROM point_time t JOIN point p ON p.id = t.point"
                                      " JOIN source s ON s.id = p.source WHERE t.begins <= ? AND t.ends >= ?"
                                      " AND "
            + std::string(sourceIsShown),
        false);
    if (!statement) {
        return statement.error();
    }
    statement->start(span.end, span.begin);
    return integersOf(*statement);
}

/// Whether the path lies in one of the folders ("/a/b/") or below.
bool isBelow(std::string_view path, const std::set<std::string, std::less<>>& folders)
{
    for (std::size_t at = path.find_last_of("/!"); at != std::string_view::npos;
         at = at == 0 ? std::string_view::npos : path.find_last_of("/!", at - 1)) {
        if (folders.contains(path.substr(0, at + 1))) {
            return true;
        }
    }
    return false;
}

/// Runs with a result in one of the folders: one walk over the sources, however many folders.
Result<std::vector<std::int64_t>> runsIn(Database& database, const StoreReader::Folders& folders)
{
    std::vector<std::int64_t> found;
    if (folders.below.empty() && folders.only.empty()) {
        return found;
    }
    const std::set<std::string, std::less<>> all(folders.below.begin(), folders.below.end());
    const std::set<std::string, std::less<>> only(folders.only.begin(), folders.only.end());
    auto sources
        = database.prepare("SELECT s.id, s.path FROM source s WHERE " + std::string(sourceIsShown), false);
    auto runs = database.prepare("SELECT DISTINCT run FROM point WHERE source = ? AND run > 0", false);
    if (!sources || !runs) {
        return !sources ? sources.error() : runs.error();
    }
    auto row = sources->next();
    for (; row && *row; row = sources->next()) {
        const std::string path = sources->string(1);
        if (isBelow(path, all) || only.contains(path.substr(0, path.find_last_of("/!") + 1))) {
            runs->start(sources->integer(0));
            auto its = integersOf(*runs);
            if (!its) {
                return its;
            }
            found.insert(found.end(), its->begin(), its->end());
        }
    }
    return row ? Result<std::vector<std::int64_t>>(std::move(found)) : row.error();
}

/// What a table of times says of the points of a run.
Result<void> fillTimes(Database& database, const std::string& table, RunId run, std::vector<TimeSpan>& into)
{
    auto times = database.prepare("SELECT t.begins, t.ends FROM point p JOIN " + table
            + " t ON t.point = p.id JOIN source s ON s.id = p.source WHERE p.run = ? AND "
            + std::string(sourceIsShown) + " ORDER BY t.begins",
        false);
    if (!times) {
        return times.error();
    }
    times->start(run);
    auto row = times->next();
    for (; row && *row; row = times->next()) {
        into.push_back({ times->real(0), times->real(1) });
    }
    return row ? Result<void>() : Result<void>(row.error());
}

Result<void> fill(Database& database, RunPlace& place)
{
    auto run = database.prepare("SELECT label, producer, uid FROM run WHERE id = ?", false);
    auto paths = database.prepare("SELECT DISTINCT s.path FROM point p JOIN source s ON s.id = p.source WHERE"
                                  " p.run = ? AND "
            + std::string(sourceIsShown),
        false);
    if (!run || !paths) {
        return !run ? run.error() : paths.error();
    }
    run->start(place.run);
    auto row = run->next();
    if (row && *row) {
        place.name = run->string(0);
        place.producer = run->string(1);
        place.uid = run->string(2);
    }
    if (row) {
        paths->start(place.run);
        for (row = paths->next(); row && *row; row = paths->next()) {
            place.paths.push_back(paths->string(0));
        }
    }
    if (!row) {
        return row.error();
    }
    auto done = fillTimes(database, "point_time", place.run, place.measured);
    return done ? fillTimes(database, "point_local_time", place.run, place.measuredLocally) : done;
}

} // namespace

Result<std::vector<LinkRecord>> StoreReader::linksOf(RunId run)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    auto statement = m_impl->database->prepare("SELECT " + linkColumns
            + ", l.role, l.why, l.by_user FROM link l JOIN source s ON s.id = l.source LEFT JOIN source_time"
              " t ON t.source = s.id LEFT JOIN source_local_time lt ON lt.source = s.id WHERE s.state = 1 "
              "AND l.run = ? AND l.role <> '' ORDER BY s.id",
        false);
    if (!statement) {
        return statement.error();
    }
    std::vector<LinkRecord> links;
    statement->start(run);
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        auto link = linkFrom(*statement, m_impl->file);
        if (!link) {
            return link.error();
        }
        link->run = run;
        link->text = { statement->string(linkColumn), statement->string(linkColumn + 1),
            statement->integer(linkColumn + 2) != 0 };
        links.push_back(std::move(*link));
    }
    return row ? Result<std::vector<LinkRecord>>(std::move(links)) : row.error();
}

Result<std::vector<LinkRecord>> StoreReader::unlinked()
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    auto statement = m_impl->database->prepare("SELECT " + linkColumns
            + ", EXISTS (SELECT 1 FROM link l WHERE l.source = s.id AND l.by_user = 1)"
              " FROM source s LEFT JOIN source_time t ON t.source = s.id"
              " LEFT JOIN source_local_time lt ON lt.source = s.id WHERE s.state = 1 AND s.attached = 1"
              // Points without a run only hold series; a source of other points is its own result.
              " AND (NOT EXISTS (SELECT 1 FROM point own WHERE own.source = s.id AND own.run > 0)"
              " OR EXISTS (SELECT 1 FROM point held JOIN series x ON x.point = held.id WHERE held.source = "
              "s.id)"
              " OR EXISTS (SELECT 1 FROM trace_sheet x WHERE x.source = s.id)) AND NOT EXISTS (SELECT 1 FROM "
              "link l JOIN point p ON p.run = l.run JOIN source o ON o.id ="
              " p.source WHERE l.source = s.id AND l.role <> '' AND o.state = 1) ORDER BY s.id",
        false);
    if (!statement) {
        return statement.error();
    }
    std::vector<LinkRecord> files;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        auto link = linkFrom(*statement, m_impl->file);
        if (!link) {
            return link.error();
        }
        link->text.byUser = statement->integer(linkColumn) != 0;
        files.push_back(std::move(*link));
    }
    return row ? Result<std::vector<LinkRecord>>(std::move(files)) : row.error();
}

Result<std::vector<RunPlace>> StoreReader::runsAt(const std::vector<TimeSpan>& times, const Folders& folders)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    const Snapshot snapshot(*m_impl->database);
    if (!snapshot.begun()) {
        return snapshot.begun().error();
    }
    std::vector<RunId> runs;
    const auto take = [&runs](Result<std::vector<std::int64_t>> found) -> Result<void> {
        if (!found) {
            return found.error();
        }
        runs.insert(runs.end(), found->begin(), found->end());
        return {};
    };
    for (const TimeSpan& time : times) {
        if (auto done = take(runsWithin(*m_impl->database, time)); !done) {
            return done.error();
        }
    }
    if (auto done = take(runsIn(*m_impl->database, folders)); !done) {
        return done.error();
    }
    std::sort(runs.begin(), runs.end());
    runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
    std::vector<RunPlace> places;
    for (const RunId run : runs) {
        RunPlace place;
        place.run = run;
        if (auto done = fill(*m_impl->database, place); !done) {
            return done.error();
        }
        places.push_back(std::move(place));
    }
    return places;
}

Result<std::optional<TimeSpan>> StoreReader::measured(PointId id)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    auto statement = m_impl->database->prepare("SELECT begins, ends FROM point_time WHERE point = ?", false);
    if (!statement) {
        return statement.error();
    }
    statement->start(id);
    const auto row = statement->next();
    if (!row) {
        return row.error();
    }
    return *row ? std::optional(TimeSpan { statement->real(0), statement->real(1) })
                : std::optional<TimeSpan>();
}

Result<std::string> StoreReader::decisions(const std::string& shape)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    auto statement
        = m_impl->database->prepare("SELECT decisions FROM bundle_decision WHERE shape = ?", false);
    if (!statement) {
        return statement.error();
    }
    statement->start(shape);
    const auto row = statement->next();
    return !row ? Result<std::string>(row.error()) : *row ? statement->string(0) : std::string();
}

} // namespace prism
