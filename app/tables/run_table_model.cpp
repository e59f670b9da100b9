// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tables/run_table_model.h"

#include "app/theme/run_palette.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace prism::app {

namespace {

QString text(std::string_view s)
{
    return QString::fromUtf8(s.data(), qsizetype(s.size()));
}

} // namespace

RunTableModel::RunTableModel(Workspace& workspace, QObject* parent)
    : QAbstractItemModel(parent)
    , m_workspace(workspace)
    , m_columns(defaultTableColumns())
{
    connect(&workspace, &Workspace::filterChanged, this, &RunTableModel::rebuild);
    connect(&workspace, &Workspace::baselineChanged, this, &RunTableModel::rebuild);
    connect(&workspace, &Workspace::sloChanged, this, &RunTableModel::rebuild);
    for (const auto signal : { &RunPalette::changed, &RunPalette::marksChanged }) {
        connect(&RunPalette::of(workspace), signal, this, [this] {
            if (!m_runs.empty()) {
                Q_EMIT dataChanged(index(0, 0), index(int(m_runs.size()) - 1, 0), { Qt::DecorationRole });
            }
        });
    }
    rebuild();
}

void RunTableModel::setColumns(const QList<TableColumn>& columns)
{
    m_columns = columns;
    m_sortColumn = -1;
    rebuild();
}

void RunTableModel::setRunRow(RunRow which)
{
    m_runRow = which;
    rebuild();
}

void RunTableModel::setSearch(const QString& search)
{
    m_search = search;
    rebuild();
}

std::size_t RunTableModel::pointCount() const
{
    std::size_t count = 0;
    for (const TableRun& node : m_runs) {
        count += node.points.size();
    }
    return count;
}

void RunTableModel::rebuild()
{
    Q_EMIT aboutToRebuild();
    beginResetModel();
    m_table = m_workspace.table();
    m_runs = collectRuns();
    m_cells = RunTableCells(m_workspace, m_columns, m_runs, baselineRun(m_runs));
    std::erase_if(m_runs, [this](const TableRun& run) { return !matches(run); });
    sortRuns();
    endResetModel();
    Q_EMIT rebuilt();
}

std::vector<TableRun> RunTableModel::collectRuns() const
{
    std::vector<TableRun> runs;
    std::unordered_map<RunId, std::size_t> at;
    for (const Row row : m_workspace.filtered().passing.rows()) {
        const RunId run = m_table->run(row);
        const auto [it, fresh] = at.try_emplace(run, runs.size());
        if (fresh) {
            runs.push_back({ run, row, {}, {} });
        }
        runs[it->second].points.push_back(row);
    }
    const RunLabels labels = labelsOf(runs);
    for (TableRun& run : runs) {
        std::sort(run.points.begin(), run.points.end(),
            [this](Row a, Row b) { return m_table->loadRank(a) > m_table->loadRank(b); });
        run.label = labels.of(run.run);
        run.shown = pick(run);
    }
    return runs;
}

/// Among them the baseline, also where the filter hides it: the charts name it so too.
RunLabels RunTableModel::labelsOf(const std::vector<TableRun>& runs) const
{
    std::vector<RunId> among;
    among.reserve(runs.size() + 1);
    for (const TableRun& run : runs) {
        among.push_back(run.run);
    }
    if (const auto baseline = m_workspace.baseline();
        baseline && std::find(among.begin(), among.end(), *baseline) == among.end()) {
        among.push_back(*baseline);
    }
    return { *m_table, among };
}

