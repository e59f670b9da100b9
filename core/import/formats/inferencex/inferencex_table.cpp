// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/inferencex/inferencex_table.h"

#include "core/import/formats/console_arguments.h"
#include "core/import/formats/inferencex/inferencex_terms.h"
#include "core/import/formats/serving_fields.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prism::formats {

namespace {

struct Term {
    std::string_view name;
    std::string_view metric;
};
constexpr std::array latencies {
    Term { "TTFT", "ttft" },
    Term { "TPOT", "tpot" },
    Term { "ITL", "itl" },
    Term { "E2E Latency", "e2e" },
};
constexpr std::string_view interactivity = "Interactivity";

/// "P99 E2E Latency (ms)" as P99, "E2E Latency" and ms.
struct Title {
    std::optional<Stat> stat;
    std::string_view name;
    std::string_view unit;
};

Title titleOf(std::string_view text)
{
    Title title;
    const std::size_t open = text.rfind(" (");
    if (open != std::string_view::npos && text.ends_with(')')) {
        title.unit = text.substr(open + 2, text.size() - open - 3);
        text = text.substr(0, open);
    }
    const std::size_t space = std::min(text.find(' '), text.size());
    title.stat = servingStat(text.substr(0, space));
    title.name = title.stat ? text.substr(std::min(space + 1, text.size())) : text;
    return title;
}

bool isHeader(const read::CsvRow& row)
{
    const auto has = [&row](std::string_view text) {
        return std::any_of(
            row.begin(), row.end(), [text](const read::Cell& cell) { return cell.text == text; });
    };
    return has("Hardware Key") && has("Framework") && has("Mean TTFT (ms)") != has("Mean TTFT (s)")
        && has("Throughput/GPU (tok/s)") != has("Throughput/Chip (tok/s)");
}

class Row {
public:
    Row(const std::vector<std::string>& titles, const read::CsvRow& cells)
        : m_titles(titles)
        , m_cells(cells)
    {
    }

    const read::Cell* cell(std::string_view title) const
    {
        const auto at
            = static_cast<std::size_t>(std::find(m_titles.begin(), m_titles.end(), title) - m_titles.begin());
        return at < std::min(m_titles.size(), m_cells.size()) && !m_cells[at].number.empty() ? &m_cells[at]
                                                                                             : nullptr;
    }
    double number(std::string_view title) const
    {
        const read::Cell* found = cell(title);
        return found ? found->value().value_or(0) : 0;
    }
    /// GPUs were called chips later.
    double number(std::string_view gpus, std::string_view chips) const
    {
        return cell(gpus) ? number(gpus) : number(chips);
    }
    bool isTrue(std::string_view title) const
    {
        const read::Cell* found = cell(title);
        return found && found->text == "true";
    }

private:
    const std::vector<std::string>& m_titles;
    const read::CsvRow& m_cells;
};

void attribute(PointWriter& out, std::string_view name, const read::Cell* cell)
{
    if (cell) {
        out.attribute(name, std::string(cell->text), {}, cell->place.text());
    }
}

void whole(PointWriter& out, std::string_view name, const read::Cell* cell)
{
    const auto number = cell ? cell->value() : std::nullopt;
    if (number && *number > 0) {
        wholeAttribute(out, name, number, cell->place.text());
    }
}

/// GPUs of the system, 0 where the row does not tell. One node had tp of them while InferenceX knew no
/// pipelines.
double gpusOf(const Row& row)
{
    if (const double physical = row.number("Physical Chips"); physical > 0) {
        return physical;
    }
    const double pools = row.number("Num Prefill GPUs", "Num Prefill Chips")
        + row.number("Num Decode GPUs", "Num Decode Chips");
    if (pools > 0 || row.isTrue("Disaggregated") || row.isTrue("Is Multinode")) {
        return pools;
    }
    constexpr std::string_view firstPipelines = "2026-07-10";
    const read::Cell* date = row.cell("Date");
    return date && std::string(date->text) < firstPipelines ? row.number("TP") : 0;
}

void describe(PointWriter& out, const Row& row)
{
    attribute(out, "model", row.cell("Model"));
    attribute(out, "accelerator", row.cell("Hardware") ? row.cell("Hardware") : row.cell("Hardware Key"));
    attribute(out, "engine", row.cell("Framework"));
    attribute(out, "precision", row.cell("Precision"));
    attribute(out, "spec_decoding", row.cell("Spec Decoding"));
    whole(out, "concurrency", row.cell("Concurrency"));
    // Of pools the columns tell one, or a sum.
    if (!row.isTrue("Disaggregated") && !row.isTrue("Is Multinode")) {
        whole(out, "tp", row.cell("TP"));
        whole(out, "ep", row.cell("EP"));
    }
    if (row.cell("ISL")) {
        whole(out, "isl_target", row.cell("ISL"));
        whole(out, "osl_target", row.cell("OSL"));
        // Rows of fixed lengths are made from a client under a cap without a rate.
        out.attribute("load_mode", std::string("concurrency"), {}, {}, Origin::Derived);
    }
    if (const read::Cell* series = row.cell("Power Series")) {
        out.point().label = series->text;
    }
}

/// Up to the change of its titles the page called seconds milliseconds. What a row's latencies are in, its
/// rate per user tells, whose mean is about 1 / TPOT: empty where it does not.
std::optional<SourceUnit> unitOf(const Row& row, std::string_view stated)
{
    if (stated == "s") {
        return source::latencySeconds;
    }
    const double product = row.number("Mean TPOT (ms)") * row.number("Mean Interactivity (tok/s/user)");
    const auto about
        = [product](double expected) { return product > expected / 10 && product < expected * 10; };
    return about(1)   ? std::optional(source::latencySeconds)
        : about(1000) ? std::optional(source::latencyMilliseconds)
                      : std::nullopt;
}

class Table {
public:
    explicit Table(Sink& sink)
        : m_sink(sink)
    {
    }

