// SPDX-License-Identifier: GPL-3.0-or-later
// SGLang's benchmarks without a client: bench_one_batch (JSON lines, console text, and the tables that
// wrappers make of them), bench_one_batch_server and bench_offline_throughput. All times are seconds; -1 was
// not measured.
#include "core/import/formats/console_arguments.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>

namespace prism::formats {

namespace {

struct Number {
    std::string_view key;
    std::string_view metric;
    Stat stat;
    SourceUnit unit;
};
/// A batch of requests of one length, each step of which is timed.
const Number batchNumbers[] = {
    { "prefill_latency", "prefill_time", Stat::mean(), source::latencySeconds },
    { "prefill_throughput", "input_throughput", Stat::value(), source::tokensPerSecond },
    { "median_decode_latency", "tpot", Stat::percentile(50), source::latencySeconds },
    { "median_decode_throughput", "output_throughput", Stat::value(), source::tokensPerSecond },
    { "total_latency", "duration", Stat::value(), source::seconds },
    { "overall_throughput", "total_throughput", Stat::value(), source::tokensPerSecond },
};
/// The same through a server: the first tokens are those of the request that got it last.
const Number serverNumbers[] = {
    { "latency", "duration", Stat::value(), source::seconds },
    { "ttft", "ttft", Stat::max(), source::latencySeconds },
    { "last_ttft", "ttft", Stat::max(), source::latencySeconds },
    { "total_output_tokens", "output_tokens", Stat::value(), source::one },
    { "input_throughput", "input_throughput", Stat::value(), source::tokensPerSecond },
    { "output_throughput", "output_throughput", Stat::value(), source::tokensPerSecond },
    { "overall_throughput", "total_throughput", Stat::value(), source::tokensPerSecond },
    { "cache_hit_rate", "prefix_cache_hit_rate", Stat::value(), source::ratio },
};
const Number offlineNumbers[] = {
    { "successful_requests", "requests_ok", Stat::value(), source::one },
    { "total_latency", "duration", Stat::value(), source::seconds },
    { "total_input_tokens", "input_tokens", Stat::value(), source::one },
    { "total_output_tokens", "output_tokens", Stat::value(), source::one },
    { "request_throughput", "request_throughput", Stat::value(), source::requestsPerSecond },
    { "input_throughput", "input_throughput", Stat::value(), source::tokensPerSecond },
    { "output_throughput", "output_throughput", Stat::value(), source::tokensPerSecond },
    { "total_throughput", "total_throughput", Stat::value(), source::tokensPerSecond },
};

bool isBatch(const read::Node& root)
{
    return root.find("batch_size") && root.find("input_len") && root.find("output_len")
        && (root.find("prefill_latency") || root.find("overall_throughput")
            || root.find("last_gen_throughput"));
}

bool isOffline(const read::Node& root)
{
    return root.find("successful_requests") && root.find("total_latency") && root.find("backend")
        && (root.find("last_gen_throughput") || root.find("request_throughput"));
}

/// Rates of prompts and of tokens are over the time of their phase, which the rate of both is not; where they
/// add up to that one, all are over the whole time.
void markPhases(PointWriter& out)
{
    const auto rate = [&](const char* metric) {
        const Measure* m = out.point().measure(metric, Stat::value());
        return m && m->status == Status::Ok ? m->value : 0;
    };
    const double both = rate("input_throughput") + rate("output_throughput");
    if (rate("total_throughput") > 0 && both <= 1.02 * rate("total_throughput")) {
        return;
    }
    for (Measure& m : out.point().measures) {
        if (m.metric->id == "input_throughput") {
            m.semantics = "prefill-only";
        } else if (m.metric->id == "output_throughput") {
            m.semantics = "decode-only";
        }
    }
}

/// The server's own speed is told by SGLang; through the client of another server it is -1.
bool provesEngine(const read::Node& root)
{
    const read::Node* speed = root.find("last_gen_throughput");
    return !speed || speed->lenientNumber().value_or(0) >= 0;
}

/// The prompts' time is the time to the first token of a batch that waits for nothing.
void derivedFirstToken(PointWriter& out)
{
    const Measure* prefill = out.point().measure("prefill_time", Stat::mean());
    if (prefill && prefill->status == Status::Ok) {
        out.derived("ttft", Stat::mean(), prefill->value,
            "prefill_latency: the prompts of the batch together", "prefill-only");
    }
}

LoadPoint pointOf(const read::Node& root, std::uint32_t index)
{
    PointWriter out(index);
    const bool offline = isOffline(root);
    const bool server = !offline && !root.find("prefill_latency");
    const auto take = [&](const Number& n) {
        const read::Node* value = root.find(n.key);
        if (value && value->lenientNumber().value_or(0) >= 0 && !out.point().measure(n.metric, n.stat)) {
            out.measure(n.metric, n.stat, value, n.unit);
        }
    };
    if (offline) {
        std::for_each(std::begin(offlineNumbers), std::end(offlineNumbers), take);
        out.attribute("load_mode", std::string("offline"));
    } else if (server) {
        std::for_each(std::begin(serverNumbers), std::end(serverNumbers), take);
        markPhases(out);
        out.attribute("concurrency", root.find("batch_size"));
        out.attribute("load_mode", std::string("concurrency"));
    } else {
        std::for_each(std::begin(batchNumbers), std::end(batchNumbers), take);
        markPhases(out);
        derivedFirstToken(out);
        out.attribute("load_mode", std::string("offline"));
    }
    if (!server || provesEngine(root)) {
        out.attribute("engine", std::string("sglang"));
    }
    out.attribute("batch_size", root.find("batch_size"));
    out.attribute("isl_target", root.find("input_len"));
    out.attribute("osl_target", root.find("output_len"));
    if (const read::Node* name = root.find("run_name"); name && name->isString()) {
        out.point().label = name->text();
        out.point().group = "sglang-batch " + std::string(name->text());
    }
    out.extras(root);
    return out.take();
}

/// "Prefill. latency: 0.46342 s, throughput:   9316.59 token/s" and its like, a block a batch. The block
/// before the line "Benchmark ..." is the warm-up.
class Console {
public:
    explicit Console(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = line.text;
        const std::size_t at = std::min({ text.find("Prefill. latency:"), text.find("Decode. "),
            text.find("Decode 0."), text.find("Total. latency:"), text.find("Benchmark ...") });
        if (at == std::string_view::npos) {
            return;
        }
        const std::string_view body = text.substr(at);
        if (body.starts_with("Benchmark ...")) {
            if (!m_blocks.empty()) {
                m_blocks.pop_back();
            }
            m_out.reset();
        } else if (body.starts_with("Prefill.")) {
            m_out.emplace(0);
            value(line, "Prefill. latency", body, "latency: ", "prefill_time", Stat::mean(),
                source::latencySeconds);
            value(line, "Prefill. throughput", body, "throughput: ", "input_throughput", Stat::value(),
                source::tokensPerSecond);
        } else if (m_out && body.starts_with("Decode 0.")) {
            number(line, body, "Batch size: ");
        } else if (m_out && body.find("median latency:") != std::string_view::npos) {
            value(line, "Decode. median latency", body, "median latency: ", "tpot", Stat::percentile(50),
                source::latencySeconds);
            value(line, "Decode. median throughput", body, "median throughput: ", "output_throughput",
                Stat::value(), source::tokensPerSecond);
        } else if (m_out && body.starts_with("Total.")) {
            value(line, "Total. latency", body, "latency: ", "duration", Stat::value(), source::seconds);
            value(line, "Total. throughput", body, "throughput: ", "total_throughput", Stat::value(),
                source::tokensPerSecond);
            markPhases(*m_out);
            derivedFirstToken(*m_out);
            m_out->attribute("engine", std::string("sglang"));
            m_out->attribute("load_mode", std::string("offline"));
            m_blocks.push_back(m_out->take());
            m_out.reset();
        }
    }

    std::uint32_t finish()
    {
        std::uint32_t points = 0;
        for (LoadPoint& block : m_blocks) {
            block.index = points++;
            m_sink.point(std::move(block));
        }
        return points;
    }

private:
    static std::string_view wordBehind(std::string_view body, std::string_view label)
    {
        const std::size_t at = body.find(label);
        const std::string_view rest = at == std::string_view::npos
            ? std::string_view()
            : read::trimmed(body.substr(at + label.size()));
        return rest.substr(0, rest.find_first_of(" ,"));
    }

    void value(const read::TextLine& line, std::string_view given, std::string_view body,
        std::string_view label, std::string_view metric, Stat stat, SourceUnit unit)
    {
        if (const std::string_view word = wordBehind(body, label); read::consoleNumber(word)) {
            m_out->measure(metric, stat, word,
                line.at(static_cast<std::size_t>(word.data() - line.text.data())).text(), given, unit);
        }
    }

    void number(const read::TextLine& line, std::string_view body, std::string_view label)
    {
        const std::string_view word = wordBehind(body, label);
        if (const auto batch = read::consoleNumber(word)) {
            wholeAttribute(*m_out, "batch_size", batch,
                line.at(static_cast<std::size_t>(word.data() - line.text.data())).text());
        }
    }