/// Of a baseline that the filter hides, all points count: a comparison does not change with what is shown.
std::optional<TableRun> RunTableModel::baselineRun(const std::vector<TableRun>& runs) const
{
    const auto baseline = m_workspace.baseline();
    if (!baseline) {
        return std::nullopt;
    }
    const auto shown
        = std::find_if(runs.begin(), runs.end(), [&](const TableRun& run) { return run.run == *baseline; });
    if (shown != runs.end()) {
        return *shown;
    }
    TableRun hidden { *baseline, 0, labelsOf(runs).of(*baseline), {} };
    for (Row row = 0; row < m_table->rows(); ++row) {
        if (m_table->run(row) == *baseline) {
            hidden.points.push_back(row);
        }
    }
    if (hidden.points.empty()) {
        return std::nullopt;
    }
    std::sort(hidden.points.begin(), hidden.points.end(),
        [this](Row a, Row b) { return m_table->loadRank(a) > m_table->loadRank(b); });
    hidden.shown = pick(hidden);
    return hidden;
}

Row RunTableModel::pick(const TableRun& run) const
{
    const auto bestOf = [&](const std::vector<Row>& points, const char* metric, Stat stat, bool most) {
        const auto column = m_table->measures(*findMetric(metric), stat);
        Row found = points.front();
        for (const Row row : points) {
            const double value = column->values[row];
            const double before = column->values[found];
            if (!std::isnan(value) && (std::isnan(before) || (most ? value > before : value < before))) {
                found = row;
            }
        }
        return found;
    };
    const auto best
        = [&](const char* metric, Stat stat, bool most) { return bestOf(run.points, metric, stat, most); };
    switch (m_runRow) {
    case RunRow::HighestThroughput:
        return best("output_throughput", Stat::value(), true);
    case RunRow::LowestTpot:
        return best("tpot", Stat::percentile(50), false);
    case RunRow::HighestLoad:
        return run.points.front();
    case RunRow::HighestHolding:
        break;
    }
    // Where a run has rates and concurrencies each has its highest; the one that gave more is shown.
    const std::vector<Row> holding = highestHolding(run);
    return bestOf(holding.empty() ? run.points : holding, "output_throughput", Stat::value(), true);
}

std::vector<Row> RunTableModel::highestHolding(const TableRun& run) const
{
    const auto& verdicts = m_workspace.verdicts();
    if (verdicts.size() != m_table->rows()) {
        return {};
    }
    return prism::highestHolding(*m_table, run.points, verdicts);
}

bool RunTableModel::matches(const TableRun& run) const
{
    const QStringList words = m_search.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    return std::all_of(words.begin(), words.end(), [&](const QString& word) {
        if (run.label.contains(word, Qt::CaseInsensitive)) {
            return true;
        }
        const auto categories = m_table->categories();
        return std::any_of(categories.begin(), categories.end(), [&](const CategoryColumn& c) {
            return text(c.dictionary[c.codes[run.shown]]).contains(word, Qt::CaseInsensitive);
        });
    });
}

void RunTableModel::sortRuns()
{
    const auto baseline = m_workspace.baseline();
    const int at = m_sortColumn - 1;
    const bool byValue = at >= 0 && at < m_columns.size();
    const bool byLoad = byValue && m_columns[at].kind == TableColumn::Kind::Load;
    const bool byNumber = byValue && m_columns[at].isNumber();
    const bool falling = m_sortOrder == Qt::DescendingOrder;
    const StatedLoads loads(*m_table);
    const auto before = [&](Row left, Row right, bool isRun) {
        // A rate and a concurrency are not one scale: each kind stays together.
        if (const auto a = loads.of(left).kind, b = loads.of(right).kind; byLoad && a != b) {
            return a < b;
        }
        const double a = m_cells.number(at, left, isRun);
        const double b = m_cells.number(at, right, isRun);
        // Numbers before what has none, whatever the order.
        if (std::isnan(a) || std::isnan(b)) {
            return !std::isnan(a) && std::isnan(b);
        }
        return falling ? a > b : a < b;
    };
    // Who asks for what holds the SLO does not look for it below what breaks it.
    const auto& verdicts = m_workspace.verdicts();
    const auto holds = [&](const TableRun& run) {
        return m_runRow != RunRow::HighestHolding || run.shown >= verdicts.size()
            || verdicts[run.shown] == SloVerdict::Holds;
    };
    std::stable_sort(m_runs.begin(), m_runs.end(), [&](const TableRun& a, const TableRun& b) {
        if ((a.run == baseline) != (b.run == baseline)) {
            return a.run == baseline;
        }
        if (byNumber && holds(a) != holds(b)) {
            return holds(a);
        }
        if (byNumber) {
            return before(a.shown, b.shown, true);
        }
        if (m_sortColumn < 0 || m_sortColumn > m_columns.size()) {
            return false;
        }
        const int order = QString::localeAwareCompare(byValue ? m_cells.text(at, a.shown, true) : a.label,
            byValue ? m_cells.text(at, b.shown, true) : b.label);
        return falling ? order > 0 : order < 0;
    });
    for (TableRun& run : m_runs) {
        if (byNumber) {
            std::stable_sort(
                run.points.begin(), run.points.end(), [&](Row a, Row b) { return before(a, b, false); });
        }
    }
}