    void row(const read::CsvRow& cells)
    {
        if (isHeader(cells)) {
            m_titles.clear();
            for (const read::Cell& cell : cells) {
                m_titles.emplace_back(cell.text);
            }
        } else if (m_titles.size() > 1 && cells.size() > 1) {
            send(cells);
        }
    }
    std::uint32_t points() const { return m_points; }
    bool misnamed() const { return m_misnamed; }

private:
    void send(const read::CsvRow& cells)
    {
        const Row row(m_titles, cells);
        PointWriter out(m_points++);
        describe(out, row);
        bool unclear = false;
        for (std::size_t i = 0; i < std::min(cells.size(), m_titles.size()); ++i) {
            const Title title = titleOf(m_titles[i]);
            const auto number = cells[i].value();
            if (!title.stat || !number || *number == 0) {
                continue;
            }
            if (title.name == interactivity) {
                perUser(out, row, m_titles[i], *title.stat, cells[i]);
            } else {
                unclear = !latency(out, row, title, m_titles[i], cells[i]) || unclear;
            }
        }
        if (unclear) {
            out.warn("unit-unknown",
                "The table's latencies are in milliseconds by their titles, but the page has written seconds "
                "under "
                "these, and the row's rate per user does not tell which: they are left out.",
                cells[0].place.text());
        }
        throughputs(out, row, cells);
        keep(out, cells);
        m_sink.point(out.take());
    }

    /// False where the number's unit is not settled.
    bool latency(PointWriter& out, const Row& row, const Title& title, const std::string& label,
        const read::Cell& cell)
    {
        const auto term = std::find_if(latencies.begin(), latencies.end(),
            [&title](const Term& known) { return known.name == title.name; });
        // Agentic rows, which have no fixed lengths, repeat the TPOT as ITL.
        if (term == latencies.end() || (term->metric == "itl" && !row.cell("ISL"))) {
            return true;
        }
        const auto unit = unitOf(row, title.unit);
        if (unit && !out.point().measure(term->metric, *title.stat)) {
            m_misnamed = m_misnamed || (title.unit == "ms" && unit->factor == source::latencySeconds.factor);
            out.measure(term->metric, *title.stat, cell, label, *unit);
        }
        return unit.has_value();
    }

