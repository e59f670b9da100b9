// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tables/run_table_model.h"

#include "app/theme/run_palette.h"
#include "app/theme/theme.h"
#include "core/export/points_csv.h"

#include <QApplication>
#include <QFont>
#include <QIcon>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace prism::app {

namespace {

QString text(std::string_view s)
{
    return QString::fromUtf8(s.data(), qsizetype(s.size()));
}

/// A number for ordering: the first of the load attributes that is stated.
double loadOf(const ColumnTable& table, Row row)
{
    for (const char* name : { "concurrency", "request_rate", "batch_size" }) {
        const CategoryColumn* column = table.category(name);
        if (column && column->codes[row] < column->numbers.size()
            && !std::isnan(column->numbers[column->codes[row]])) {
            return column->numbers[column->codes[row]];
        }
    }
    return std::nan("");
}

QString percent(double fraction)
{
    const QString number = QString::number(std::abs(fraction) * 100, 'f', 1);
    return (fraction < 0 ? QStringLiteral("\u2212") : QStringLiteral("+")) + number
        + QStringLiteral("\u2009%");
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
    connect(&RunPalette::of(workspace), &RunPalette::changed, this, [this] {
        if (!m_runs.empty()) {
            Q_EMIT dataChanged(index(0, 0), index(int(m_runs.size()) - 1, 0), { Qt::DecorationRole });
        }
    });
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
    for (const RunNode& node : m_runs) {
        count += node.points.size();
    }
    return count;
}

void RunTableModel::rebuild()
{
    Q_EMIT aboutToRebuild();
    beginResetModel();
    m_table = m_workspace.table();
    loadColumns();
    collectRuns();
    sortRuns();
    endResetModel();
    Q_EMIT rebuilt();
}

void RunTableModel::loadColumns()
{
    m_measures.clear();
    for (const TableColumn& column : m_columns) {
        m_measures.push_back(column.metric ? m_table->measures(*column.metric, column.stat) : nullptr);
    }
}

void RunTableModel::collectRuns()
{
    m_runs.clear();
    std::unordered_map<RunId, std::size_t> at;
    for (const Row row : m_workspace.filtered().passing.rows()) {
        const RunId run = m_table->run(row);
        const auto [it, fresh] = at.try_emplace(run, m_runs.size());
        if (fresh) {
            m_runs.push_back({ run, row, {}, {} });
        }
        m_runs[it->second].points.push_back(row);
    }
    std::vector<RunId> among;
    for (const RunNode& node : m_runs) {
        among.push_back(node.run);
    }
    const RunLabels labels(*m_table, among);
    for (RunNode& node : m_runs) {
        std::sort(node.points.begin(), node.points.end(),
            [this](Row a, Row b) { return m_table->loadRank(a) > m_table->loadRank(b); });
        node.label = labels.of(node.run);
        node.shown = pick(node);
    }
    std::erase_if(m_runs, [this](const RunNode& node) { return !matches(node); });
}

Row RunTableModel::pick(const RunNode& node) const
{
    const auto best = [&](const char* metric, Stat stat, bool most) {
        const auto column = m_table->measures(*findMetric(metric), stat);
        Row found = node.points.front();
        for (const Row row : node.points) {
            const double value = column->values[row];
            const double before = column->values[found];
            if (!std::isnan(value) && (std::isnan(before) || (most ? value > before : value < before))) {
                found = row;
            }
        }
        return found;
    };
    const auto& verdicts = m_workspace.verdicts();
    switch (m_runRow) {
    case RunRow::HighestThroughput:
        return best("output_throughput", Stat::value(), true);
    case RunRow::LowestTpot:
        return best("tpot", Stat::percentile(50), false);
    case RunRow::HighestLoad:
        return node.points.front();
    case RunRow::HighestHolding:
        break;
    }
    // Points stand by falling load: the first that holds is the highest load that does.
    const auto holds = std::find_if(node.points.begin(), node.points.end(),
        [&](Row row) { return row < verdicts.size() && verdicts[row] == SloVerdict::Holds; });
    return holds != node.points.end() ? *holds : best("output_throughput", Stat::value(), true);
}

bool RunTableModel::matches(const RunNode& node) const
{
    const QStringList words = m_search.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    return std::all_of(words.begin(), words.end(), [&](const QString& word) {
        if (node.label.contains(word, Qt::CaseInsensitive)) {
            return true;
        }
        const auto categories = m_table->categories();
        return std::any_of(categories.begin(), categories.end(), [&](const CategoryColumn& c) {
            return text(c.dictionary[c.codes[node.shown]]).contains(word, Qt::CaseInsensitive);
        });
    });
}

void RunTableModel::sortRuns()
{
    const auto baseline = m_workspace.baseline();
    const bool byValue = m_sortColumn > 0 && m_sortColumn <= m_columns.size();
    const std::size_t at = byValue ? std::size_t(m_sortColumn - 1) : 0;
    const auto key
        = [&](Row row, bool isRun) { return byValue ? value(m_columns[int(at)], at, row, isRun) : 0.0; };
    const bool falling = m_sortOrder == Qt::DescendingOrder;
    // Numbers before what has none, whatever the order.
    const auto before = [falling](double a, double b) {
        if (std::isnan(a) || std::isnan(b)) {
            return !std::isnan(a) && std::isnan(b);
        }
        return falling ? a > b : a < b;
    };
    std::stable_sort(m_runs.begin(), m_runs.end(), [&](const RunNode& a, const RunNode& b) {
        if ((a.run == baseline) != (b.run == baseline)) {
            return a.run == baseline;
        }
        if (m_sortColumn == 0) {
            const int order = QString::localeAwareCompare(a.label, b.label);
            return falling ? order > 0 : order < 0;
        }
        if (byValue && !m_columns[int(at)].isNumber()) {
            const QString left = display(m_columns[int(at)], at, a.shown, true);
            const QString right = display(m_columns[int(at)], at, b.shown, true);
            return falling ? left > right : left < right;
        }
        return byValue && before(key(a.shown, true), key(b.shown, true));
    });
    if (byValue && m_columns[int(at)].isNumber()) {
        for (RunNode& node : m_runs) {
            std::stable_sort(node.points.begin(), node.points.end(),
                [&](Row a, Row b) { return before(key(a, false), key(b, false)); });
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

const RunTableModel::RunNode* RunTableModel::nodeOf(const QModelIndex& index) const
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
    const RunNode* node = nodeOf(index);
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
    const RunNode* node = nodeOf(index);
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
        = std::find_if(m_runs.begin(), m_runs.end(), [run](const RunNode& n) { return n.run == run; });
    return it == m_runs.end() ? QModelIndex() : index(int(it - m_runs.begin()), 0);
}

std::optional<Row> RunTableModel::baselineRow(Row row, bool isRun) const
{
    const auto baseline = m_workspace.baseline();
    if (!baseline || m_table->run(row) == *baseline) {
        return std::nullopt;
    }
    const auto node
        = std::find_if(m_runs.begin(), m_runs.end(), [&](const RunNode& n) { return n.run == *baseline; });
    if (node == m_runs.end()) {
        return std::nullopt;
    }
    if (isRun) {
        return node->shown;
    }
    const double load = loadOf(*m_table, row);
    const auto same = std::find_if(node->points.begin(), node->points.end(),
        [&](Row other) { return !std::isnan(load) && loadOf(*m_table, other) == load; });
    return same == node->points.end() ? std::nullopt : std::optional(*same);
}

double RunTableModel::value(const TableColumn& column, std::size_t at, Row row, bool isRun) const
{
    switch (column.kind) {
    case TableColumn::Kind::Load:
        return loadOf(*m_table, row);
    case TableColumn::Kind::Measure:
        return m_measures[at]->values[row];
    case TableColumn::Kind::Difference: {
        const auto other = baselineRow(row, isRun);
        const auto& values = m_measures[at]->values;
        const bool comparable = other && values[*other] != 0
            && m_measures[at]->semantics[row] == m_measures[at]->semantics[*other];
        return comparable ? values[row] / values[*other] - 1 : std::nan("");
    }
    default:
        return std::nan("");
    }
}

QString RunTableModel::absence(const TableColumn& column, std::size_t at, Row row) const
{
    if (column.kind == TableColumn::Kind::Measure && m_measures[at]->status[row] == Status::Failed) {
        return QStringLiteral("✗");
    }
    return QStringLiteral("—");
}

QString RunTableModel::display(const TableColumn& column, std::size_t at, Row row, bool isRun) const
{
    const double number = value(column, at, row, isRun);
    switch (column.kind) {
    case TableColumn::Kind::Load:
        return std::isnan(number) ? text(m_table->text("load_mode", row)) : QString::number(number, 'g', 10);
    case TableColumn::Kind::Attribute:
        return text(m_table->text(column.attribute.toStdString(), row));
    case TableColumn::Kind::Slo: {
        const auto& verdicts = m_workspace.verdicts();
        if (row >= verdicts.size()) {
            return {};
        }
        return verdicts[row] == SloVerdict::Holds ? QStringLiteral("✓")
            : verdicts[row] == SloVerdict::Breaks ? QStringLiteral("✗")
                                                  : QStringLiteral("?");
    }
    case TableColumn::Kind::Difference:
        if (m_workspace.baseline() == m_table->run(row)) {
            return isRun ? tr("★ baseline") : QString();
        }
        if (std::isnan(number)) {
            return QStringLiteral("—");
        }
        return std::abs(number) < 0.005
            ? QStringLiteral("=")
            : (number > 0 ? QStringLiteral("▲ ") : QStringLiteral("▼ ")) + percent(number);
    case TableColumn::Kind::Measure:
        break;
    }
    return std::isnan(number) ? absence(column, at, row)
                              : QString::fromStdString(formatNumber(
                                  number, unitOf(*column.metric, column.stat), NumberStyle::Column));
}

QVariant RunTableModel::foreground(const TableColumn& column, std::size_t at, Row row, bool isRun) const
{
    const Tokens& tokens = Theme::current().tokens();
    if (column.kind == TableColumn::Kind::Slo) {
        const auto& verdicts = m_workspace.verdicts();
        if (row < verdicts.size() && verdicts[row] != SloVerdict::Unknown) {
            return verdicts[row] == SloVerdict::Holds ? tokens.good : tokens.bad;
        }
        return tokens.muted;
    }
    const double number = value(column, at, row, isRun);
    if (column.kind == TableColumn::Kind::Difference) {
        const bool neutral = std::isnan(number) || std::abs(number) < 0.005
            || column.metric->direction == Direction::Neutral;
        if (neutral) {
            return tokens.muted;
        }
        return (number > 0) == (column.metric->direction == Direction::HigherIsBetter) ? tokens.good
                                                                                       : tokens.bad;
    }
    return column.kind == TableColumn::Kind::Measure && std::isnan(number) ? QVariant(tokens.muted)
                                                                           : QVariant();
}

QVariant RunTableModel::nameData(const RunNode& node, Row row, bool isRun, int role) const
{
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        if (isRun) {
            return m_workspace.baseline() == node.run ? QStringLiteral("★ ") + node.label : node.label;
        }
        return loadLabel(*m_table, row);
    case Qt::DecorationRole:
        return isRun ? QVariant(QIcon(
                   markerPixmap(RunPalette::of(m_workspace).slot(node.run), 16, qApp->devicePixelRatio())))
                     : QVariant();
    case Qt::ForegroundRole:
        return isRun ? QVariant() : QVariant(Theme::current().tokens().muted);
    default:
        return {};
    }
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const
{
    const RunNode* node = nodeOf(index);
    if (!node) {
        return {};
    }
    const bool isRun = index.internalId() == 0;
    const Row row = *rowOf(index);
    if (role == PointRole) {
        return qlonglong(m_table->point(row));
    }
    if (role == RunRole) {
        return qlonglong(node->run);
    }
    if (index.column() == 0) {
        return nameData(*node, row, isRun, role);
    }
    const std::size_t at = std::size_t(index.column() - 1);
    const TableColumn& column = m_columns[int(at)];
    switch (role) {
    case Qt::DisplayRole:
        return display(column, at, row, isRun);
    case SortRole:
        return value(column, at, row, isRun);
    case Qt::ForegroundRole:
        return foreground(column, at, row, isRun);
    case Qt::TextAlignmentRole:
        return int((column.isNumber()                              ? Qt::AlignRight
                           : column.kind == TableColumn::Kind::Slo ? Qt::AlignHCenter
                                                                   : Qt::AlignLeft)
            | Qt::AlignVCenter);
    case Qt::ToolTipRole:
        if (column.metric) {
            const std::uint16_t s = m_measures[at]->semantics[row];
            return s == 0
                ? QVariant()
                : QVariant(tr("The producer's number is %1.").arg(text(m_table->semanticsTexts()[s])));
        }
        return {};
    default:
        return {};
    }
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section > m_columns.size()) {
        return {};
    }
    if (section == 0) {
        if (role == Qt::DisplayRole) {
            return tr("Run") + QLatin1Char('\n') + tr("%n run(s)", nullptr, int(m_runs.size()))
                + QStringLiteral(", ") + tr("%n point(s)", nullptr, int(pointCount()));
        }
        return role == Qt::TextAlignmentRole ? QVariant(int(Qt::AlignLeft | Qt::AlignVCenter)) : QVariant();
    }
    const TableColumn& column = m_columns[section - 1];
    switch (role) {
    case Qt::DisplayRole:
        return column.unit().isEmpty() ? column.title() : column.title() + QLatin1Char('\n') + column.unit();
    case Qt::ToolTipRole:
        return column.toolTip();
    case Qt::TextAlignmentRole:
        return int((column.isNumber() ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QString RunTableModel::csv(const QModelIndexList& rows) const
{
    const auto cell = [](const QString& s) { return QString::fromStdString(csvCell(s.toStdString())); };
    QString out = tr("Run") + QLatin1Char(',') + tr("Point");
    for (const TableColumn& column : m_columns) {
        out += QLatin1Char(',')
            + cell(column.unit().isEmpty()
                    ? column.title()
                    : column.title() + QStringLiteral(" (") + column.unit() + QLatin1Char(')'));
    }
    out += QStringLiteral("\r\n");
    for (const QModelIndex& index : rows) {
        const RunNode* node = nodeOf(index);
        const Row row = *rowOf(index);
        const bool isRun = index.internalId() == 0;
        out += cell(node->label) + QLatin1Char(',') + cell(loadLabel(*m_table, row));
        for (std::size_t at = 0; at < std::size_t(m_columns.size()); ++at) {
            const TableColumn& column = m_columns[int(at)];
            const double number = value(column, at, row, isRun);
            out += QLatin1Char(',');
            if (!std::isnan(number)) {
                out += QString::fromStdString(formatNumber(number, Unit::One, NumberStyle::Full));
            } else if (!column.metric) {
                out += cell(display(column, at, row, isRun));
            }
        }
        out += QStringLiteral("\r\n");
    }
    return out;
}

} // namespace prism::app
