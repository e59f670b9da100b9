// SPDX-License-Identifier: GPL-3.0-or-later
// optimum-benchmark of Hugging Face: one model in one process, measured in phases (load, prefill, decode).
// benchmark.json holds configuration and report, benchmark_report.json the report alone. Each of them is also
// written as a table of one row, whose columns are the ways to the values ("report.prefill.latency.mean").
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/import/secrets.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <array>

namespace prism::formats {

namespace {

/// A value of either form.
struct Field {
    const read::Node* node = nullptr;
    const read::Cell* cell = nullptr;

    explicit operator bool() const
    {
        return node ? !node->isNull() : cell && !read::trimmed(cell->text).empty();
    }
    std::string text() const
    {
        return !*this ? std::string() : std::string(node ? node->text() : read::trimmed(cell->text));
    }
    std::string place() const { return node ? node->pointer() : cell ? cell->place.text() : std::string(); }
    std::optional<double> number() const
    {
        return !*this ? std::nullopt : node ? node->lenientNumber() : cell->value();
    }
};

/// A document or a row, asked by the way to a value: "prefill/latency/mean".
class Benchmark {
public:
    explicit Benchmark(const read::Node& root)
        : m_root(&root)
    {
        const read::Node* report = root.find("report");
        m_report = report && report->isObject() ? "report/" : "";
    }
    Benchmark(const read::CsvRow& row, const std::vector<std::string>& titles)
        : m_row(&row)
        , m_titles(&titles)
    {
        const bool whole = std::any_of(titles.begin(), titles.end(),
            [](const std::string& title) { return title.starts_with("report."); });
        m_report = whole ? "report/" : "";
    }

    Field config(const std::string& path) const { return find("config/" + path); }
    /// What was run: "benchmark" until May 2024.
    Field scenario(const std::string& path) const
    {
        const Field now = config("scenario/" + path);
        return now ? now : config("benchmark/" + path);
    }
    Field report(const std::string& path) const { return find(m_report + path); }
    /// The first of the settings that says something.
    Field firstConfig(std::initializer_list<const char*> paths) const
    {
        for (const char* path : paths) {
            if (const Field field = config(path); field && !field.text().empty() && field.text() != "auto") {
                return field;
            }
        }
        return {};
    }
    bool hasPhase(const std::string& phase) const
    {
        const std::string path = m_report + phase;
        return m_root ? m_root->has('/' + path) : !titlesBelow(path).empty();
    }

    void statistics(PointWriter& out, std::string_view metric, const std::string& path, SourceUnit unit,
        StatSpelling spell) const
    {
        if (m_root) {
            distribution(out, metric, m_root->at('/' + m_report + path), unit, spell);
            return;
        }
        for (const std::size_t at : titlesBelow(m_report + path)) {
            const std::string& title = (*m_titles)[at];
            const auto stat = spell(std::string_view(title).substr(title.rfind('.') + 1));
            if (stat && at < m_row->size() && !read::trimmed((*m_row)[at].text).empty()) {
                out.measure(metric, *stat, (*m_row)[at], title, stat == Stat::count() ? source::one : unit);
            }
        }
    }
    void measure(PointWriter& out, std::string_view metric, Stat stat, const std::string& path,
        SourceUnit unit, std::string_view semantics = {}) const
    {
        const Field field = report(path);
        if (field.node) {
            out.measure(metric, stat, field.node, unit, semantics);
        } else if (field) {
            out.measure(metric, stat, *field.cell, path, unit, semantics);
        }
    }
    void attribute(PointWriter& out, std::string_view name, const Field& field) const
    {
        if (field.node) {
            out.attribute(name, field.node);
        } else if (field) {
            out.attribute(name, field.text(), {}, field.place());
        }
    }
    void count(PointWriter& out, std::string_view name, const Field& field) const
    {
        if (field.node) {
            out.attribute(name, field.node);
        } else if (const auto number = field.number()) {
            wholeAttribute(out, name, number, field.place());
        }
    }

