// SPDX-License-Identifier: GPL-3.0-or-later
// GenAI-Perf, AIPerf's predecessor: the summary (JSON, CSV, console text), the table of an `analyze` sweep,
// and the raw profile of perf_analyzer below it, which knows responses and no tokens.
#include "core/import/formats/aiperf/aiperf_table.h"
#include "core/import/formats/aiperf/aiperf_tags.h"
#include "core/import/importer.h"
#include "core/import/nearest_whole.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <map>

namespace prism::formats {

namespace {

const read::Node* firstOf(const read::Node& root, std::initializer_list<std::string_view> pointers)
{
    for (const std::string_view pointer : pointers) {
        const read::Node* node = root.at(pointer);
        if (node && !node->isNull()) {
            return node;
        }
    }
    return nullptr;
}

bool isSummary(const read::Node& root)
{
    const read::Node* metrics = root.find("records") ? root.find("records") : &root;
    return root.find("input_config") && !root.find("aiperf_version") && !root.find("was_cancelled")
        && !root.find("timeslices")
        && (metrics->has("/request_throughput/unit") || metrics->has("/request_latency/unit"));
}

bool isProfile(const read::Node& root)
{
    return root.has("/experiments/0/experiment/mode");
}

/// "SYNTHETIC", "PromptSource.SYNTHETIC".
bool isSynthetic(std::string_view source)
{
    constexpr std::string_view word = "synthetic";
    return source.size() >= word.size()
        && read::equalsIgnoringCase(source.substr(source.size() - word.size()), word);
}

/// The configuration was a list of arguments first and is a tree of sections since.
void mapConfig(const read::Node& root, PointWriter& point)
{
    const read::Node* config = root.find("input_config");
    point.attribute("model", firstOf(*config, { "/model_names/0", "/model/0", "/model" }));
    const read::Node* concurrency
        = firstOf(*config, { "/perf_analyzer/stimulus/concurrency", "/concurrency" });
    const read::Node* rate = firstOf(*config, { "/perf_analyzer/stimulus/request_rate", "/request_rate" });
    if (concurrency && concurrency->number()) {
        point.attribute("concurrency", concurrency);
        point.attribute("load_mode", std::string("concurrency"));
    } else if (rate && rate->number()) {
        point.attribute("request_rate", rate);
        point.attribute("load_mode", std::string("rate"));
    }
    // The lengths have defaults, which say nothing of prompts from a file or a dataset.
    const read::Node* prompts = firstOf(*config, { "/input/prompt_source" });
    if (firstOf(*config, { "/input/file", "/input_file", "/input_dataset" })
        || (prompts && prompts->isScalar() && !isSynthetic(prompts->text()))) {
        return;
    }
    const auto length = [&](std::string_view name, std::initializer_list<std::string_view> pointers) {
        const read::Node* mean = firstOf(*config, pointers);
        if (mean && mean->number().value_or(-1) > 0) { // -1 asks for as many as the model likes
            point.attribute(name, mean);
        }
    };
    length("isl_target", { "/input/synthetic_tokens/mean", "/synthetic_input_tokens_mean" });
    length("osl_target", { "/input/output_tokens/mean", "/output_tokens_mean" });
}

LoadPoint summaryPoint(const read::Node& root, std::uint32_t index)
{
    PointWriter point(index);
    const read::Node& metrics = root.find("records") ? *root.find("records") : root;
    aiperf::takeObjects(point, metrics);
    if (metrics.find("num_output_token")) {
        aiperf::markUnclearTpot(point);
    }
    mapConfig(root, point);
    point.extras(root);
    return point.take();
}

/// Nanoseconds of an epoch are beyond a double: then the list has a node for each.
std::vector<std::int64_t> timesOf(const read::Node* list)
{
    std::vector<std::int64_t> times;
    if (!list) {
        return times;
    }
    for (const double time : list->numbers()) {
        times.push_back(static_cast<std::int64_t>(time));
    }
    for (const read::Node& time : *list) {
        times.push_back(time.integer().value_or(0));
    }
    return times;
}

/// Requests of a raw profile. Those outside the measured windows are warm-up; the windows stand behind the
/// requests, so they are read first.
class Profile : public read::DocumentHandler {
public:
    using Windows = std::map<std::uint32_t, std::pair<std::int64_t, std::int64_t>>;

    Profile(Sink& sink, const Windows& windows)
        : m_sink(sink)
        , m_windows(windows)
    {
    }