    /// As in the rows of files, a percentile is 1 / the TPOT's of that number: the slow side by the fast
    /// one's name.
    static void perUser(
        PointWriter& out, const Row& row, std::string_view label, Stat stat, const read::Cell& cell)
    {
        const std::string prefix(label.substr(0, label.find(interactivity)));
        const bool seconds = row.cell(prefix + "TPOT (s)") != nullptr;
        const std::string tpot = prefix + (seconds ? "TPOT (s)" : "TPOT (ms)");
        const auto unit = unitOf(row, seconds ? "s" : "ms");
        const double time = row.number(tpot) * (unit ? unit->factor : 1) / source::latencySeconds.factor;
        const bool inverse = std::abs(cell.value().value_or(0) * time - 1) < 1e-6;
        const bool central = stat == Stat::mean() || stat == Stat::percentile(50);
        const bool known = out.point().measure("output_throughput_per_user", stat) != nullptr;
        if (time > 0 && (!inverse || central) && !known) {
            out.measure("output_throughput_per_user", stat, cell, label, source::tokensPerSecond,
                inverse && stat == Stat::mean() ? std::string_view("harmonic") : std::string_view());
        }
    }

    static void throughputs(PointWriter& out, const Row& row, const read::CsvRow& cells)
    {
        InferencexPerGpu rates;
        rates.total = row.number("Throughput/GPU (tok/s)", "Throughput/Chip (tok/s)");
        rates.input = row.number("Input Throughput/GPU (tok/s)", "Input Throughput/Chip (tok/s)");
        rates.output = row.number("Output Throughput/GPU (tok/s)", "Output Throughput/Chip (tok/s)");
        rates.gpus = gpusOf(row);
        rates.prefill = row.number("Num Prefill GPUs", "Num Prefill Chips");
        rates.decode = row.number("Num Decode GPUs", "Num Decode Chips");
        if (rates.gpus > 0) {
            if (const auto gpus = wholeNumber(rates.gpus)) {
                out.attribute("accelerator_count", *gpus, {}, {}, Origin::Derived);
            }
            inferencexThroughputs(out, rates);
        } else if (rates.total > 0) {
            out.warn("gpus-unknown",
                "The row tells throughputs per GPU and not how many GPUs there were: those of the system are "
                "left "
                "out.",
                cells[0].place.text(), Severity::Note);
        }
    }

    /// What is no measure and no attribute of ours.
    void keep(PointWriter& out, const read::CsvRow& cells) const
    {
        for (std::size_t i = 0; i < std::min(cells.size(), m_titles.size()); ++i) {
            const std::string place = cells[i].place.text();
            const LoadPoint& point = out.point();
            const bool used = std::any_of(point.measures.begin(), point.measures.end(),
                                  [&place](const Measure& m) { return m.path == place; })
                || std::any_of(point.attributes.begin(), point.attributes.end(),
                    [&place](const Attribute& a) { return a.path == place; });
            if (!used && !cells[i].number.empty()) {
                out.extra(place, m_titles[i] + ": " + std::string(cells[i].text));
            }
        }
    }

    Sink& m_sink;
    std::vector<std::string> m_titles;
    std::uint32_t m_points = 0;
    bool m_misnamed = false;
};

} // namespace

bool isInferencexTable(const Sample& sample)
{
    return std::any_of(sample.rows.begin(), sample.rows.end(), &isHeader);
}

Result<void> readInferencexTable(Input& input, Sink& sink)
{
    Table table(sink);
    const auto report = input.csv([&table](const read::CsvRow& cells) -> Result<void> {
        table.row(cells);
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (table.points() == 0) {
        return Error { input.name(), {}, "the table has a header and no rows",
            "Choose a chart with benchmarks and save it again" };
    }
    if (table.misnamed()) {
        sink.warn({ "unit-misnamed",
            "The table calls its latencies milliseconds, but they are seconds, as its rates per user show: "
            "they "
            "are read as seconds.",
            {}, Severity::Note });
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats
