// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/aiperf/aiperf_aggregate.h"

#include "core/import/formats/aiperf/aiperf_tags.h"
#include "core/import/nearest_whole.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <cmath>

namespace prism::formats {

namespace {

/// A statistic of each run, averaged over the runs: the mean of p99s is no p99 of the requests.
constexpr std::string_view meanOfRuns = "mean-of-runs";

struct Statistic {
    std::string_view metric;
    Stat stat = Stat::value();
    bool rate = false; ///< one number a run whose mean is the contract's value
};

/// "time_to_first_token_p99", "request_throughput_avg"; empty for what we do not map.
std::optional<Statistic> statisticOf(std::string_view flat)
{
    const std::size_t bar = flat.rfind('_');
    const auto stat = bar == std::string_view::npos ? std::nullopt : aiperf::statOf(flat.substr(bar + 1));
    if (!stat) {
        return std::nullopt;
    }
    const std::string_view tag = flat.substr(0, bar);
    if (const std::string_view metric = aiperf::distributionOf(tag); !metric.empty()) {
        return Statistic { metric, *stat };
    }
    const std::string_view metric = aiperf::numberOf(tag);
    if (metric.empty() || *stat != Stat::mean()) {
        return std::nullopt;
    }
    const Unit unit = findMetric(metric)->unit;
    return Statistic { metric, Stat::value(),
        unit == Unit::RequestPerSecond || unit == Unit::TokenPerSecond };
}

/// The parameters that were varied, by the last part of their name ("phases.profiling.concurrency").
class Parameters {
public:
    void set(std::string_view name, const read::KeptCell& value)
    {
        const std::string_view last = name.substr(name.rfind('.') + 1);
        const auto number = value.value();
        if (const auto whole = number ? nearestWhole(*number) : std::nullopt;
            whole && last == "concurrency") {
            m_concurrency = { *whole, value.place };
        } else if (number && (last == "request_rate" || last == "rate")) {
            m_rate = { *number, value.place };
        }
        m_label += (m_label.empty() ? "" : ", ") + std::string(last) + '=' + value.text;
    }
    void write(PointWriter& out) const
    {
        out.point().label = m_label;
        if (m_concurrency) {
            out.attribute("concurrency", m_concurrency->first, {}, m_concurrency->second);
        }
        if (m_rate) {
            out.attribute("request_rate", m_rate->first, {}, m_rate->second);
        }
        if (m_concurrency.has_value() != m_rate.has_value()) {
            out.attribute("load_mode", std::string(m_concurrency ? "concurrency" : "rate"));
        }
    }

private:
    std::optional<std::pair<std::int64_t, std::string>> m_concurrency;
    std::optional<std::pair<double, std::string>> m_rate;
    std::string m_label;
};

void parameters(PointWriter& out, const read::Node* values)
{
    Parameters found;
    for (auto it = values ? values->begin() : read::Node::Iterator(nullptr);
         it != read::Node::Iterator(nullptr); ++it) {
        if (it->isScalar()) {
            found.set(it->key(), { it->text(), it->pointer() });
        }
    }
    found.write(out);
}

/// A statistic over runs: {"mean": …, "std": …, "unit": …}.
void takeFlat(PointWriter& out, const read::Node& object, bool several)
{
    const auto what = statisticOf(object.key());
    const read::Node* unitText = what ? object.find("unit") : nullptr;
    const auto unit = unitText ? aiperf::unitOf(unitText->text(), *findMetric(what->metric)) : std::nullopt;
    if (!unit) {
        return;
    }
    const SourceUnit factor = what->stat == Stat::count() ? source::one : *unit;
    out.measure(what->metric, what->stat, object.find("mean"), factor,
        several && !what->rate ? meanOfRuns : std::string_view());
    if (several && what->rate) {
        out.measure(what->metric, Stat::std(), object.find("std"), factor);
    }
}

/// One run of a sweep: the metric objects of its summary, in which a deviation of 0 stands for that of a
/// single run, and the mean for an extreme that the run does not have.
void takeSingle(PointWriter& out, const read::Node& object)
{
    const read::Node* unitText = object.find("unit");
    const std::string_view spread = aiperf::distributionOf(object.key());
    const std::string_view metric = spread.empty() ? aiperf::numberOf(object.key()) : spread;
    const auto unit
        = unitText && !metric.empty() ? aiperf::unitOf(unitText->text(), *findMetric(metric)) : std::nullopt;
    if (!unit) {
        return;
    }
    if (spread.empty()) {
        if (!out.point().measure(metric, Stat::value())) {
            out.measure(metric, Stat::value(), object.find("avg"), *unit);
        }
        return;
    }
    const bool extremes = object.find("p50") != nullptr;
    for (const read::Node& member : object) {
        const auto stat = aiperf::statOf(member.key());
        const bool invented
            = stat == Stat::std() || (!extremes && (stat == Stat::min() || stat == Stat::max()));
        if (stat && !invented && !out.point().measure(metric, *stat)) {
            out.measure(metric, *stat, &member, stat == Stat::count() ? source::one : *unit);
        }
    }
}

void takeMetrics(PointWriter& out, const read::Node* metrics, bool several)
{
    for (auto it = metrics ? metrics->begin() : read::Node::Iterator(nullptr);
         it != read::Node::Iterator(nullptr); ++it) {
        if (!aiperf::distributionOf(it->key()).empty() || !aiperf::numberOf(it->key()).empty()) {
            takeSingle(out, *it);
        } else {
            takeFlat(out, *it, several);
        }
    }
}

/// Pooled requests: {"combined": {"mean": …, "p99": …}}, in the units of the requests' export.
void takePooled(PointWriter& out, const read::Node* metrics)
{
    for (auto it = metrics ? metrics->begin() : read::Node::Iterator(nullptr);
         it != read::Node::Iterator(nullptr); ++it) {
        const std::string_view metric = aiperf::distributionOf(it->key());
        const read::Node* combined = it->find("combined");
        if (metric.empty() || !combined) {
            continue;
        }
        const SourceUnit unit { findMetric(metric)->unit, 1 };
        for (const read::Node& member : *combined) {
            if (const auto stat = aiperf::statOf(member.key())) {
                out.measure(metric, *stat, &member, stat == Stat::count() ? source::one : unit);
            }
        }
    }
}

bool moreThanOne(const read::Node* number)
{
    return number && number->number().value_or(0) > 1;
}

} // namespace

std::optional<std::string_view> aiperfAggregate(const read::Node& root)
{
    const read::Node* kind = root.find("aggregation_type");
    kind = kind ? kind : root.at("/metadata/aggregation_type");
    if (!kind || !(root.find("metrics") || root.find("per_combination_metrics"))) {
        return std::nullopt;
    }
    const std::string_view text = kind->text();
    const bool known = text == "confidence" || text == "detailed" || text == "sweep";
    return known ? std::optional(text) : std::nullopt;
}

std::uint32_t readAiperfAggregate(const read::Node& root, std::uint32_t index, Sink& sink)
{
    const std::string_view kind = aiperfAggregate(root).value_or("");
    if (kind == "sweep") {
        const bool several = moreThanOne(root.at("/metadata/num_trials_per_value"));
        const read::Node* list = root.find("per_combination_metrics");
        for (auto it = list ? list->begin() : read::Node::Iterator(nullptr);
             it != read::Node::Iterator(nullptr); ++it) {
            PointWriter point(index++);
            parameters(point, it->find("parameters"));
            takeMetrics(point, it->find("metrics"), several);
            point.extras(*it);
            sink.point(point.take());
        }
        return index;
    }
    PointWriter point(index++);
    parameters(point, root.at("/metadata/variation_values"));
    point.attribute("model", root.at("/metadata/model"));
    if (kind == "detailed") {
        takePooled(point, root.find("metrics"));
    } else {
        takeMetrics(point, root.find("metrics"), moreThanOne(root.at("/metadata/num_successful_runs")));
    }
    point.extras(root);
    sink.point(point.take());
    return index;
}

namespace {

/// "metric,mean,std,…,ci_low,…,unit" with lines of what was run before or behind it.
class ConfidenceTable : public AiperfTable {
public:
    void row(const read::CsvRow& cells) override
    {
        if (cells.empty()) {
            m_columns.clear();
        } else if (isAiperfConfidenceHeader(cells)) {
            for (const read::Cell& cell : cells) {
                m_columns.emplace_back(cell.text);
            }
        } else if (!m_columns.empty()) {
            number(cells);
        } else if (cells.size() > 1) {
            fact(cells);
        }
    }

