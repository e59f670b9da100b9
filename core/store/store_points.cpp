// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/compress.h"
#include "core/store/gap_blobs.h"
#include "core/store/reader_impl.h"
#include "core/store/source_rows.h"
#include "core/store/store.h"

#include <algorithm>

namespace prism {

using namespace store;

namespace {

constexpr std::size_t chunkBytes = 1u << 20; ///< raw bytes of an original in one row, as the writer cuts them
const std::string pointColumns
    = "p.id, p.run, p.source, p.idx, ifnull((SELECT rows.requests FROM point rows WHERE rows.id = "
    + std::string(pointWithRequests) + "), 0), p.label, p.grp, p.attributes, m.data, d.data";

} // namespace

std::optional<std::vector<Attribute>> StoreReader::Impl::attributesFrom(
    std::span<const char> bytes, AttributeReading reading) const
{
    std::vector<Attribute> attributes;
    BlobReader in(bytes);
    for (std::size_t left = in.count(); left > 0; --left) {
        const std::uint64_t name = in.number();
        auto body = readAttributeBody(in.text());
        if (!in.ok() || !body || name >= names.size()) {
            return std::nullopt;
        }
        const std::string& text = names[static_cast<std::size_t>(name)];
        if (reading == AttributeReading::WithAliases) {
            aliases.apply(text, *body);
        }
        attributes.push_back({ text, std::move(body->value), std::move(body->given), body->origin, {} });
    }
    return attributes;
}

Result<PointDetail> StoreReader::Impl::pointFrom(const Statement& row, const std::string& sha256)
{
    PointDetail point;
    PointRecord& record = point.record;
    record.id = row.integer(0);
    record.run = row.integer(1);
    record.fileRun = record.run;
    record.source = row.integer(2);
    record.index = static_cast<std::uint32_t>(row.integer(3));
    record.uid = pointUid(sha256, record.index);
    record.requests = static_cast<std::uint64_t>(row.integer(4));
    record.label = row.string(5);
    record.group = row.string(6);
    const Error broken = damaged(file, "point " + std::to_string(record.id));
    auto attributes = attributesFrom(row.blob(7), AttributeReading::WithAliases);
    if (!attributes) {
        return broken;
    }
    record.attributes = std::move(*attributes);
    const MeasureBlob blob(row.blob(8));
    for (std::size_t i = 0; i < blob.size(); ++i) {
        const MeasureWord word = unpackedWord(blob.word(i));
        if (word.key >= keys.size() || word.status > Status::Failed || word.origin > Origin::User) {
            return broken;
        }
        const MeasureKey& key = keys[word.key];
        point.measures.push_back(
            { key.metric, key.stat, blob.value(i), word.status, word.origin, {}, {}, key.semantics, {} });
    }
    if (!blob.sound()
        || !readDetail(row.blob(9), record.attributes, point.measures, point.extras, point.warnings)) {
        return broken;
    }
    std::erase_if(point.measures, [](const Measure& measure) { return !measure.metric; });
    if (const auto said = words.said(record.id, record.fileRun)) {
        apply(*said, point);
    }
    return point;
}

Result<std::optional<PointDetail>> StoreReader::point(PointId id)
{
    std::optional<Snapshot> snapshot;
    if (auto begun = m_impl->begin(snapshot); !begun) {
        return begun.error();
    }
    auto statement = m_impl->database->prepare("SELECT " + pointColumns
            + ", s.sha256 FROM point p JOIN source s ON s.id = p.source JOIN point_measures m ON m.point = "
              "p.id"
              " JOIN point_detail d ON d.point = p.id WHERE p.run > 0 AND p.id = ? AND "
            + std::string(sourceIsShown),
        false);
    if (!statement) {
        return statement.error();
    }
    statement->start(id);
    auto row = statement->next();
    if (!row || !*row) {
        return row ? Result<std::optional<PointDetail>>(std::nullopt) : row.error();
    }
    auto point = m_impl->pointFrom(*statement, statement->string(10));
    return point ? Result<std::optional<PointDetail>>(std::move(*point)) : point.error();
}

Result<void> StoreReader::points(
    const std::function<bool(const SourceRecord&, PointDetail&&)>& each, HiddenPoints hidden)
{
    std::optional<Snapshot> snapshot;
    if (auto begun = m_impl->begin(snapshot); !begun) {
        return begun;
    }
    auto sources = m_impl->database->prepare("SELECT " + std::string(sourceColumns) + " FROM source s WHERE "
        + std::string(sourceIsShown) + " ORDER BY s.id");
    auto points = m_impl->database->prepare("SELECT " + pointColumns
        + " FROM point p JOIN source s ON s.id = p.source JOIN point_measures m ON m.point = p.id"
          " JOIN point_detail d ON d.point = p.id"
          " WHERE p.source = ? AND p.run > 0 ORDER BY p.idx");
    if (!sources || !points) {
        return !sources ? sources.error() : points.error();
    }
    auto more = sources->next();
    for (; more && *more; more = sources->next()) {
        auto source = sourceFrom(*sources, m_impl->file);
        if (!source) {
            return source.error();
        }
        points->start(source->id);
        auto row = points->next();
        for (; row && *row; row = points->next()) {
            if (hidden == HiddenPoints::LeftOut && m_impl->words.isHidden(points->integer(0))) {
                continue;
            }
            auto point = m_impl->pointFrom(*points, source->sha256);
            if (!point) {
                return point.error();
            }
            if (!each(*source, std::move(*point))) {
                return {};
            }
        }
        if (!row) {
            return row.error();
        }
    }
    return more ? Result<void>() : Result<void>(more.error());
}

Result<std::vector<PointId>> StoreReader::pointsOf(SourceId source)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    auto statement = m_impl->database->prepare(
        "SELECT p.id FROM point p JOIN source s ON s.id = p.source WHERE p.source = ? AND p.run > 0 AND "
            + std::string(sourceIsShown) + " ORDER BY p.idx",
        false);
    if (!statement) {
        return statement.error();
    }
    statement->start(source);
    std::vector<PointId> points;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        points.push_back(statement->integer(0));
    }
    return row ? Result<std::vector<PointId>>(std::move(points)) : row.error();
}

