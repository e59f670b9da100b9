// SPDX-License-Identifier: GPL-3.0-or-later
// The output of Ollama's `bench`, in each of its versions: "BenchmarkModel/name=M/step=S N V unit …", rows of
// NAME,STEP,COUNT,NS_PER_COUNT,TOKEN_PER_SEC, and a Markdown table. An epoch is one request, a line a step.
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/ollama/ollama_requests.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <set>

namespace prism::formats::ollama {

namespace {

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t at = std::min(text.find(separator), text.size());
        if (const std::string_view part = read::trimmed(text.substr(0, at));
            !part.empty() || separator != ' ') {
            parts.push_back(part);
        }
        text.remove_prefix(std::min(at + 1, text.size()));
    }
    return parts;
}

/// One step of one epoch.
struct Step {
    std::string_view model;
    std::string_view name;
    std::optional<double> tokens; ///< where the line says how many
    std::optional<double> seconds; ///< of the whole step
    std::optional<double> rate; ///< tokens a second; 0 stands for "not applicable" and is none
    std::string_view rateText;
    std::string ratePath;
};

class Bench {
public:
    explicit Bench(Sink& sink)
        : m_models(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = read::trimmed(line.text);
        if (text.starts_with("# Model:")) {
            description(text.substr(2), line);
        } else if (text.starts_with("BenchmarkModel/name=")) {
            benchstat(text, line);
        } else if (const auto cells = read::tableCells(line.text); cells.size() >= 6) {
            markdown(cells, line);
        } else if (const auto fields = split(text, ','); fields.size() >= 5) {
            csv(fields, line);
        }
    }

    std::uint32_t finish()
    {
        for (auto& [key, run] : m_runs) {
            endOfEpoch(run);
            rates(run, run.prefill, "input_throughput");
            rates(run, run.generate, "output_throughput");
        }
        return m_models.finish();
    }

private:
    struct Rate {
        double value;
        std::string text;
        std::string path;
    };
    struct Run {
        Model* model = nullptr;
        Answer answer;
        std::set<std::string> seen; ///< steps of this epoch
        std::vector<Rate> prefill, generate;
    };

    /// "Model: gemma3 | Params: 4.3B | Quant: Q4_K_M | …": of the lines below it.
    void description(std::string_view text, const read::TextLine& line)
    {
        m_described.clear();
        m_quantisation.clear();
        m_description = { line.place.text(), std::string(text) };
        for (const std::string_view part : split(text, '|')) {
            if (part.starts_with("Model:")) {
                m_described = read::trimmed(part.substr(6));
            } else if (part.starts_with("Quant:")) {
                m_quantisation = read::trimmed(part.substr(6));
            }
        }
    }

    /// "BenchmarkModel/name=M/step=prefill 128 78125.00 ns/token 12800.00 token/sec": the number behind the
    /// name is the tokens, but newer versions write 1 there.
    void benchstat(std::string_view text, const read::TextLine& line)
    {
        const auto words = split(text, ' ');
        if (words.size() < 4) {
            return;
        }
        std::string_view name = words[0].substr(std::string_view("BenchmarkModel/name=").size());
        Step step;
        step.name = "total";
        if (const std::size_t at = name.rfind("/step="); at != std::string_view::npos) {
            step.name = name.substr(at + 6);
            name = name.substr(0, at);
        }
        step.model = name;
        for (std::size_t i = 3; i < words.size(); i += 2) {
            const auto number = read::consoleNumber(words[i - 1]);
            if (number && words[i] == "token/sec") {
                step.rate = number;
                step.rateText = words[i - 1];
                step.ratePath = place(line, words[i - 1]);
            } else if (number && (words[i] == "ns/op" || words[i] == "ns/request")) {
                step.seconds = *number / 1e9;
            } else if (number && words[i] == "processed-prompt-token") {
                step.tokens = number;
            }
        }
        const auto count = read::consoleNumber(words[1]);
        if (!step.tokens && count && *count > 1) {
            step.tokens = count;
        }
        add("benchstat", step);
    }

    void csv(const std::vector<std::string_view>& fields, const read::TextLine& line)
    {
        const auto count = read::consoleNumber(fields[2]);
        const auto each = read::consoleNumber(fields[3]);
        if (!count || !each) {
            return; // the header, or a table of something else
        }
        Step step;
        step.model = fields[0];
        step.name = fields[1];
        step.seconds = *count * *each / 1e9;
        step.rate = read::consoleNumber(fields[4]);
        step.rateText = fields[4];
        step.ratePath = place(line, fields[4]);
        if (isRate(step.name)) {
            step.tokens = count;
        }
        add("csv", step);
    }

    void markdown(const std::vector<read::TableCell>& cells, const read::TextLine& line)
    {
        const auto count = read::consoleNumber(cells[2].text);
        if (!count) {
            return;
        }
        Step step;
        step.model = cells[0].text;
        step.name = cells[1].text;
        step.seconds = read::goDurationSeconds(cells[3].text);
        step.rate = read::consoleNumber(cells[5].text);
        step.rateText = cells[5].text;
        step.ratePath = line.at(cells[5].offset).text();
        if (isRate(step.name)) {
            step.tokens = count;
        }
        add("markdown", step);
    }

    static bool isStep(std::string_view name)
    {
        static constexpr std::string_view steps[] = { "prefill", "generate", "ttft", "load", "total" };
        return std::find(std::begin(steps), std::end(steps), name) != std::end(steps);
    }
    static bool isRate(std::string_view step) { return step == "prefill" || step == "generate"; }

    static std::string place(const read::TextLine& line, std::string_view part)
    {
        return line.at(static_cast<std::size_t>(part.data() - line.text.data())).text();
    }

    /// The same run may stand in a document in two encodings, which are two points.
    void add(const char* encoding, const Step& step)
    {
        if (!isStep(step.name)) {
            return; // a table of something else
        }
        const auto [it, fresh] = m_runs.try_emplace(encoding + std::string("\n") + std::string(step.model));
        Run& run = it->second;
        if (fresh) {
            run.model = &m_models.of(std::string(step.model), step.ratePath, encoding);
            if (m_described == step.model) {
                if (!m_quantisation.empty()) {
                    run.model->writer().attribute("precision", m_quantisation, {}, m_description.path);
                }
                run.model->writer().extra(m_description.path, m_description.text);
            }
        }
        if (!run.seen.insert(std::string(step.name)).second) {
            endOfEpoch(run);
            run.seen.insert(std::string(step.name));
        }
        const auto tokens = wholeNumber(step.tokens);
        const bool rated = step.rate && *step.rate > 0;
        if (step.name == "prefill") {
            run.answer.prompted = tokens;
            run.answer.prompt = step.seconds;
        } else if (step.name == "generate") {
            run.answer.generated = tokens;
            run.answer.generate = step.seconds;
        } else if (step.name == "ttft") {
            run.answer.ttft = step.seconds;
        } else if (step.name == "load") {
            run.answer.load = step.seconds;
        } else if (step.name == "total") {
            run.answer.total = step.seconds;
        }
        if (rated && isRate(step.name)) {
            (step.name == "prefill" ? run.prefill : run.generate)
                .push_back({ *step.rate, std::string(step.rateText), step.ratePath });
        }
    }

    static void endOfEpoch(Run& run)
    {
        if (!run.seen.empty()) {
            run.model->add(run.answer);
        }
        run.answer = {};
        run.seen.clear();
    }

    /// Each rate is of its own phase, one request at a time.
    static void rates(Run& run, const std::vector<Rate>& rates, const char* metric)
    {
        PointWriter& out = run.model->writer();
        if (rates.size() == 1) {
            out.measure(
                metric, Stat::value(), rates[0].text, rates[0].path, "token/sec", source::tokensPerSecond);
        } else if (!rates.empty()) {
            double sum = 0;
            for (const Rate& rate : rates) {
                sum += rate.value;
            }
            out.derived(metric, Stat::value(), sum / static_cast<double>(rates.size()),
                "mean of token/sec over " + std::to_string(rates.size()) + " epochs");
        }
    }

    Models m_models;
    std::map<std::string, Run> m_runs;
    std::string m_described;
    std::string m_quantisation;
    Extra m_description;
};

} // namespace

Result<void> readBench(Input& input, Sink& sink)
{
    Bench bench(sink);
    const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
        bench.line(line);
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (bench.finish() == 0) {
        return Error { input.name(), {}, "the text holds no step of Ollama's bench",
            "Save the whole output of the benchmark" };
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats::ollama