    /// Everything else; lists of samples stay in the original text.
    void keep(PointWriter& out) const
    {
        if (m_root) {
            claimSecrets(*m_root);
            out.extras(*m_root);
            return;
        }
        for (std::size_t i = 0; i < std::min(m_row->size(), m_titles->size()); ++i) {
            const read::Cell& cell = (*m_row)[i];
            const std::string& title = (*m_titles)[i];
            const bool taken = std::any_of(out.point().measures.begin(), out.point().measures.end(),
                [&cell](const Measure& m) { return m.path == cell.place.text(); });
            if (!taken && !read::trimmed(cell.text).empty() && !title.ends_with(".values")
                && !namesSecret(std::string_view(title).substr(title.rfind('.') + 1))) {
                out.extra(cell.place.text(), title + ": " + std::string(cell.text));
            }
        }
    }

private:
    Field find(std::string path) const
    {
        if (m_root) {
            return { m_root->at('/' + path), nullptr };
        }
        std::replace(path.begin(), path.end(), '/', '.');
        const auto it = std::find(m_titles->begin(), m_titles->end(), path);
        const auto at = static_cast<std::size_t>(it - m_titles->begin());
        return { nullptr, it == m_titles->end() || at >= m_row->size() ? nullptr : &(*m_row)[at] };
    }
    std::vector<std::size_t> titlesBelow(std::string path) const
    {
        std::replace(path.begin(), path.end(), '/', '.');
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < m_titles->size(); ++i) {
            if ((*m_titles)[i].starts_with(path + '.')) {
                out.push_back(i);
            }
        }
        return out;
    }