Result<bool> StoreReader::Impl::isShown(PointId point)
{
    auto statement
        = database->prepare("SELECT 1 FROM point p JOIN source s ON s.id = p.source WHERE p.id = ? AND "
                + std::string(sourceIsShown),
            false);
    if (!statement) {
        return statement.error();
    }
    statement->start(point);
    return statement->next();
}

Result<std::optional<PointId>> StoreReader::Impl::withRequests(PointId point)
{
    auto statement = database->prepare("SELECT " + std::string(pointWithRequests)
            + " FROM point p JOIN source s ON s.id = p.source WHERE p.id = ? AND "
            + std::string(sourceIsShown),
        false);
    if (!statement) {
        return statement.error();
    }
    statement->start(point);
    auto row = statement->next();
    return !row ? Result<std::optional<PointId>>(row.error())
        : *row  ? Result<std::optional<PointId>>(statement->optionalInteger(0))
                : Result<std::optional<PointId>>(std::optional<PointId>());
}

Result<std::vector<RequestRow>> StoreReader::requests(
    PointId id, std::uint32_t first, std::uint32_t count, bool withGaps)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    const Snapshot snapshot(*m_impl->database);
    auto holder = snapshot.begun() ? m_impl->withRequests(id)
                                   : Result<std::optional<PointId>>(snapshot.begun().error());
    if (!holder || !*holder) {
        return holder ? Result<std::vector<RequestRow>>(std::vector<RequestRow>()) : holder.error();
    }
    const std::string columns
        = "SELECT r.idx, r.ok, r.start, r.ttft, r.e2e, r.isl, r.osl, r.error, r.request_id";
    const std::string range = " WHERE r.point = ?1 AND r.idx >= ?2 ORDER BY r.idx LIMIT ?3";
    auto statement = m_impl->database->prepare(withGaps
            ? columns + ", g.data FROM request r LEFT JOIN gap g ON g.id = (?1 << 32 | r.idx)" + range
            : columns + ", NULL FROM request r" + range,
        false);
    if (!statement) {
        return statement.error();
    }
    statement->start(**holder, first, count);
    std::vector<RequestRow> rows;
    auto more = statement->next();
    for (; more && *more; more = statement->next()) {
        RequestRow row;
        row.index = static_cast<std::uint32_t>(statement->integer(0));
        row.ok = statement->integer(1) != 0;
        const auto milliseconds
            = [](std::optional<double> t) { return t ? std::optional(Milliseconds { *t }) : std::nullopt; };
        const auto start = statement->optionalReal(2);
        row.start = start ? std::optional(Seconds { *start }) : std::nullopt;
        row.ttft = milliseconds(statement->optionalReal(3));
        row.e2e = milliseconds(statement->optionalReal(4));
        row.isl = statement->optionalInteger(5);
        row.osl = statement->optionalInteger(6);
        row.error = statement->string(7);
        row.id = statement->string(8);
        if (!readGaps(statement->blob(9), row.gapsMs)) {
            return damaged(m_impl->file, "the gaps of request " + std::to_string(row.index));
        }
        rows.push_back(std::move(row));
    }
    return more ? Result<std::vector<RequestRow>>(std::move(rows)) : more.error();
}

