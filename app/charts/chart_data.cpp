// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_data.h"
#include "app/charts/chart_words.h"
#include "core/analysis/meaning.h"
#include "core/store/store.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

namespace prism::app {

namespace {

QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// Of more runs nobody reads the legend, and comparing all would cost more than drawing them.
constexpr std::size_t mostLabels = 500;

/// Values of one axis with what decides whether they can be drawn.
struct AxisColumn {
    std::vector<double> values;
    std::shared_ptr<const MeasureColumn> measures; ///< null for a number of the load
    std::uint16_t semantics = 0;
};

AxisColumn columnOf(const ColumnTable& table, const ChartAxis& axis)
{
    AxisColumn out;
    if (const Metric* metric = axis.metric()) {
        out.measures = table.measures(*metric, axis.stat);
        out.values = axisValues(table, axis.frontierAxis());
        return out;
    }
    out.values.assign(table.rows(), std::nan(""));
    const CategoryColumn* category = table.category(axis.quantity);
    if (category && !category->numbers.empty()) {
        for (Row row = 0; row < table.rows(); ++row) {
            out.values[row] = category->numbers[category->codes[row]];
        }
    }
    return out;
}

MeaningAxis meaningAxis(const ColumnTable& table, const ChartAxis& axis, const AxisColumn& column)
{
    const auto texts = table.semanticsTexts();
    const auto chosen = axis.meaning ? std::ranges::find(texts, *axis.meaning) : texts.end();
    return { column.measures.get(),
        chosen != texts.end() ? std::optional(static_cast<std::uint16_t>(chosen - texts.begin()))
                              : std::nullopt };
}

class Builder {
public:
    explicit Builder(const ChartRequest& request)
        : m_request(request)
        , m_table(*request.table)
        , m_data(std::make_shared<ChartData>())
    {
        m_data->spec = request.spec;
        m_data->table = request.table;
        m_data->baseline = request.baseline;
        m_data->limits = request.limits;
    }

    std::shared_ptr<const ChartData> build()
    {
        const std::vector<Row> passing = m_request.passing.rows();
        m_x = columnOf(m_table, m_request.spec.x);
        m_y = columnOf(m_table, m_request.spec.y);
        const AxisMeanings meant = meaningsOf(m_table, passing, meaningAxis(m_table, m_request.spec.x, m_x),
            meaningAxis(m_table, m_request.spec.y, m_y));
        m_x.semantics = meant.x;
        m_y.semantics = meant.y;
        m_data->xSemantics = semanticsText(m_x);
        m_data->ySemantics = semanticsText(m_y);
        addGroups(passing);
        std::vector<Row> drawn;
        for (const Row row : passing) {
            if (shown(row)) {
                judge(row);
                if (canDraw(row)) {
                    drawn.push_back(row);
                }
            }
        }
        addPoints(drawn);
        countBeyondEnds();
        addPartner();
        addDeviation();
        addFrontiers();
        addHighestHolding();
        describeRuns();
        // What the chart could show but does not is told before what nobody has.
        std::ranges::stable_sort(m_data->leftOut, {}, [](const LeftOut& out) {
            return out.because != LeftOutBecause::OtherSemantics && out.because != LeftOutBecause::BeyondEnd;
        });
        return m_data;
    }

private:
    QString semanticsText(const AxisColumn& column) const
    {
        const auto texts = m_table.semanticsTexts();
        return column.semantics < texts.size() ? qs(texts[column.semantics]) : QString();
    }

    bool shown(Row row) const { return m_request.solo.empty() || m_request.solo.contains(m_table.run(row)); }

    void judge(Row row)
    {
        if (!m_request.verdicts.empty()) {
            ++m_data->judged;
            m_data->holding += m_request.verdicts[row] == SloVerdict::Holds;
            m_data->unknown += m_request.verdicts[row] == SloVerdict::Unknown;
        }
    }

    bool canDraw(Row row)
    {
        return check(row, m_request.spec.x, m_x, true) && check(row, m_request.spec.y, m_y, false);
    }

