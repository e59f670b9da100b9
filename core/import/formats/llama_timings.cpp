// SPDX-License-Identifier: GPL-3.0-or-later
// The timings that llama.cpp's programs print at their end and its server after each request: "prompt eval
// time", "eval time", each with its count. A block is a request; the point's numbers are derived from them.
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>

namespace prism::formats {

namespace {

constexpr std::string_view promptLabel = "prompt eval time =";
constexpr std::string_view evalLabel = "eval time =";

struct Timing {
    double milliseconds = 0;
    double count = 0;
    /// Runs of the model, each of which gives one more token; a count of tokens has the first one in it, too.
    bool runs = false;
};

/// "   1234.56 ms /    63 runs   (   19.60 ms per token,    51.03 tokens per second)"
std::optional<Timing> timingOf(std::string_view text)
{
    const std::size_t unit = text.find(" ms /");
    if (unit == std::string_view::npos) {
        return std::nullopt;
    }
    const auto time = read::consoleNumber(text.substr(0, unit));
    const std::string_view rest = read::trimmed(text.substr(unit + 5));
    const std::size_t space = std::min(rest.find(' '), rest.size());
    const auto count = read::consoleNumber(rest.substr(0, space));
    const std::string_view what = read::trimmed(rest.substr(space));
    if (!time || !count || (!what.starts_with("runs") && !what.starts_with("tokens"))) {
        return std::nullopt;
    }
    return Timing { *time, *count, what.starts_with("runs") };
}

/// The model file of llama.cpp's loading log: "… tensors from FILE (version GGUF V3".
std::string_view loadedModel(std::string_view line)
{
    constexpr std::string_view from = " tensors from ";
    const std::size_t begin = line.find(from);
    const std::size_t end = line.find(" (version GGUF");
    return begin == std::string_view::npos || end == std::string_view::npos || end <= begin + from.size()
        ? std::string_view()
        : line.substr(begin + from.size(), end - begin - from.size());
}

class Blocks {
public:
    explicit Blocks(Sink& sink)
        : m_sink(sink)
        , m_out(0)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = line.text;
        if (const std::string_view model = loadedModel(text); !model.empty()) {
            m_out.attribute("model", std::string(model), {}, line.place.text());
            return;
        }
        const std::size_t prompt = text.find(promptLabel);
        const std::size_t eval = text.find(evalLabel);
        if (prompt != std::string_view::npos) {
            m_prompt = timingOf(text.substr(prompt + promptLabel.size()));
        } else if (eval != std::string_view::npos) {
            generated(timingOf(text.substr(eval + evalLabel.size())));
        }
    }

    bool finish()
    {
        if (m_requests == 0) {
            return false;
        }
        m_out.attribute("engine", std::string("llama.cpp"));
        m_out.derived("requests", Stat::value(), m_requests, "number of timings in the text");
        derivedDistribution(m_out, "prefill_time", m_prefill, "prompt eval time");
        derivedDistribution(m_out, "isl", m_lengths, "tokens of prompt eval time");
        derivedDistribution(m_out, "tpot", m_perToken, m_overN ? "eval time / tokens" : "eval time / runs",
            m_overN ? "over-n" : "");
        m_sink.point(m_out.take());
        return true;
    }

private:
    void generated(const std::optional<Timing>& eval)
    {
        const bool any = m_prompt || (eval && eval->count > 0);
        if (any) {
            RequestRow row;
            row.index = m_requests++;
            if (m_prompt) {
                row.isl = wholeNumber(m_prompt->count);
                m_prefill.push_back(m_prompt->milliseconds);
                m_lengths.push_back(m_prompt->count);
            }
            if (eval && eval->count > 0 && eval->milliseconds > 0) {
                m_overN = m_overN || !eval->runs;
                m_perToken.push_back(eval->milliseconds / eval->count);
                if (!eval->runs) {
                    row.osl = wholeNumber(eval->count);
                }
            }
            m_sink.request(0, std::move(row));
        }
        m_prompt.reset();
    }

    Sink& m_sink;
    PointWriter m_out;
    std::optional<Timing> m_prompt;
    std::uint32_t m_requests = 0;
    std::vector<double> m_prefill, m_lengths, m_perToken;
    bool m_overN = false;
};

class LlamaTimings : public Importer {
public:
    ImporterInfo info() const override { return { "llama-timings", "llama.cpp timings", 1, 0 }; }

    /// The timings stand behind the results of llama.cpp's benchmarks, too: those come first.
    std::optional<Match> recognise(const Sample& sample) const override
    {
        return !sample.document && sample.textContains(promptLabel)
                && sample.textContains("tokens per second")
            ? std::optional(Match { Match::Possible, "holds timings of llama.cpp" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        Blocks blocks(sink);
        const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
            blocks.line(line);
            return {};
        });
        if (!report) {
            return report.error();
        }
        if (!blocks.finish()) {
            return Error { input.name(), {}, "the text holds no timing with a count",
                "Save the whole output of the program" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<LlamaTimings> registered;

} // namespace

} // namespace prism::formats
