// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/selection/workspace.h"

#include <unordered_map>

namespace prism::app {

namespace {
constexpr std::size_t longestHistory = 100;
}

Workspace::Workspace(QObject* parent)
    : QObject(parent)
    , m_table(std::make_shared<ColumnTable>(ColumnTable::Contents {}))
    , m_filtered(std::make_unique<Filtered>())
{
}

void Workspace::setTable(std::shared_ptr<const ColumnTable> table)
{
    m_table = std::move(table);
    m_verdicts = m_sloEnabled && !m_slo.empty() ? judge(*m_table, m_slo) : std::vector<SloVerdict>();
    std::erase_if(m_selected, [this](PointId id) { return !m_table->rowOf(id); });
    if (m_hovered && !m_table->rowOf(*m_hovered)) {
        m_hovered.reset();
    }
    if (m_inspected && !m_table->rowOf(*m_inspected)) {
        m_inspected.reset();
    }
    if (m_baseline && !m_table->runRecord(*m_baseline)) {
        m_baseline.reset();
    }
    numberRuns();
    applyFilter();
    Q_EMIT tableChanged();
    Q_EMIT filterChanged();
}

void Workspace::setFilter(const Filter& filter)
{
    if (filter == m_filter) {
        return;
    }
    m_filterHistory.push_back(m_filter);
    if (m_filterHistory.size() > longestHistory) {
        m_filterHistory.erase(m_filterHistory.begin());
    }
    m_filter = filter;
    refilter();
}

void Workspace::undoFilter()
{
    if (m_filterHistory.empty()) {
        return;
    }
    m_filter = m_filterHistory.back();
    m_filterHistory.pop_back();
    refilter();
}

void Workspace::numberRuns()
{
    std::unordered_map<RunId, std::uint32_t> numbers;
    m_runNumber.resize(m_table->rows());
    for (Row row = 0; row < m_table->rows(); ++row) {
        m_runNumber[row]
            = numbers.emplace(m_table->run(row), static_cast<std::uint32_t>(numbers.size())).first->second;
    }
    m_runCount = numbers.size();
}

void Workspace::applyFilter()
{
    m_filtered = std::make_unique<Filtered>(apply(*m_table, m_filter));
    m_passingPointCount = m_filtered->passing.size();
    std::vector<bool> seen(m_runCount);
    m_passingRunCount = 0;
    for (Row row = 0; row < m_table->rows(); ++row) {
        if (m_filtered->passing.contains(row) && !seen[m_runNumber[row]]) {
            seen[m_runNumber[row]] = true;
            ++m_passingRunCount;
        }
    }
}

void Workspace::refilter()
{
    applyFilter();
    Q_EMIT filterChanged();
}

void Workspace::selectPoints(std::vector<PointId> points)
{
    if (points != m_selected) {
        m_selected = std::move(points);
        Q_EMIT selectionChanged();
    }
}

void Workspace::hoverPoint(std::optional<PointId> point)
{
    if (point != m_hovered) {
        m_hovered = point;
        Q_EMIT hoverChanged();
    }
}

void Workspace::inspect(PointId point, const QString& metric, const QString& stat)
{
    m_inspected = point;
    Q_EMIT inspected(point, metric, stat);
}

void Workspace::setBaseline(std::optional<RunId> run)
{
    if (run != m_baseline) {
        m_baseline = run;
        Q_EMIT baselineChanged();
    }
}

void Workspace::setSlo(std::vector<SloLimit> limits, bool enabled)
{
    if (limits == m_slo && enabled == m_sloEnabled) {
        return;
    }
    m_slo = std::move(limits);
    m_sloEnabled = enabled;
    m_verdicts = m_sloEnabled && !m_slo.empty() ? judge(*m_table, m_slo) : std::vector<SloVerdict>();
    Q_EMIT sloChanged();
}

void Workspace::setSoloRuns(const QSet<RunId>& runs)
{
    if (runs != m_solo) {
        m_solo = runs;
        Q_EMIT soloChanged();
    }
}

} // namespace prism::app