    bool check(Row row, const ChartAxis& axis, const AxisColumn& column, bool onX)
    {
        const double value = column.values[row];
        if (column.measures && column.measures->status[row] == Status::Ok
            && column.measures->semantics[row] != column.semantics) {
            leaveOut(LeftOutBecause::OtherSemantics, onX,
                qs(m_table.semanticsTexts()[column.measures->semantics[row]]), row);
            return false;
        }
        if (!std::isfinite(value)) {
            const bool counted = column.measures && column.measures->status[row] == Status::Ok;
            leaveOut(counted ? LeftOutBecause::NoAcceleratorCount : LeftOutBecause::Missing, onX,
                column.measures ? QString::fromStdString(title(*axis.metric(), axis.stat))
                                : quantityName(axis).toLower(),
                row);
            return false;
        }
        if (axis.logarithmic && value <= 0) {
            leaveOut(LeftOutBecause::NotPositive, onX, quantityName(axis), row);
            return false;
        }
        return true;
    }

    void leaveOut(LeftOutBecause because, bool onX, const QString& what, Row row)
    {
        for (LeftOut& known : m_data->leftOut) {
            if (known.because == because && known.onX == onX && known.what == what) {
                known.rows.push_back(row);
                return;
            }
        }
        m_data->leftOut.push_back({ because, onX, what, { row } });
    }

    /// Groups are made of all passing rows, so that a legend keeps its entries while one is shown alone.
    void addGroups(const std::vector<Row>& passing)
    {
        const bool byRun = m_request.spec.colour == ColourBy::Run;
        const CategoryColumn* category
            = byRun ? nullptr : m_table.category(categoryOf(m_request.spec.colour).toStdString());
        std::map<Code, std::uint32_t> ofCode;
        std::optional<RunId> last;
        for (const Row row : passing) {
            const RunId run = m_table.run(row);
            if (last == run || m_groupOf.contains(run)) {
                last = run;
                continue;
            }
            last = run;
            m_runs.push_back(run);
            const Code code = category ? category->codes[row] : 0;
            const auto next = static_cast<std::uint32_t>(m_data->groups.size());
            const auto [at, fresh] = byRun ? std::pair(ofCode.end(), true) : ofCode.try_emplace(code, next);
            if (fresh) {
                m_data->groups.push_back(makeGroup(byRun, run, category, code));
            }
            const std::uint32_t group = byRun ? next : at->second;
            m_groupOf.emplace(run, group);
            m_data->groups[group].runs.push_back(run);
        }
        finishGroups(byRun);
    }

    ChartGroup makeGroup(bool byRun, RunId run, const CategoryColumn* category, Code code) const
    {
        ChartGroup group;
        if (byRun) {
            const auto slot = m_request.slots.find(run);
            group.slot = slot == m_request.slots.end() ? -1 : slot->second;
            return group;
        }
        group.slot = m_data->groups.size() < 10 ? static_cast<int>(m_data->groups.size()) : -1;
        group.label = category && code != 0 ? qs(category->dictionary[code]).section(QLatin1Char('/'), -1)
                                            : ChartWords::tr("not stated");
        return group;
    }

    void finishGroups(bool byRun)
    {
        std::vector<RunId> named(m_runs.begin(), m_runs.begin() + std::min(m_runs.size(), mostLabels));
        if (m_request.baseline && std::ranges::find(named, *m_request.baseline) == named.end()) {
            named.push_back(*m_request.baseline);
        }
        m_data->labels = RunLabels(m_table, named);
        for (ChartGroup& group : m_data->groups) {
            if (byRun) {
                group.label = m_data->labels.of(group.runs.front());
            }
            group.baseline = byRun && m_request.baseline == group.runs.front();
            group.shown = m_request.solo.empty()
                || std::ranges::any_of(group.runs, [&](RunId run) { return m_request.solo.contains(run); });
        }
    }

    void addPoints(const std::vector<Row>& drawn)
    {
        struct Ordered {
            RunId run;
            StatedLoad load;
            std::uint32_t rank;
            Row row;
        };
        const StatedLoads loads(m_table);
        std::vector<Ordered> ordered;
        ordered.reserve(drawn.size());
        for (const Row row : drawn) {
            ordered.push_back({ m_table.run(row), loads.of(row), m_table.loadRank(row), row });
        }
        std::ranges::stable_sort(
            ordered, {}, [](const Ordered& o) { return std::tuple(o.run, o.load.kind, o.rank); });
        StatedLoad before;
        for (const auto& [run, load, rank, row] : ordered) {
            if (m_data->lines.empty() || m_data->lines.back().run != run) {
                m_data->groups[m_groupOf.at(run)].drawn = true;
                m_data->lines.push_back(
                    { run, m_groupOf.at(run), m_data->size(), m_data->size(), m_request.baseline == run });
            }
            m_data->lineOf.push_back(static_cast<std::uint32_t>(m_data->lines.size() - 1));
            m_data->rows.push_back(row);
            m_data->x.push_back(m_x.values[row]);
            m_data->y.push_back(m_y.values[row]);
            m_data->flags.push_back(flagsOf(row));
            if (m_data->size() - 1 == m_data->lines.back().first || load.kind != before.kind
                || load.kind == StatedLoad::Kind::None || load.number == before.number) {
                m_data->flags.back() |= ChartData::Starts;
            }
            before = load;
            m_data->lines.back().last = m_data->size();
        }
    }

    /// They stay in the data: whoever zooms out sees them.
    void countBeyondEnds()
    {
        const auto beyond = [](const ChartAxis& axis, double value) { return axis.cap && value > *axis.cap; };
        const ChartSpec& spec = m_request.spec;
        for (std::uint32_t i = 0; i < m_data->size(); ++i) {
            const bool onX = beyond(spec.x, m_data->x[i]);
            if (onX || beyond(spec.y, m_data->y[i])) {
                const ChartAxis& axis = onX ? spec.x : spec.y;
                leaveOut(LeftOutBecause::BeyondEnd, onX, measureName(axis, axis.stat), m_data->rows[i]);
            }
        }
    }

    std::uint8_t flagsOf(Row row) const
    {
        unsigned flags = 0;
        if (!m_request.verdicts.empty()) {
            const SloVerdict verdict = m_request.verdicts[row];
            if (verdict != SloVerdict::Holds) {
                flags |= verdict == SloVerdict::Breaks ? ChartData::Breaks : ChartData::Unknown;
            }
        }
        for (const AxisColumn* column : { &m_x, &m_y }) {
            if (column->measures && column->measures->origin[row] == Origin::Estimated) {
                flags |= ChartData::Estimated;
            }
        }
        const bool divides = m_request.spec.x.perAccelerator || m_request.spec.y.perAccelerator;
        if (divides && m_table.isUsersCount(row)) {
            flags |= ChartData::UsersCount;
            ++m_data->usersCounts;
        }
        return static_cast<std::uint8_t>(flags);
    }

    /// The value of another statistic of y for each point, in the same meaning; NaN elsewhere.
    std::vector<double> secondValues(Stat stat) const
    {
        ChartAxis axis = m_request.spec.y;
        axis.stat = stat;
        const auto values = axisValues(m_table, axis.frontierAxis());
        const auto column = m_table.measures(*axis.metric(), stat);
        std::vector<double> out;
        out.reserve(m_data->rows.size());
        for (const Row row : m_data->rows) {
            const bool same = column->semantics[row] == m_y.semantics;
            out.push_back(same ? values[row] : std::nan(""));
        }
        return out;
    }

    void addPartner()
    {
        const ChartAxis& y = m_request.spec.y;
        if (!y.partner || !y.metric()) {
            return;
        }
        m_data->partner = secondValues(*y.partner);
        for (std::size_t i = 0; i < m_data->partner.size(); ++i) {
            double& value = m_data->partner[i];
            if (y.logarithmic && value <= 0) {
                value = std::nan("");
            }
            if (std::isnan(value)) {
                leaveOut(LeftOutBecause::Missing, false,
                    QString::fromStdString(title(*y.metric(), *y.partner)), m_data->rows[i]);
            }
        }
    }