    Sink& m_sink;
    std::optional<PointWriter> m_out;
    std::vector<LoadPoint> m_blocks; ///< the last may still prove to be a warm-up
};

/// What the client of a server prints: a number a line, a case behind each "batch size: 16". Cases of the
/// warm-up stand between two lines of their own.
class ServerConsole {
public:
    explicit ServerConsole(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = pastedLine(line.text);
        if (text.find("= Warmup Begin =") != std::string_view::npos) {
            end();
            m_warmUp = true;
        } else if (text.find("= Warmup End") != std::string_view::npos) {
            m_warmUp = false;
        } else if (!m_warmUp && text.starts_with("batch size: ")) {
            end();
            m_out.emplace(0);
        }
        if (m_out) {
            take(line, text);
        }
    }

    /// The first point is number `points`; returns how many there are then.
    std::uint32_t finish(std::uint32_t points)
    {
        end();
        for (LoadPoint& point : m_points) {
            point.index = points++;
            m_sink.point(std::move(point));
        }
        return points;
    }

private:
    void take(const read::TextLine& line, std::string_view text)
    {
        static constexpr std::pair<std::string_view, std::string_view> settings[] = {
            { "batch size: ", "batch_size" },
            { "batch size: ", "concurrency" },
            { "input_len: ", "isl_target" },
            { "output_len: ", "osl_target" },
        };
        static const Number numbers[] = {
            { "latency: ", "duration", Stat::value(), source::seconds },
            { "ttft: ", "ttft", Stat::max(), source::latencySeconds },
            { "last_ttft: ", "ttft", Stat::max(), source::latencySeconds },
            { "input throughput: ", "input_throughput", Stat::value(), source::tokensPerSecond },
            { "output throughput: ", "output_throughput", Stat::value(), source::tokensPerSecond },
            { "cache hit rate: ", "prefix_cache_hit_rate", Stat::value(), source::ratio },
        };
        const std::size_t colon = text.find(": ");
        const std::string_view label = text.substr(0, colon == std::string_view::npos ? 0 : colon + 2);
        const std::string_view rest = read::trimmed(text.substr(label.size()));
        const std::string_view word = rest.substr(0, rest.find(' '));
        const auto number = read::consoleNumber(word);
        if (label.empty() || !number) {
            return;
        }
        const std::string place = line.at(static_cast<std::size_t>(word.data() - line.text.data())).text();
        for (const auto& [known, attribute] : settings) {
            if (known == label) {
                wholeAttribute(*m_out, attribute, number, place);
            }
        }
        for (const Number& known : numbers) {
            if (known.key == label && !m_out->point().measure(known.metric, known.stat)) {
                m_out->measure(known.metric, known.stat, word, place, label.substr(0, colon), known.unit);
            }
        }
        if (label == "last generation throughput: " && *number >= 0) {
            m_out->attribute("engine", std::string("sglang"));
        }
    }

    void end()
    {
        if (m_out && !m_out->point().measures.empty()) {
            markPhases(*m_out);
            m_out->attribute("load_mode", std::string("concurrency"));
            m_points.push_back(m_out->take());
        }
        m_out.reset();
    }