    const read::Node* m_root = nullptr;
    const read::CsvRow* m_row = nullptr;
    const std::vector<std::string>* m_titles = nullptr;
    std::string m_report; ///< its phases stand at the root where there is no configuration
};

bool hasLatencyOf(const Benchmark& benchmark, std::initializer_list<const char*> phases)
{
    return std::any_of(phases.begin(), phases.end(), [&benchmark](const char* phase) {
        return !benchmark.report(std::string(phase) + "/latency/unit").text().empty();
    });
}

bool isOfText(const Benchmark& benchmark)
{
    return hasLatencyOf(benchmark, { "prefill", "decode", "per_token" });
}

/// Of a model that classifies, draws or is trained.
bool isOfOtherTask(const Benchmark& benchmark)
{
    return hasLatencyOf(benchmark, { "forward", "call", "overall" })
        && (benchmark.hasPhase("load_model") || benchmark.hasPhase("load") || benchmark.hasPhase("train"));
}

/// The scenario energy-star goes through a whole dataset: a phase is one pass over all of it.
bool isOfDataset(const Benchmark& benchmark)
{
    return benchmark.scenario("name").text() == "energy-star" || benchmark.hasPhase("preprocess_dataset")
        || benchmark.hasPhase("preprocess");
}

/// `stdev` is in the unit of the block, `stdev_` in percent of the mean.
std::optional<Stat> spelling(std::string_view key)
{
    return key == "stdev" ? std::optional(Stat::std()) : key == "stdev_" ? std::nullopt : plainStat(key);
}

/// The factor of a block's own unit; empty where it is none, and then nothing of the block is taken.
std::optional<SourceUnit> unitOf(const Benchmark& benchmark, const std::string& block, Unit target)
{
    const std::string unit = benchmark.report(block + "/unit").text();
    return unit.empty() ? std::nullopt : sourceUnit(unit, target);
}

/// A scheme is a type ("awq") or the library that quantizes to a type that its configuration names. It stands
/// in the configuration alone since the setting of its own is deprecated.
void precision(PointWriter& out, const Benchmark& benchmark)
{
    const Field scheme = benchmark.firstConfig({ "backend/quantization_scheme",
        "backend/quantization_config/quant_method", "backend/quantize", "backend/engine_args/quantization" });
    if (!scheme) {
        benchmark.attribute(out, "precision",
            benchmark.firstConfig({ "backend/torch_dtype", "backend/dtype", "backend/engine_args/dtype" }));
        return;
    }
    constexpr std::array<std::string_view, 4> libraries { "torchao", "bnb", "bitsandbytes", "quanto" };
    if (const Field type = benchmark.config("backend/quantization_config/quant_type");
        type && (type.cell || type.node->isString())) {
        benchmark.attribute(out, "precision", type);
    } else if (std::find(libraries.begin(), libraries.end(), scheme.text()) == libraries.end()) {
        benchmark.attribute(out, "precision", scheme);
    }
}

void settings(PointWriter& out, const Benchmark& benchmark)
{
    if (!benchmark.config("backend/name")) {
        return;
    }
    benchmark.attribute(out, "model", benchmark.config("backend/model"));
    benchmark.attribute(out, "engine", benchmark.config("backend/name"));
    benchmark.attribute(out, "engine_version", benchmark.config("backend/version"));
    precision(out, benchmark);
    benchmark.count(out, "tp",
        benchmark.firstConfig(
            { "backend/tp", "backend/num_shard", "backend/engine_args/tensor_parallel_size" }));
    benchmark.count(
        out, "pp", benchmark.firstConfig({ "backend/pp", "backend/engine_args/pipeline_parallel_size" }));
    benchmark.count(out, "batch_size", benchmark.scenario("input_shapes/batch_size"));
    benchmark.count(out, "isl_target", benchmark.scenario("input_shapes/sequence_length"));
    benchmark.count(out, "osl_target", benchmark.scenario("generate_kwargs/max_new_tokens"));
    benchmark.attribute(out, "dataset", benchmark.scenario("dataset_name"));
    out.attribute("load_mode", std::string("offline"));
    out.point().label = benchmark.firstConfig({ "name", "experiment_name" }).text();
}

/// Decoding of a batch takes one step a token behind the first.
void deriveTpot(PointWriter& out, const Benchmark& benchmark)
{
    const auto unit = unitOf(benchmark, "decode/latency", Unit::Millisecond);
    const auto mean = benchmark.report("decode/latency/mean").number(),
               most = benchmark.scenario("generate_kwargs/max_new_tokens").number(),
               least = benchmark.scenario("generate_kwargs/min_new_tokens").number();
    // With fewer tokens allowed, a generation may have ended earlier.
    if (unit && mean && most && least && *most == *least && *most > 1) {
        out.derived("tpot", Stat::mean(), *mean * unit->factor / (*most - 1),
            "mean of decode.latency / (max_new_tokens - 1)");
    }
}

void memory(PointWriter& out, const Benchmark& benchmark)
{
    for (const std::string phase : { "decode", "prefill" }) {
        const auto most = benchmark.report(phase + "/memory/max_process_vram").number();
        const auto unit = unitOf(benchmark, phase + "/memory", Unit::Byte);
        if (unit && most.value_or(0) > 0) {
            benchmark.measure(out, "gpu_memory", Stat::max(), phase + "/memory/max_process_vram", *unit);
            return;
        }
    }
}

/// In kWh, of one repetition of prefill and decode, or of a pass over the dataset; null unless asked for.
void energy(PointWriter& out, const Benchmark& benchmark, bool dataset)
{
    constexpr double joulesPerKilowattHour = 3.6e6;
    for (const std::string phase : { "prefill", "decode" }) {
        if (benchmark.report(phase + "/energy/unit").text() != "kWh") {
            return;
        }
    }
    const auto prefill = benchmark.report("prefill/energy/total").number(),
               decode = benchmark.report("decode/energy/total").number();
    if (prefill && decode) {
        out.derived("energy", Stat::value(), (*prefill + *decode) * joulesPerKilowattHour,
            "(prefill.energy.total + decode.energy.total) * 3600000", dataset ? "" : "one-repetition");
    }
}

/// Of a batch: its first tokens, and its whole generation (since 0.6).
void latencies(PointWriter& out, const Benchmark& benchmark)
{
    const Field mean = benchmark.report("prefill/latency/mean");
    if (const auto unit = unitOf(benchmark, "prefill/latency", Unit::Millisecond)) {
        benchmark.statistics(out, "ttft", "prefill/latency", *unit, spelling);
    } else if (mean) {
        out.warn("unit-unknown", "prefill.latency has no unit of time that Prism knows; it is left out.",
            mean.place());
    }
    if (const auto unit = unitOf(benchmark, "generate/latency", Unit::Millisecond)) {
        benchmark.statistics(out, "e2e", "generate/latency", *unit, spelling);
    }
    deriveTpot(out, benchmark);
}

LoadPoint pointOf(const Benchmark& benchmark, std::uint32_t index)
{
    PointWriter out(index);
    const bool dataset = isOfDataset(benchmark);
    settings(out, benchmark);
    if (dataset) {
        out.warn("latency-of-dataset",
            "The latencies are of one pass over the whole dataset each: they are kept beside the point, not "
            "as TTFT or TPOT.",
            benchmark.report("prefill/latency/mean").place(), Severity::Note);
    } else {
        latencies(out, benchmark);
    }
    if (const auto unit = unitOf(benchmark, "decode/throughput", Unit::TokenPerSecond)) {
        benchmark.measure(
            out, "output_throughput", Stat::value(), "decode/throughput/value", *unit, "decode-phase");
    }
    memory(out, benchmark);
    energy(out, benchmark, dataset);
    // The list of gaps is never emptied between repetitions: each adds all gaps of those before it, and the
    // time between two of them.
    if (const Field gaps = benchmark.report("per_token/latency/mean")) {
        out.warn("per-token-accumulates",
            "per_token counts the gaps of earlier repetitions again and again, and the prefill between two "
            "of them as a gap; it is kept beside the point, not as ITL or TPOT.",
            gaps.place());
    }
    benchmark.keep(out);
    return out.take();
}

std::vector<std::string> titlesOf(const read::CsvRow& header)
{
    std::vector<std::string> out;
    for (const read::Cell& cell : header) {
        out.emplace_back(read::trimmed(cell.text));
    }
    return out;
}

/// By its titles: a row with all samples may be longer than what is looked at.
std::optional<Match> matchOfTable(const std::vector<std::string>& titles)
{
    const auto has = [&titles](const std::string& phase) {
        return std::any_of(titles.begin(), titles.end(), [&phase](const std::string& title) {
            return title == phase + ".latency.unit" || title == "report." + phase + ".latency.unit";
        });
    };
    return has("prefill") || has("decode")
        ? std::optional(Match { Match::Certain, "has columns of prefill and decode with units" })
        : has("forward") || has("call") || has("overall")
        ? std::optional(Match { Match::Likely, "has columns of a benchmark's phases with units" })
        : std::nullopt;
}

class OptimumBenchmark : public Importer {
public:
    ImporterInfo info() const override { return { "optimum-benchmark", "Optimum-Benchmark", 2, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const read::Node* root = sample.document;
        if (!root) {
            return sample.rows.empty() ? std::nullopt : matchOfTable(titlesOf(sample.rows[0]));
        }
        if (!root->isObject()) {
            return std::nullopt;
        }
        const Benchmark benchmark(*root);
        return isOfText(benchmark)
            ? std::optional(Match { Match::Certain, "has prefill, decode and per_token with units" })
            : isOfOtherTask(benchmark)
            ? std::optional(Match { Match::Likely, "has the phases of a benchmark with units" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::uint32_t points = 0;
        const auto send = [&](const Benchmark& benchmark) {
            if (isOfText(benchmark)) {
                sink.point(pointOf(benchmark, points++));
            }
        };
        std::vector<std::string> titles;
        const auto report = input.family() == Family::Json
            ? input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
                  send(Benchmark(root));
                  return {};
              })
            : input.csv([&](const read::CsvRow& row) -> Result<void> {
                  if (titles.empty()) {
                      titles = titlesOf(row);
                  } else if (!row.empty()) {
                      send(Benchmark(row, titles));
                  }
                  return {};
              });
        if (!report) {
            return report.error();
        }
        if (points == 0) {
            return Error { input.name(), {}, "the report has neither prefill nor decode of a text generation",
                "Run the scenario with the task text-generation" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<OptimumBenchmark> registered;

} // namespace

} // namespace prism::formats