    Result<void> element(const read::Node& request) override
    {
        const read::Node* experiment = request.parent() ? request.parent()->parent() : nullptr;
        const read::Node* sent = request.find("timestamp");
        const auto start = sent ? sent->integer() : std::nullopt;
        if (!experiment || !start) {
            return {};
        }
        Experiment& point = at(experiment->index());
        const auto window = m_windows.find(experiment->index());
        if (window != m_windows.end() && (*start < window->second.first || *start > window->second.second)) {
            ++point.outside;
            return {};
        }
        RequestRow row;
        const std::vector<std::int64_t> responses = timesOf(request.find("response_timestamps"));
        row.ok = !responses.empty();
        if (!row.ok) {
            row.error = "no response";
        } else {
            fill(row, *start, responses);
        }
        const double seconds = static_cast<double>(*start) / 1e9;
        point.statistics.add(
            row, seconds, row.ok ? std::optional(static_cast<double>(responses.back()) / 1e9) : std::nullopt);
        point.rows.add(std::move(row), seconds, std::nullopt);
        return {};
    }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        const read::Node* experiments = root.find("experiments");
        for (std::uint32_t index = 0; experiments && index < experiments->size(); ++index) {
            const read::Node* node = experiments->at('/' + std::to_string(index));
            if (node) {
                send(*node, at(index));
            }
        }
        return {};
    }
    std::size_t points() const { return m_experiments.size(); }

private:
    struct Experiment {
        Experiment(Sink& sink, std::uint32_t number)
            : rows(sink, number)
            , index(number)
        {
        }
        RequestRows rows;
        RequestStatistics statistics;
        std::uint32_t index;
        std::uint64_t outside = 0;
    };

    Experiment& at(std::uint32_t index)
    {
        return m_experiments.try_emplace(index, m_sink, index).first->second;
    }

    /// With one response there is no first token to tell from the last.
    static void fill(RequestRow& row, std::int64_t start, const std::vector<std::int64_t>& responses)
    {
        row.e2e = Milliseconds { static_cast<double>(responses.back() - start) / 1e6 };
        if (responses.size() < 2) {
            return;
        }
        row.ttft = Milliseconds { static_cast<double>(responses.front() - start) / 1e6 };
        for (std::size_t i = 1; i < responses.size(); ++i) {
            row.gapsMs.push_back(static_cast<double>(responses[i] - responses[i - 1]) / 1e6);
        }
    }

    void send(const read::Node& node, Experiment& experiment)
    {
        experiment.rows.finish();
        PointWriter out(experiment.index);
        const read::Node* mode = node.at("/experiment/mode");
        const read::Node* value = node.at("/experiment/value");
        const bool paced = mode && mode->text() == "request_rate";
        if (paced || (mode && mode->text() == "concurrency")) {
            out.attribute(paced ? "request_rate" : "concurrency", value);
            out.attribute("load_mode", std::string(paced ? "rate" : "concurrency"), {}, mode->pointer());
        }
        experiment.statistics.write(out);
        if (experiment.outside > 0) {
            out.warn("warm-up",
                std::to_string(experiment.outside) + " requests outside the measured windows are left out.",
                {}, Severity::Note);
        }
        out.extras(node);
        m_sink.point(out.take());
    }

