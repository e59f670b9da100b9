// SPDX-License-Identifier: GPL-3.0-or-later
// Stored results to which further files may belong.
#include "core/store/reader_impl.h"
#include "core/store/source_rows.h"
#include "core/store/stored_results.h"

#include <set>

namespace prism {

using namespace store;

namespace {

Result<std::set<SourceId>> sourcesOf(Database& database, const std::vector<std::string>& runUids)
{
    auto statement = database.prepare(
        "SELECT DISTINCT p.source FROM run r JOIN point p ON p.run = r.id WHERE r.uid = ?", false);
    if (!statement) {
        return statement.error();
    }
    std::set<SourceId> sources;
    for (const std::string& uid : runUids) {
        statement->start(uid);
        auto row = statement->next();
        for (; row && *row; row = statement->next()) {
            sources.insert(statement->integer(0));
        }
        if (!row) {
            return row.error();
        }
    }
    return sources;
}

Result<void> fillUids(Database& database, StoredResults& results)
{
    auto statement = database.prepare("SELECT uid FROM run WHERE id = ?", false);
    if (!statement) {
        return statement.error();
    }
    for (auto& [id, uid] : results.runUids) {
        statement->start(id);
        const auto row = statement->next();
        if (!row) {
            return row.error();
        }
        uid = *row ? statement->string(0) : std::string();
    }
    return {};
}

/// From two columns of a row; none where the file does not tell it.
std::optional<TimeSpan> spanAt(const Statement& row, int column)
{
    const auto begins = row.optionalReal(column);
    const auto ends = row.optionalReal(column + 1);
    return begins && ends ? std::optional(TimeSpan { *begins, *ends }) : std::nullopt;
}

} // namespace

Result<bool> StoreReader::Impl::fillPoints(
    Statement& points, StoredResults::File& into, std::size_t mostPoints)
{
    points.start(into.source);
    auto row = points.next();
    for (; row && *row; row = points.next()) {
        if (into.points.size() == mostPoints) {
            return false;
        }
        auto attributes = attributesFrom(points.blob(4), AttributeReading::AsStored);
        if (!attributes) {
            return damaged(file, "a point of " + into.path);
        }
        StoredResults::Point& point = into.points.emplace_back();
        point.run = points.integer(0);
        point.said.index = static_cast<std::uint32_t>(points.integer(1));
        point.said.label = points.string(2);
        point.said.group = points.string(3);
        point.said.attributes = std::move(*attributes);
        point.measured = spanAt(points, 5);
        point.measuredLocally = spanAt(points, 7);
    }
    return row ? Result<bool>(!into.points.empty()) : row.error();
}

Result<StoredResults> StoreReader::resultsLike(const std::vector<std::string>& runUids,
    const std::function<bool(const std::string& path, const std::string& producer)>& isAlike,
    const std::set<std::string>& without)
{
    constexpr std::size_t mostAlike = 20'000;
    constexpr std::size_t mostPoints = 256;
    std::optional<Snapshot> snapshot;
    if (auto begun = m_impl->begin(snapshot); !begun) {
        return begun.error();
    }
    const auto wanted = sourcesOf(*m_impl->database, runUids);
    auto points = m_impl->database->prepare(
        "SELECT p.run, p.idx, p.label, p.grp, p.attributes, t.begins, t.ends, lt.begins, lt.ends FROM point p"
        " LEFT JOIN point_time t ON t.point = p.id LEFT JOIN point_local_time lt ON lt.point = p.id"
        " WHERE p.source = ? AND p.run > 0 ORDER BY p.idx",
        false);
    auto sources = m_impl->database->prepare(
        "SELECT s.id, s.sha256, s.path, s.producer FROM source s WHERE s.attached = 0 AND "
            + std::string(sourceIsShown) + " ORDER BY s.id",
        false);
    if (!wanted || !sources || !points) {
        return !wanted ? wanted.error() : !sources ? sources.error() : points.error();
    }
    StoredResults results;
    std::size_t alike = 0;
    auto row = sources->next();
    for (; row && *row; row = sources->next()) {
        StoredResults::File file { sources->integer(0), sources->string(1), sources->string(2),
            sources->string(3), {} };
        if (without.contains(file.sha256)) {
            continue;
        }
        if (!wanted->contains(file.source)) {
            if (alike == mostAlike || !isAlike(file.path, file.producer)) {
                continue;
            }
            ++alike;
        }
        const auto told = m_impl->fillPoints(*points, file, mostPoints);
        if (!told) {
            return told.error();
        }
        for (std::size_t i = 0; *told && i < file.points.size(); ++i) {
            results.runUids.try_emplace(file.points[i].run);
        }
        if (*told) {
            results.files.push_back(std::move(file));
        }
    }
    if (!row) {
        return row.error();
    }
    auto filled = fillUids(*m_impl->database, results);
    return filled ? Result<StoredResults>(std::move(results)) : filled.error();
}

} // namespace prism