    bool send(Sink& sink) override
    {
        if (m_rows.empty()) {
            return false;
        }
        m_parameters.write(m_point);
        for (const Row& row : m_rows) {
            const bool marked = m_several && !row.what.rate;
            m_point.measure(row.what.metric, row.what.stat, row.mean.number, row.mean.place, row.name,
                row.what.stat == Stat::count() ? source::one : row.unit,
                marked ? meanOfRuns : std::string_view());
            if (m_several && row.what.rate) {
                m_point.measure(
                    row.what.metric, Stat::std(), row.std.number, row.std.place, row.name, row.unit);
            }
        }
        sink.point(m_point.take());
        return true;
    }

private:
    struct Row {
        Statistic what;
        SourceUnit unit;
        std::string name;
        read::KeptCell mean;
        read::KeptCell std;
    };

    const read::Cell* cellOf(const read::CsvRow& cells, std::string_view column) const
    {
        const auto at = std::find(m_columns.begin(), m_columns.end(), column) - m_columns.begin();
        return static_cast<std::size_t>(at) < cells.size() ? &cells[static_cast<std::size_t>(at)] : nullptr;
    }

    void number(const read::CsvRow& cells)
    {
        const auto what = statisticOf(cells[0].text);
        const read::Cell* mean = cellOf(cells, "mean");
        const read::Cell* std = cellOf(cells, "std");
        const read::Cell* unitText = cellOf(cells, "unit");
        const auto unit
            = what && unitText ? aiperf::unitOf(unitText->text, *findMetric(what->metric)) : std::nullopt;
        if (!unit || !mean || !std || mean->text.empty()) {
            m_point.extra(cells[0].place.text(), cells[0].text);
            return;
        }
        m_rows.push_back(
            { *what, *unit, std::string(cells[0].text), read::KeptCell(*mean), read::KeptCell(*std) });
    }