Result<std::vector<TimeSeries>> StoreReader::Impl::seriesWhere(const std::string& condition, std::int64_t id)
{
    auto statement = database->prepare(
        "SELECT name, unit, path, absolute, data FROM series WHERE " + condition + " ORDER BY point, id",
        false);
    if (!statement) {
        return statement.error();
    }
    statement->start(id);
    std::vector<TimeSeries> all;
    auto more = statement->next();
    for (; more && *more; more = statement->next()) {
        TimeSeries series { statement->string(0), statement->string(1), statement->string(2), {}, {},
            statement->integer(3) != 0 };
        if (!readSamples(statement->blob(4), series)) {
            return damaged(file, "series " + series.name);
        }
        all.push_back(std::move(series));
    }
    return more ? Result<std::vector<TimeSeries>>(std::move(all)) : more.error();
}

Result<std::vector<TimeSeries>> StoreReader::series(PointId id)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    const Snapshot snapshot(*m_impl->database);
    auto shown = snapshot.begun() ? m_impl->isShown(id) : Result<bool>(snapshot.begun().error());
    if (!shown || !*shown) {
        return shown ? Result<std::vector<TimeSeries>>(std::vector<TimeSeries>()) : shown.error();
    }
    return m_impl->seriesWhere("point = ?", id);
}

Result<std::vector<TimeSeries>> StoreReader::sourceSeries(SourceId id)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    return m_impl->seriesWhere(
        "point IN (SELECT p.id FROM point p JOIN source s ON s.id = p.source WHERE s.state = 1 AND s.id = ?)",
        id);
}

Result<std::string> StoreReader::original(const std::string& sha256, std::uint64_t offset, std::size_t limit)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    const Snapshot snapshot(*m_impl->database);
    auto find = m_impl->database->prepare("SELECT id FROM source WHERE state = 1 AND sha256 = ?", false);
    auto chunks = m_impl->database->prepare(
        "SELECT id, data FROM original WHERE id BETWEEN ? AND ? ORDER BY id", false);
    if (!snapshot.begun() || !find || !chunks) {
        return !snapshot.begun() ? snapshot.begun().error() : !find ? find.error() : chunks.error();
    }
    find->start(sha256);
    auto row = find->next();
    if (!row || !*row) {
        return row ? Error { m_impl->file, {}, "the database has no source with these bytes", {} }
                   : row.error();
    }
    const SourceId source = find->integer(0);
    std::string out;
    const std::uint64_t first = offset / chunkBytes;
    if (first > 0xffffffff || limit == 0) {
        return out;
    }
    chunks->start(source << 32 | static_cast<std::int64_t>(first), source << 32 | 0xffffffff);
    std::uint64_t skip = offset % chunkBytes;
    for (row = chunks->next(); row && *row && out.size() < limit; row = chunks->next()) {
        const auto raw = unpack(chunks->blob(1), chunkBytes);
        if (!raw) {
            return damaged(m_impl->file, "the original of " + sha256.substr(0, 12));
        }
        const std::size_t from = static_cast<std::size_t>(std::min<std::uint64_t>(skip, raw->size()));
        out.append(*raw, from, limit - out.size());
        skip = 0;
    }
    return row ? Result<std::string>(std::move(out)) : row.error();
}

} // namespace prism