    Sink& m_sink;
    const Windows& m_windows;
    std::map<std::uint32_t, Experiment> m_experiments;
};

/// "p99 Time To First Token (ms)" and "Avg. Output Token Throughput (tokens/sec)" of an analyze table.
std::pair<std::string, std::string_view> columnOf(std::string_view title)
{
    if (title.starts_with("Avg. ")) {
        return { "avg", title.substr(5) };
    }
    const std::size_t space = title.find(' ');
    const std::string_view first = title.substr(0, space);
    if (space != std::string_view::npos && Stat::parse(first) && first[0] == 'p') {
        return { std::string(first), title.substr(space + 1) };
    }
    return { "avg", title };
}

class GenaiPerf : public Importer {
public:
    ImporterInfo info() const override { return { "genai-perf", "GenAI-Perf", 3, 20 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            return isSummary(*sample.document)
                ? std::optional(Match { Match::Certain, "has input_config and metrics with units" })
                : isProfile(*sample.document)
                ? std::optional(Match { Match::Certain, "has experiments of perf_analyzer" })
                : std::nullopt;
        }
        if (isAnalyze(sample)) {
            return Match { Match::Certain, "has Config Name and the columns of an analyze sweep" };
        }
        if (isGenaiPerfTable(sample)) {
            return Match { Match::Likely, "has the columns Metric, avg, …, p99 without deviations" };
        }
        return aiperfConsoleOf(sample) == AiperfConsole::GenaiPerf
            ? std::optional(Match { Match::Certain, "has a table of statistics under LLM Metrics" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() == Family::Json) {
            return readDocuments(input, sink);
        }
        if (input.family() == Family::Csv) {
            const auto analyzed = readAnalyze(input, sink);
            if (!analyzed || *analyzed > 0) {
                return analyzed ? Result<void>() : analyzed.error();
            }
            if (auto table = readAiperfTables(input, sink); table) {
                return table;
            }
        }
        return readAiperfConsole(input, sink);
    }

private:
    static bool isAnalyze(const Sample& sample)
    {
        const auto header = std::find_if(
            sample.rows.begin(), sample.rows.end(), [](const read::CsvRow& row) { return !row.empty(); });
        return header != sample.rows.end() && header->size() > 2 && header->front().text == "Config Name"
            && std::any_of(header->begin(), header->end(),
                [](const read::Cell& cell) { return aiperf::isMetric(columnOf(cell.text).second); });
    }

    static Result<void> readDocuments(Input& input, Sink& sink)
    {
        std::uint32_t summaries = 0;
        Profile::Windows windows;
        bool profile = false;
        read::Plan plan;
        plan.skip = { "/experiments/*/requests", "/sessions" };
        class Look : public read::DocumentHandler {
        public:
            explicit Look(const std::function<void(const read::Node&)>& each)
                : m_each(each)
            {
            }
            Result<void> document(const read::Node& root, std::size_t) override
            {
                m_each(root);
                return {};
            }

        private:
            const std::function<void(const read::Node&)>& m_each;
        };
        const std::function<void(const read::Node&)> each = [&](const read::Node& root) {
            if (isSummary(root)) {
                sink.point(summaryPoint(root, summaries++));
            } else if (isProfile(root)) {
                profile = true;
                collectWindows(root, windows);
            }
        };
        Look look(each);
        const auto report = input.documents(plan, look);
        if (!report) {
            return report.error();
        }
        sink.report(*report);
        if (summaries > 0) {
            return {};
        }
        if (!profile) {
            return Error { input.name(), {}, "the document holds no metric of GenAI-Perf",
                "Drop profile_export_genai_perf.json" };
        }
        return readProfile(input, sink, windows);
    }

    static Result<void> readProfile(Input& input, Sink& sink, const Profile::Windows& windows)
    {
        read::Plan plan;
        plan.stream = { "/experiments/*/requests" };
        plan.skip
            = { "/experiments/*/requests/*/request_inputs", "/experiments/*/requests/*/response_outputs" };
        Profile profile(sink, windows);
        const auto report = input.documents(plan, profile);
        if (!report) {
            return report.error();
        }
        return profile.points() > 0 ? Result<void>()
                                    : Error { input.name(), {}, "the profile holds no experiment",
                                          "Check whether the benchmark ended" };
    }

    static void collectWindows(const read::Node& root, Profile::Windows& windows)
    {
        for (const read::Node& experiment : *root.find("experiments")) {
            const std::vector<std::int64_t> times = timesOf(experiment.find("window_boundaries"));
            if (times.size() > 1) {
                const auto [first, last] = std::minmax_element(times.begin(), times.end());
                windows[experiment.index()] = { *first, *last };
            }
        }
    }

    /// A row a configuration. Number of points; a second table below holds the GPUs' telemetry.
    static Result<std::uint32_t> readAnalyze(Input& input, Sink& sink)
    {
        std::vector<std::string> titles;
        std::uint32_t points = 0;
        const auto report = input.csv([&](const read::CsvRow& row) -> Result<void> {
            if (!row.empty() && row[0].text == "Config Name") {
                titles.clear();
                const bool gpus = row.size() > 1 && row[1].text == "GPU";
                for (const read::Cell& cell : gpus ? read::CsvRow {} : row) {
                    titles.emplace_back(cell.text);
                }
            } else if (titles.size() > 1 && row.size() == titles.size()) {
                sink.point(analyzed(points++, titles, row));
            }
            return {};
        });
        if (!report) {
            return report.error();
        }
        if (points > 0) {
            sink.report(*report);
        }
        return points;
    }

    static LoadPoint analyzed(
        std::uint32_t index, const std::vector<std::string>& titles, const read::CsvRow& row)
    {
        PointWriter out(index);
        out.point().label = row[0].text;
        for (std::size_t i = 1; i < titles.size(); ++i) {
            const std::string place = row[i].place.text();
            const auto number = row[i].value();
            const auto whole = [&](std::string_view name) {
                if (const auto count = number ? nearestWhole(*number) : std::nullopt) {
                    out.attribute(name, *count, {}, place);
                }
            };
            if (titles[i] == "Concurrency") {
                whole("concurrency");
                out.attribute("load_mode", std::string("concurrency"));
            } else if (titles[i] == "Request Rate" && number) {
                out.attribute("request_rate", *number, {}, place);
                out.attribute("load_mode", std::string("rate"));
            } else if (titles[i] == "ISL") {
                whole("isl_target");
            } else {
                const auto [stat, label] = columnOf(titles[i]);
                const aiperf::Cell cell { stat, read::KeptCell(row[i]) };
                if (!aiperf::takeRow(out, label, { &cell, 1 })) {
                    out.extra(place, titles[i] + ": " + std::string(row[i].text));
                }
            }
        }
        return out.take();
    }
};

const RegisterImporter<GenaiPerf> registered;

} // namespace

} // namespace prism::formats