    void fact(const read::CsvRow& cells)
    {
        const std::string_view value = cells[1].text;
        const std::string path = cells[1].place.text();
        if (cells[0].text == "Successful Runs") {
            m_several = cells[1].value().value_or(0) > 1;
        } else if (cells[0].text == "Model") {
            m_point.attribute("model", std::string(value), {}, path);
        } else if (cells[0].text == "Variation Label") {
            const std::size_t equals = value.find('=');
            if (equals != std::string_view::npos
                && value.find_first_of(",;", equals) == std::string_view::npos) {
                m_parameters.set(value.substr(0, equals), { value.substr(equals + 1), path });
            }
        }
        m_point.extra(path, std::string(cells[0].text) + ": " + std::string(value));
    }

    PointWriter m_point { 0 };
    Parameters m_parameters;
    std::vector<std::string> m_columns;
    std::vector<Row> m_rows;
    bool m_several = false;
};

/// "concurrency,request_latency_p99_mean,request_latency_p99_std,…" with a combination a line. It states no
/// units: they are those in which AIPerf shows each metric, which are ours.
class SweepTable : public AiperfTable {
public:
    void row(const read::CsvRow& cells) override
    {
        if (m_ended || cells.empty()) {
            m_ended = m_ended || !m_columns.empty();
            return;
        }
        if (m_columns.empty()) {
            for (const read::Cell& cell : cells) {
                m_columns.emplace_back(cell.text);
            }
            return;
        }
        point(cells);
    }
    bool send(Sink& sink) override
    {
        for (LoadPoint& point : m_points) {
            sink.point(std::move(point));
        }
        return !m_points.empty();
    }

private:
    void point(const read::CsvRow& cells)
    {
        PointWriter out(static_cast<std::uint32_t>(m_points.size()));
        Parameters given;
        for (std::size_t i = 0; i < std::min(cells.size(), m_columns.size()); ++i) {
            const std::string_view column = m_columns[i];
            const std::string_view text = cells[i].text;
            const std::string path = cells[i].place.text();
            const std::size_t bar = column.rfind('_');
            const std::string_view last
                = column.substr(bar == std::string_view::npos ? column.size() : bar + 1);
            const std::string_view name = column.substr(0, bar);
            const bool statistic
                = last == "mean" || last == "std" || last == "min" || last == "max" || last == "cv";
            if (text.empty()) {
                continue;
            }
            if (!statistic) {
                given.set(column, read::KeptCell(cells[i]));
            } else if (!take(out, name, last, cells[i])) {
                out.extra(path, std::string(column) + " = " + std::string(text));
            }
        }
        given.write(out);
        m_points.push_back(out.take());
    }

    static bool take(PointWriter& out, std::string_view name, std::string_view last, const read::Cell& cell)
    {
        const auto put = [&](std::string_view metric, Stat stat, std::string_view semantics) {
            const SourceUnit unit { unitOf(*findMetric(metric), stat), 1 };
            out.measure(metric, stat, cell, name, unit, semantics);
        };
        // One run a combination: its extremes are those of the requests, its deviation is that of one run.
        const std::string_view spread = aiperf::distributionOf(name);
        if (!spread.empty() && last != "std" && last != "cv") {
            put(spread, *aiperf::statOf(last), {});
            return true;
        }
        if (const std::string_view metric = aiperf::numberOf(name); !metric.empty() && last == "mean") {
            put(metric, Stat::value(), {});
            return true;
        }
        const auto what = statisticOf(name);
        if (what && last == "mean") {
            put(what->metric, what->stat, what->rate ? std::string_view() : meanOfRuns);
            return true;
        }
        if (what && what->rate && last == "std") {
            put(what->metric, Stat::std(), {});
            return true;
        }
        return false;
    }

    std::vector<std::string> m_columns;
    std::vector<LoadPoint> m_points;
    bool m_ended = false;
};

} // namespace

bool isAiperfConfidenceHeader(const read::CsvRow& row)
{
    const auto has = [&row](std::string_view name) {
        return std::any_of(row.begin(), row.end(), [name](const read::Cell& c) { return c.text == name; });
    };
    return has("mean") && has("ci_low") && has("ci_high");
}

bool isAiperfSweepHeader(const read::CsvRow& row)
{
    return std::any_of(row.begin(), row.end(), [](const read::Cell& cell) {
        if (!cell.text.ends_with("_cv")) {
            return false;
        }
        const std::string_view name = cell.text.substr(0, cell.text.size() - 3);
        return !aiperf::distributionOf(name).empty() || !aiperf::numberOf(name).empty() || statisticOf(name);
    });
}

std::unique_ptr<AiperfTable> aiperfConfidenceTable()
{
    return std::make_unique<ConfidenceTable>();
}

std::unique_ptr<AiperfTable> aiperfSweepTable()
{
    return std::make_unique<SweepTable>();
}

} // namespace prism::formats
