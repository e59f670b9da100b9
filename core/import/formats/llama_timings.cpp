// SPDX-License-Identifier: GPL-3.0-or-later
// The timings that llama.cpp's programs print at their end and its server after each request: "prompt eval
// time", "eval time", each with its count; and the speeds that llama-cli prints behind each answer. A block
// is a request; the numbers of a model's point are derived from them.
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/llama_log.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace prism::formats {

namespace {

constexpr std::string_view promptLabel = "prompt eval time";
constexpr std::string_view evalLabel = "eval time";
constexpr std::string_view speedLabel = "[ Prompt: ";
constexpr std::uint32_t mostKept = 1000; ///< lines of speeds, as they stand in the text

/// What stands behind a label and its "=", before which the server of 2024 pads.
std::optional<std::string_view> behind(std::string_view text, std::string_view label)
{
    const std::size_t at = text.find(label);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view rest = read::trimmed(text.substr(at + label.size()));
    return rest.starts_with('=') ? std::optional(rest.substr(1)) : std::nullopt;
}

/// Lines of the server are of its function print_timing or print_timings, those of the other programs of
/// llama_print_timings and other names.
bool isOfServer(std::string_view text)
{
    const std::size_t at = text.find("print_timing");
    return text.find("generation eval time") != std::string_view::npos
        || (at != std::string_view::npos && !text.substr(0, at).ends_with("llama_"));
}

struct Timing {
    double milliseconds = 0;
    double count = 0;
    /// The first token, with which the time begins, is among those counted: by the server. Programs count the
    /// runs of the model, each of which gives one more.
    bool withFirst = false;
    double cached = 0; ///< tokens before those counted, which the server had already
};

/// "   1234.56 ms /    63 runs   (   19.60 ms per token,    51.03 tokens per second)"
std::optional<Timing> timingOf(std::string_view text, bool server)
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
    return Timing { *time, *count, server || what.starts_with("tokens"), 0 };
}

/// A number with one decimal, whose mark is that of the user's language: "178,2 t/s".
std::optional<double> speedOf(std::string_view text)
{
    std::string number(read::trimmed(text.substr(0, text.find(" t/s"))));
    if (const std::size_t size = number.size(); size > 2 && number[size - 2] == ',') {
        number[size - 2] = '.';
    }
    return read::parseDecimal(number);
}

struct Speeds {
    double prompt = 0;
    double generation = 0;
};

/// "[ Prompt: 57.0 t/s | Generation: 5.5 t/s ]", whose counts are not told.
std::optional<Speeds> speedsOf(std::string_view text)
{
    constexpr std::string_view label = "Generation: ";
    const std::size_t at = text.find(label);
    if (!text.starts_with(speedLabel) || !text.ends_with(" t/s ]") || at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto prompt = speedOf(text.substr(speedLabel.size()));
    const auto generation = speedOf(text.substr(at + label.size()));
    return prompt && generation ? std::optional(Speeds { *prompt, *generation }) : std::nullopt;
}

/// What is known of the model that answers.
struct Loaded {
    std::string name;
    std::string path;
    Extra build; ///< "b8083-ae2d3f28a"
    Extra type; ///< "Q4_K - Medium"
};

/// The answers of one model, at least one.
class Model {
public:
    Model(Sink& sink, std::uint32_t index, const Loaded& loaded)
        : m_sink(sink)
        , m_out(index)
    {
        if (!loaded.name.empty()) {
            m_out.attribute("model", loaded.name, {}, loaded.path);
        }
        m_out.attribute("engine", std::string("llama.cpp"));
        if (const std::size_t dash = loaded.build.text.find('-'); dash != std::string::npos) {
            m_out.attribute("engine_version",
                loaded.build.text.substr(0, dash) + " (" + loaded.build.text.substr(dash + 1) + ')',
                loaded.build.text, loaded.build.path);
        }
        if (!loaded.type.text.empty()) {
            m_out.attribute("precision", loaded.type.text, {}, loaded.type.path);
        }
    }

    void timed(const std::optional<Timing>& prompt, const std::optional<Timing>& eval)
    {
        RequestRow row;
        row.index = m_requests++;
        if (prompt) {
            const double length = prompt->count + prompt->cached;
            row.isl = wholeNumber(length);
            m_prefill.push_back(prompt->milliseconds);
            m_lengths.push_back(length);
        }
        if (eval && eval->count > 0 && eval->milliseconds > 0) {
            m_overN = m_overN || eval->withFirst;
            m_perToken.push_back(eval->milliseconds / eval->count);
            if (eval->withFirst) {
                row.osl = wholeNumber(eval->count);
            }
        }
        m_sink.request(m_out.point().index, std::move(row));
    }

    void speeds(const read::TextLine& line, std::string_view text, const Speeds& speeds)
    {
        if (speeds.prompt > 0) {
            m_promptSpeed.push_back(speeds.prompt);
        }
        if (speeds.generation > 0) {
            m_speed.push_back(speeds.generation);
        }
        if (++m_answers <= mostKept) {
            m_out.extra(line.place.text(), text);
        }
    }

    void finish()
    {
        if (m_requests > 0) {
            m_out.derived("requests", Stat::value(), m_requests, "number of timings in the text");
            derivedDistribution(m_out, "prefill_time", m_prefill, "prompt eval time");
            derivedDistribution(m_out, "isl", m_lengths, "tokens of prompt eval time and of the cache");
            derivedDistribution(m_out, "tpot", m_perToken,
                m_overN ? "eval time / tokens" : "eval time / runs", m_overN ? "over-n" : "");
        } else {
            // Where a program prints both, these are of the same answers.
            m_out.derived("requests", Stat::value(), m_answers, "number of speeds in the text");
            derivedDistribution(m_out, "output_throughput_per_user", m_speed, "Generation t/s", "over-n");
            if (m_promptSpeed.size() == 1) {
                m_out.derived("input_throughput", Stat::value(), m_promptSpeed.front(),
                    "Prompt t/s, one prompt at a time");
            }
        }
        m_sink.point(m_out.take());
    }

private:
    Sink& m_sink;
    PointWriter m_out;
    std::uint32_t m_requests = 0;
    std::uint32_t m_answers = 0;
    std::vector<double> m_prefill, m_lengths, m_perToken, m_promptSpeed, m_speed;
    bool m_overN = false;
};

/// The models in the order of their first answers.
class Models {
public:
    explicit Models(Sink& sink)
        : m_sink(sink)
    {
    }

    Model& of(const Loaded& loaded)
    {
        const auto [it, fresh] = m_index.try_emplace(loaded.name + '\n' + loaded.build.text, m_models.size());
        if (fresh) {
            m_models.push_back(
                std::make_unique<Model>(m_sink, static_cast<std::uint32_t>(m_models.size()), loaded));
        }
        return *m_models[it->second];
    }

    /// Number of points.
    std::uint32_t finish()
    {
        for (const auto& model : m_models) {
            model->finish();
        }
        return static_cast<std::uint32_t>(m_models.size());
    }

private:
    Sink& m_sink;
    std::map<std::string, std::size_t> m_index;
    std::vector<std::unique_ptr<Model>> m_models;
};

bool hasTimings(const read::Node& reply)
{
    return reply.has("/timings/prompt_ms") && reply.has("/timings/predicted_ms")
        && reply.has("/timings/predicted_n");
}

/// Answers of the server, each a document or in an array.
class Replies : public read::DocumentHandler {
public:
    explicit Replies(Sink& sink)
        : m_models(sink)
    {
    }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (root.isArray()) {
            for (const read::Node& reply : root) {
                answer(reply);
            }
        } else {
            answer(root);
        }
        return {};
    }
    std::uint32_t finish() { return m_models.finish(); }

private:
    void answer(const read::Node& reply)
    {
        if (!hasTimings(reply)) {
            return; // a chunk of a stream, an error
        }
        const auto timing = [&reply](const char* milliseconds, const char* count) -> std::optional<Timing> {
            const read::Node* time = reply.at(milliseconds);
            const read::Node* tokens = reply.at(count);
            const auto ms = time ? time->number() : std::nullopt;
            const auto n = tokens ? tokens->number() : std::nullopt;
            return ms && n && *n > 0 ? std::optional(Timing { *ms, *n, true, 0 }) : std::nullopt;
        };
        Loaded loaded;
        if (const read::Node* model = reply.find("model"); model && model->isString()) {
            loaded.name = model->text();
            loaded.path = model->pointer();
        }
        auto prompt = timing("/timings/prompt_ms", "/timings/prompt_n");
        const read::Node* cached = reply.at("/timings/cache_n");
        if (prompt && cached) {
            prompt->cached = cached->number().value_or(0);
        }
        m_models.of(loaded).timed(prompt, timing("/timings/predicted_ms", "/timings/predicted_n"));
    }

    Models m_models;
};

class Blocks {
public:
    explicit Blocks(Sink& sink)
        : m_models(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = read::trimmed(line.text);
        if (text.empty() || names(line, text)) {
            return;
        }
        // Speculative examples print the timings of both models' steps, which are no requests.
        m_steps = m_steps || (m_draft && behind(text, "load time"));
        m_draft = text == "draft:";
        if (const auto prompt = behind(text, promptLabel)) {
            generated(std::nullopt);
            m_prompt = timingOf(*prompt, isOfServer(text));
        } else if (const auto eval = behind(text, evalLabel)) {
            generated(timingOf(*eval, isOfServer(text)));
        } else if (const auto speeds = speedsOf(text)) {
            m_models.of(m_loaded).speeds(line, text, *speeds);
            m_answered = true;
        } else if (text.find("error: ") != std::string_view::npos
            || text.find("error loading") != std::string_view::npos) {
            m_failed = !m_answered;
        }
    }

    /// Number of points.
    std::uint32_t finish()
    {
        generated(std::nullopt);
        return m_models.finish();
    }
    bool leftSteps() const { return m_left; }

private:
    /// Whether the line names a model, a build or a type: of the loading log, or of the banner of llama-cli.
    bool names(const read::TextLine& line, std::string_view text)
    {
        const auto banner = [text](std::string_view label) {
            return text.starts_with(label) ? read::trimmed(text.substr(label.size())) : std::string_view();
        };
        const std::string_view logged = loadedModel(text);
        const std::string_view model = logged.empty() ? banner("model      : ") : logged;
        if (!model.empty()) {
            loaded(model, line.place.text());
        } else if (const std::string_view build = banner("build      : "); !build.empty()) {
            m_build = { line.place.text(), std::string(build) };
        } else if (const std::string_view type = banner("ftype      : "); !type.empty() && !m_answered) {
            m_loaded.type = { line.place.text(), std::string(type) };
        } else {
            return false;
        }
        return true;
    }

    /// A second model before the first answer is one that drafts, unless the first could not be loaded.
    void loaded(std::string_view name, std::string place)
    {
        if (!m_loaded.name.empty() && !m_answered && !m_failed) {
            return;
        }
        generated(std::nullopt);
        m_loaded = { std::string(name), std::move(place), std::exchange(m_build, {}), {} };
        m_answered = m_failed = m_steps = false;
    }

    void generated(const std::optional<Timing>& eval)
    {
        if (m_prompt || (eval && eval->count > 0)) {
            if (m_steps) {
                m_left = true;
            } else {
                m_models.of(m_loaded).timed(m_prompt, eval);
            }
            m_answered = true;
        }
        m_prompt.reset();
    }

    Models m_models;
    Loaded m_loaded;
    Extra m_build; ///< of the model whose name comes next
    std::optional<Timing> m_prompt;
    bool m_answered = false; ///< the model that is loaded
    bool m_failed = false; ///< an error before its first answer
    bool m_draft = false; ///< the line before was "draft:"
    bool m_steps = false;
    bool m_left = false;
};

class LlamaTimings : public Importer {
public:
    ImporterInfo info() const override { return { "llama-timings", "llama.cpp timings", 2, 0 }; }

    /// The timings stand behind the results of llama.cpp's benchmarks, too: those come first.
    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            const read::Node* first
                = sample.document->isArray() ? sample.document->at("/0") : sample.document;
            return first && hasTimings(*first)
                ? std::optional(Match { Match::Likely, "has the timings of an answer of llama.cpp's server" })
                : std::nullopt;
        }
        const bool timings = sample.textContains(promptLabel) && sample.textContains(" ms per token");
        const bool speeds = sample.textContains(speedLabel) && sample.textContains(" t/s | Generation: ");
        return timings || speeds ? std::optional(Match { Match::Possible, "holds timings of llama.cpp" })
                                 : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return input.family() == Family::Json ? readReplies(input, sink) : readText(input, sink);
    }