    void addDeviation()
    {
        const ChartAxis& y = m_request.spec.y;
        if (m_request.spec.errorBars && y.metric() && y.stat == Stat::mean()) {
            m_data->deviation = secondValues(Stat::std());
        }
    }

    void addFrontiers()
    {
        const ChartSpec& spec = m_request.spec;
        if (spec.frontier == FrontierMode::Off || !spec.x.metric() || !spec.y.metric()) {
            return;
        }
        const bool perGroup = spec.frontier == FrontierMode::PerGroup;
        const std::size_t count = perGroup ? m_data->groups.size() : 1;
        std::vector<RowSet> among(count, RowSet(m_table.rows()));
        std::unordered_map<Row, std::uint32_t> pointAt;
        for (std::uint32_t i = 0; i < m_data->size(); ++i) {
            // With limits set, a frontier promises: a point that is not known to hold them cannot be on it.
            if (!(m_data->flags[i] & (ChartData::Breaks | ChartData::Unknown))) {
                among[perGroup ? m_data->lines[m_data->lineOf[i]].group : 0].insert(m_data->rows[i]);
            }
        }
        for (std::size_t g = 0; g < count; ++g) {
            const Frontier found = frontier(
                m_table, among[g], spec.x.frontierAxis(), spec.y.frontierAxis(), spec.estimatesOnFrontier);
            m_data->frontierEstimated += found.estimated;
            ChartFrontier line;
            line.group = perGroup ? static_cast<int>(g) : -1;
            for (const Row row : found.rows) {
                line.members.push_back(*m_data->pointOf(row));
            }
            if (!line.members.empty()) {
                m_data->frontiers.push_back(std::move(line));
            }
        }
    }

    void addHighestHolding()
    {
        if (m_request.verdicts.empty()) {
            return;
        }
        for (const Row row : highestHolding(m_table, m_data->rows, m_request.verdicts)) {
            m_data->highestHolding.push_back(*m_data->pointOf(row));
        }
        std::ranges::sort(m_data->highestHolding);
    }

    void describeRuns()
    {
        std::vector<RunId> runs;
        for (const ChartLine& line : m_data->lines) {
            runs.push_back(line.run);
        }
        m_data->common = commonLabel(m_table, runs);
        struct Condition {
            const char* category;
            QString name;
        };
        const std::array<Condition, 4> conditions { { { "isl_osl", ChartWords::tr("lengths") },
            { "dataset", ChartWords::tr("dataset") }, { "load_mode", ChartWords::tr("load mode") },
            { "producer", ChartWords::tr("tool") } } };
        for (const Condition& condition : conditions) {
            const CategoryColumn* category = m_table.category(condition.category);
            std::set<Code> codes;
            for (std::size_t i = 0; category && i < m_data->rows.size(); ++i) {
                codes.insert(category->codes[m_data->rows[i]]);
            }
            if (codes.size() > 1) {
                m_data->differing << differingText(condition.name, *category, codes);
            }
        }
    }

    static QString differingText(
        const QString& name, const CategoryColumn& category, const std::set<Code>& codes)
    {
        constexpr std::size_t most = 3;
        QStringList values;
        for (const Code code : codes) {
            const std::string& text = category.dictionary[code];
            values << (code == 0                  ? ChartWords::tr("not stated")
                    : category.name == "producer" ? toolName(text)
                                                  : qs(text));
        }
        values.sort();
        if (codes.size() > most) {
            const auto more = static_cast<int>(codes.size() - most);
            values = values.first(most);
            values << ChartWords::tr("%1 more").arg(more);
        }
        return name + QStringLiteral(": ") + values.join(QStringLiteral(", "));
    }

    const ChartRequest& m_request;
    const ColumnTable& m_table;
    std::shared_ptr<ChartData> m_data;
    AxisColumn m_x;
    AxisColumn m_y;
    std::unordered_map<RunId, std::uint32_t> m_groupOf;
    std::vector<RunId> m_runs;
};

} // namespace

std::shared_ptr<const ChartData> buildChart(const ChartRequest& request)
{
    return Builder(request).build();
}

} // namespace prism::app