    Sink& m_sink;
    std::optional<PointWriter> m_out;
    std::vector<LoadPoint> m_points;
    bool m_warmUp = false;
};

struct CsvColumn {
    std::string_view title;
    std::string_view metric;
    Stat stat;
    SourceUnit unit;
};
const CsvColumn csvColumns[] = {
    { "Prefill_latency(s)", "prefill_time", Stat::mean(), source::latencySeconds },
    { "Median_decode_latency(s)", "tpot", Stat::percentile(50), source::latencySeconds },
    { "E2E_Latency(s)", "duration", Stat::value(), source::seconds },
    { "Prefill_Throughput(token/s)", "input_throughput", Stat::value(), source::tokensPerSecond },
    { "Median_Decode_Throughput(token/s)", "output_throughput", Stat::value(), source::tokensPerSecond },
    { "E2E_Throughput(token/s)", "total_throughput", Stat::value(), source::tokensPerSecond },
};
constexpr std::pair<std::string_view, std::string_view> csvSettings[]
    = { { "TP", "tp" }, { "batch_size", "batch_size" }, { "IL", "isl_target" }, { "OL", "osl_target" } };

bool isCsvHeader(const read::CsvRow& row)
{
    const auto has = [&](std::string_view title) {
        return std::any_of(row.begin(), row.end(), [&](const read::Cell& c) { return c.text == title; });
    };
    return has("Prefill_latency(s)") && has("Median_decode_latency(s)") && has("batch_size");
}

LoadPoint csvPoint(const std::vector<std::string>& titles, const read::CsvRow& row, std::uint32_t index)
{
    PointWriter out(index);
    out.point().group = "sglang-batch";
    for (std::size_t i = 0; i < std::min(titles.size(), row.size()); ++i) {
        const std::string place = row[i].place.text();
        const auto number = row[i].value();
        const auto* setting = std::find_if(std::begin(csvSettings), std::end(csvSettings),
            [&](const auto& s) { return s.first == titles[i]; });
        const auto* column = std::find_if(std::begin(csvColumns), std::end(csvColumns),
            [&](const CsvColumn& c) { return c.title == titles[i]; });
        if (setting != std::end(csvSettings) && number) {
            wholeAttribute(out, setting->second, number, place);
        } else if (column != std::end(csvColumns)) {
            out.measure(column->metric, column->stat, row[i], column->title, column->unit);
        } else {
            out.extra(place, titles[i] + ": " + std::string(row[i].text));
        }
    }
    markPhases(out);
    derivedFirstToken(out);
    out.attribute("engine", std::string("sglang"));
    out.attribute("load_mode", std::string("offline"));
    return out.take();
}

class SglangBatch : public Importer {
public:
    ImporterInfo info() const override { return { "sglang-batch", "SGLang bench_one_batch", 3, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            // People gather lines in an array.
            const read::Node* root = sample.document;
            const read::Node* first = root->isArray() ? root->at("/0") : root;
            return first && isBatch(*first)
                ? std::optional(Match { Match::Certain, "has batch_size, input_len and speeds" })
                : first && isOffline(*first) ? std::optional(
                      Match { Match::Certain, "has successful_requests and total_latency of an offline run" })
                                             : std::nullopt;
        }
        if (std::any_of(sample.rows.begin(), sample.rows.end(), &isCsvHeader)) {
            return Match { Match::Certain,
                "has the columns Prefill_latency(s) and Median_decode_latency(s)" };
        }
        if (sample.textContains("Prefill. latency:") && sample.textContains("Total. latency:")) {
            return Match { Match::Certain, "holds lines of Prefill. latency and Total. latency" };
        }
        return sample.textContains("batch size: ") && sample.textContains("output_len: ")
                && sample.textContains("input throughput: ")
            ? std::optional(
                Match { Match::Likely, "holds lines of batch size, output_len and input throughput" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::uint32_t points = 0;
        const auto take = [&](const read::Node& root) {
            if (isBatch(root) || isOffline(root)) {
                sink.point(pointOf(root, points++));
            }
        };
        Result<read::ReadReport> report = input.family() == Family::Json
            ? input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
                  if (root.isArray()) {
                      std::for_each(root.begin(), root.end(), take);
                  } else {
                      take(root);
                  }
                  return {};
              })
            : readTable(input, sink, points);
        if (report && points == 0 && input.family() != Family::Json) {
            Console console(sink);
            ServerConsole server(sink);
            report = input.lines([&](const read::TextLine& line) -> Result<void> {
                console.line(line);
                server.line(line);
                return {};
            });
            points = report ? server.finish(console.finish()) : 0;
        }
        if (!report) {
            return report.error();
        }
        if (points == 0) {
            return Error { input.name(), {}, "the file holds no batch that ended",
                "Check whether the benchmark ended" };
        }
        sink.report(*report);
        return {};
    }

private:
    static Result<read::ReadReport> readTable(Input& input, Sink& sink, std::uint32_t& points)
    {
        std::vector<std::string> titles;
        return input.csv([&](const read::CsvRow& row) -> Result<void> {
            if (isCsvHeader(row)) {
                titles.clear();
                for (const read::Cell& cell : row) {
                    titles.emplace_back(cell.text);
                }
            } else if (!titles.empty() && row.size() == titles.size()) {
                sink.point(csvPoint(titles, row, points++));
            }
            return {};
        });
    }
};

const RegisterImporter<SglangBatch> registered;

} // namespace

} // namespace prism::formats