void RunTableModel::sort(int column, Qt::SortOrder order)
{
    m_sortColumn = column;
    m_sortOrder = order;
    rebuild();
}

QModelIndex RunTableModel::index(int row, int column, const QModelIndex& parent) const
{
    if (row < 0 || column < 0 || column >= columnCount() || row >= rowCount(parent)) {
        return {};
    }
    return createIndex(row, column, parent.isValid() ? quintptr(parent.row() + 1) : quintptr(0));
}

QModelIndex RunTableModel::parent(const QModelIndex& child) const
{
    return child.isValid() && child.internalId() > 0
        ? createIndex(int(child.internalId()) - 1, 0, quintptr(0))
        : QModelIndex();
}

int RunTableModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid()) {
        return int(m_runs.size());
    }
    const bool opens = parent.internalId() == 0 && parent.column() == 0;
    return opens ? int(m_runs[std::size_t(parent.row())].points.size()) : 0;
}

int RunTableModel::columnCount(const QModelIndex&) const
{
    return int(m_columns.size()) + 1;
}

const TableRun* RunTableModel::runOf(const QModelIndex& index) const
{
    if (!index.isValid()) {
        return nullptr;
    }
    const std::size_t at
        = index.internalId() == 0 ? std::size_t(index.row()) : std::size_t(index.internalId() - 1);
    return at < m_runs.size() ? &m_runs[at] : nullptr;
}

std::optional<Row> RunTableModel::rowOf(const QModelIndex& index) const
{
    const TableRun* node = runOf(index);
    if (!node) {
        return std::nullopt;
    }
    return index.internalId() == 0 ? node->shown : node->points[std::size_t(index.row())];
}

std::optional<PointId> RunTableModel::pointAt(const QModelIndex& index) const
{
    const auto row = rowOf(index);
    return row ? std::optional(m_table->point(*row)) : std::nullopt;
}

std::vector<PointId> RunTableModel::pointsAt(const QModelIndex& index) const
{
    const TableRun* node = runOf(index);
    std::vector<PointId> points;
    if (node && index.internalId() == 0) {
        for (const Row row : node->points) {
            points.push_back(m_table->point(row));
        }
    } else if (const auto point = pointAt(index)) {
        points.push_back(*point);
    }
    return points;
}

QModelIndex RunTableModel::indexOf(PointId point) const
{
    const auto row = m_table->rowOf(point);
    const QModelIndex run = row ? indexOfRun(m_table->run(*row)) : QModelIndex();
    if (!run.isValid()) {
        return {};
    }
    const auto& points = m_runs[std::size_t(run.row())].points;
    const auto it = std::find(points.begin(), points.end(), *row);
    return it == points.end() ? QModelIndex() : index(int(it - points.begin()), 0, run);
}

QModelIndex RunTableModel::indexOfRun(RunId run) const
{
    const auto it
        = std::find_if(m_runs.begin(), m_runs.end(), [run](const TableRun& n) { return n.run == run; });
    return it == m_runs.end() ? QModelIndex() : index(int(it - m_runs.begin()), 0);
}

} // namespace prism::app