private:
    static Result<void> readReplies(Input& input, Sink& sink)
    {
        read::Plan plan;
        // Prompts and answers are nobody's business here.
        plan.skip = { "/content", "/prompt", "/choices", "/generation_settings", "/tokens", "/*/content",
            "/*/prompt", "/*/choices", "/*/generation_settings", "/*/tokens" };
        Replies replies(sink);
        const auto report = input.documents(plan, replies);
        if (!report) {
            return report.error();
        }
        if (replies.finish() == 0) {
            return Error { input.name(), {}, "no answer in the file has timings",
                "Save the whole answers of the server" };
        }
        sink.report(*report);
        return {};
    }

    static Result<void> readText(Input& input, Sink& sink)
    {
        Blocks blocks(sink);
        const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
            blocks.line(line);
            return {};
        });
        if (!report) {
            return report.error();
        }
        if (blocks.finish() == 0) {
            return blocks.leftSteps() ? Error { input.name(), {},
                "the timings are of the steps of speculative decoding, not of requests",
                "Save the log of llama-server, which times its requests" }
                                      : Error { input.name(), {}, "the text holds no timing with a count",
                                            "Save the whole output of the program" };
        }
        if (blocks.leftSteps()) {
            sink.warn({ "steps-left-out",
                "The timings below \"draft:\" are of the steps of speculative decoding, not of requests: "
                "they are "
                "left out.",
                {} });
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<LlamaTimings> registered;

} // namespace

} // namespace prism::formats
