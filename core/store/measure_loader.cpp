// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/measure_loader.h"

#include "core/store/database.h"
#include "core/store/source_rows.h"

#include <limits>

namespace prism::store {

namespace {
constexpr std::size_t siblingBytes = 64u << 20; ///< columns read ahead together
constexpr std::size_t bytesPerRow = 12;
} // namespace

Result<std::vector<MeasureKey>> loadMeasureKeys(Database& database)
{
    auto statement
        = database.prepare("SELECT id, metric, stat, semantics FROM measure_key ORDER BY id", false);
    if (!statement) {
        return statement.error();
    }
    std::vector<MeasureKey> keys;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        const std::int64_t id = statement->integer(0);
        const auto stat = Stat::parse(statement->text(2));
        if (id < 1 || id > static_cast<std::int64_t>(keys.size()) + maxKeyGap) {
            return damaged(database.file(), "a name of a measure");
        }
        keys.resize(static_cast<std::size_t>(id) + 1);
        keys.back() = { stat ? findMetric(statement->text(1)) : nullptr, stat.value_or(Stat::value()),
            statement->string(3) };
    }
    return row ? Result<std::vector<MeasureKey>>(std::move(keys)) : row.error();
}

MeasureLoader::MeasureLoader(std::string file, std::vector<PointId> points, std::vector<MeasureKey> keys,
    std::vector<std::uint16_t> semanticsOfKey)
    : m_file(std::move(file))
    , m_points(std::move(points))
    , m_keys(std::move(keys))
    , m_semanticsOfKey(std::move(semanticsOfKey))
{
}

void MeasureLoader::reset(MeasureColumn& column) const
{
    column.values.assign(m_points.size(), std::numeric_limits<double>::quiet_NaN());
    column.status.assign(m_points.size(), Status::Missing);
    column.origin.assign(m_points.size(), Origin::Reported);
    column.semantics.assign(m_points.size(), 0);
}

void MeasureLoader::load(MeasureColumn& column)
{
    const std::scoped_lock lock(m_mutex);
    if (const auto it = m_siblings.find({ column.metric, column.stat }); it != m_siblings.end()) {
        column = std::move(it->second);
        m_siblings.erase(it);
        return;
    }
    m_siblings.clear();
    reset(column);
    std::vector<Target> targets(m_keys.size());
    const std::size_t most = siblingBytes / (bytesPerRow * (m_points.size() + 1));
    for (std::size_t id = 0; id < m_keys.size(); ++id) {
        const MeasureKey& key = m_keys[id];
        if (!key.metric || key.metric != column.metric) {
            continue;
        }
        MeasureColumn* target = &column;
        if (key.stat != column.stat) {
            auto it = m_siblings.find({ key.metric, key.stat });
            if (it == m_siblings.end() && m_siblings.size() >= most) {
                continue;
            }
            if (it == m_siblings.end()) {
                it = m_siblings.try_emplace({ key.metric, key.stat }).first;
                it->second.metric = key.metric;
                it->second.stat = key.stat;
                reset(it->second);
            }
            target = &it->second;
        }
        targets[id] = { target, m_semanticsOfKey[id] };
    }
    // A file that fails here fails for the reader's next call too, which has a way to say so.
    if (!scan(targets)) {
        m_siblings.clear();
        reset(column);
    }
}

Result<void> MeasureLoader::scan(std::span<const Target> targetOfKey)
{
    if (m_points.empty()) {
        return {};
    }
    auto database = Database::open(m_file, Access::Read);
    if (!database) {
        return database.error();
    }
    auto statement
        = (*database)->prepare("SELECT point, data FROM point_measures WHERE point >= ? ORDER BY point");
    if (!statement) {
        return statement.error();
    }
    statement->start(m_points.front());
    Row row = 0;
    auto more = statement->next();
    for (; more && *more; more = statement->next()) {
        const PointId point = statement->integer(0);
        while (row < m_points.size() && m_points[row] < point) {
            ++row;
        }
        if (row == m_points.size()) {
            return {};
        }
        const MeasureBlob blob(statement->blob(1));
        if (m_points[row] == point && blob.sound()) {
            fill(targetOfKey, row, blob);
        }
    }
    return more ? Result<void>() : Result<void>(more.error());
}

void MeasureLoader::fill(std::span<const Target> targetOfKey, Row row, const MeasureBlob& blob) const
{
    for (std::size_t i = 0; i < blob.size(); ++i) {
        const MeasureWord word = unpackedWord(blob.word(i));
        if (word.key >= targetOfKey.size() || !targetOfKey[word.key].column) {
            continue;
        }
        const Target& target = targetOfKey[word.key];
        MeasureColumn& column = *target.column;
        // Where a point has the same statistic twice, the one that means what the contract says is shown.
        const bool had = column.status[row] == Status::Ok;
        if (had && (column.semantics[row] == 0 || target.semantics != 0 || word.status != Status::Ok)) {
            continue;
        }
        column.status[row] = word.status;
        column.origin[row] = word.origin;
        column.semantics[row] = target.semantics;
        if (word.status == Status::Ok) {
            column.values[row] = blob.value(i);
        }
    }
}

} // namespace prism::store
