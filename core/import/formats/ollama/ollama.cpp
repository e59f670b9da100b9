// SPDX-License-Identifier: GPL-3.0-or-later
// Ollama's own numbers: the blocks of `ollama run --verbose`, and the answers of its API.
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/ollama/ollama_requests.h"
#include "core/import/secrets.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace prism::formats::ollama {

namespace {

/// A label of a block. The longer ones stand first: "eval count:" ends "prompt eval count:".
struct Label {
    std::string_view text;
    std::optional<double> Answer::*seconds;
    std::optional<std::int64_t> Answer::*count;
};
constexpr Label labels[] = {
    { "total duration:", &Answer::total, nullptr },
    { "load duration:", &Answer::load, nullptr },
    { "prompt eval count:", nullptr, &Answer::prompted },
    { "prompt eval duration:", &Answer::prompt, nullptr },
    { "prompt eval rate:", nullptr, nullptr },
    { "eval count:", nullptr, &Answer::generated },
    { "eval duration:", &Answer::generate, nullptr },
    { "eval rate:", nullptr, nullptr },
};
constexpr std::string_view lastLabel = "eval rate:";

/// "token(s)" behind a count, "tokens/s" behind a rate.
std::optional<double> withoutUnit(std::string_view value)
{
    return read::consoleNumber(value.substr(0, value.find(' ')));
}

/// The label of a line and what stands behind it. A spinner may stand before it, an answer that speaks of
/// labels may not.
std::optional<std::pair<const Label*, std::string_view>> labelled(std::string_view text)
{
    for (const Label& label : labels) {
        const std::size_t at = text.find(label.text);
        if (at == std::string_view::npos) {
            continue;
        }
        const std::string_view before = text.substr(0, at);
        const bool words = std::any_of(
            before.begin(), before.end(), [](unsigned char c) { return c < 0x80 && std::isalnum(c); });
        if (words) {
            return std::nullopt;
        }
        return std::pair(&label, read::trimmed(text.substr(at + label.text.size())));
    }
    return std::nullopt;
}

/// Whether a command was typed behind `before`, the prompt of a shell. ">>> " is that of Ollama itself.
bool isShell(std::string_view before)
{
    before = read::trimmed(before);
    static constexpr std::string_view signs[] = { "$", "#", "%", ">", "❯" };
    return !before.starts_with(">>>")
        && std::any_of(std::begin(signs), std::end(signs),
            [before](std::string_view sign) { return before.ends_with(sign); });
}

/// The model behind "ollama run ", between its options.
std::string_view modelOf(std::string_view arguments)
{
    std::string_view rest = read::trimmed(arguments);
    while (rest.starts_with("--")) {
        const bool valued = rest.starts_with("--keepalive ") || rest.starts_with("--format ");
        for (int words = valued ? 2 : 1; words > 0; --words) {
            rest = read::trimmed(rest.substr(std::min(rest.find(' '), rest.size())));
        }
    }
    return rest.substr(0, rest.find_first_of(" \"'"));
}

/// "model_name = gemma3:1b" and the command "ollama run gemma3:1b --verbose"; the verbosity may also be set
/// later, in the session. What an answer may have in it, too, is looked at before the first block only:
/// the command without a shell's prompt, and "Model: gemma3:1b".
std::string_view namedModel(std::string_view line, bool beforeBlocks)
{
    const std::string_view text = read::trimmed(line);
    constexpr std::string_view command = "ollama run ";
    if (const std::size_t at = text.find(command); at != std::string_view::npos) {
        const std::string_view before = text.substr(0, at);
        return text.find("--verbose") != std::string_view::npos || isShell(before)
                || (beforeBlocks && before.empty())
            ? modelOf(text.substr(at + command.size()))
            : std::string_view();
    }
    const std::size_t sign = text.find_first_of("=:");
    if (sign == std::string_view::npos) {
        return {};
    }
    const std::string_view name = read::trimmed(text.substr(0, sign));
    if (!read::equalsIgnoringCase(name, "model_name")
        && !(beforeBlocks && read::equalsIgnoringCase(name, "model"))) {
        return {};
    }
    std::string_view value = read::trimmed(text.substr(sign + 1));
    while (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
        value.remove_prefix(1);
    }
    value = value.substr(0, value.find_first_of("\"'"));
    return value.find(' ') == std::string_view::npos ? value : std::string_view();
}

class Blocks {
public:
    explicit Blocks(Sink& sink)
        : m_models(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const auto found = labelled(line.text);
        if (!found) {
            if (const std::string_view model = namedModel(line.text, !m_any); !model.empty()) {
                endOfBlock();
                m_model = model;
                m_place = line.place.text();
            }
            return;
        }
        m_any = true;
        const auto& [label, value] = *found;
        if (label == std::begin(labels)) {
            endOfBlock();
        }
        if (label->seconds) {
            m_answer.*label->seconds = read::goDurationSeconds(value);
        } else if (label->count) {
            m_answer.*label->count = wholeNumber(withoutUnit(value));
        }
        if (label->text == lastLabel) {
            endOfBlock();
        }
    }

    std::uint32_t finish()
    {
        endOfBlock();
        return m_models.finish();
    }

private:
    /// A block without a generated token is an answer that broke off.
    void endOfBlock()
    {
        if (m_answer.total || m_answer.generate) {
            m_models.of(m_model, m_place).add(m_answer);
        }
        m_answer = {};
    }

    Models m_models;
    Answer m_answer;
    std::string m_model;
    std::string m_place;
    bool m_any = false; ///< a line of a block was seen
};

class Replies {
public:
    explicit Replies(Sink& sink)
        : m_models(sink)
        , m_sink(sink)
    {
    }

    void document(const read::Node& root)
    {
        if (root.isArray()) {
            for (const read::Node& reply : root) {
                document(reply);
            }
            return;
        }
        const auto seconds = [&](const char* key) -> std::optional<double> {
            const read::Node* node = root.find(key);
            const auto ns = node ? node->number() : std::nullopt;
            return ns ? std::optional(*ns / 1e9) : std::nullopt;
        };
        const auto count = [&](const char* key) {
            const read::Node* node = root.find(key);
            return node ? node->integer() : std::nullopt;
        };
        Answer answer;
        answer.total = seconds("total_duration");
        answer.generate = seconds("eval_duration");
        if (!answer.total && !answer.generate) {
            if (const read::Node* error = root.find("error"); error && error->isString()) {
                addError(withoutSecrets(error->text().substr(0, longestError)));
            }
            return; // a chunk of a stream
        }
        answer.load = seconds("load_duration");
        answer.prompt = seconds("prompt_eval_duration");
        answer.prompted = count("prompt_eval_count");
        answer.generated = count("eval_count");
        const read::Node* created = root.find("created_at");
        answer.end = created ? epochOfUtcText(created->text()) : std::nullopt;
        const read::Node* model = root.find("model");
        m_models
            .of(model && model->isString() ? std::string(model->text()) : std::string(),
                model ? model->pointer() : std::string())
            .add(answer);
    }
    std::uint32_t finish()
    {
        // An error names no model: of one model's answers it is one of its requests, of several it is
        // anyone's.
        Model* only = m_models.only();
        std::uint64_t errors = 0;
        for (const auto& [error, count] : m_errors) {
            errors += count;
            for (std::uint64_t i = 0; only && i < count; ++i) {
                only->fail(error);
            }
        }
        if (const auto others = m_errors.find(anotherError); others != m_errors.end()) {
            m_sink.warn({ "errors-cut",
                std::to_string(others->second) + (others->second == 1 ? " answer has" : " answers have")
                    + " another error than the first " + std::to_string(mostErrors)
                    + " different ones: their text is left out.",
                {} });
        }
        if (!only && errors > 0) {
            m_sink.warn({ "failed-answers",
                std::to_string(errors)
                    + " answers are errors that name no model: no model's requests count them.",
                {} });
        }
        return m_models.finish();
    }

private:
    static constexpr std::size_t longestError = 512;
    static constexpr std::size_t mostErrors = 1000; ///< different ones
    static constexpr const char* anotherError = "another error";

    void addError(std::string text)
    {
        const bool known = m_errors.contains(text);
        ++m_errors[known || m_errors.size() < mostErrors ? std::move(text) : anotherError];
    }

    Models m_models;
    Sink& m_sink;
    std::map<std::string, std::uint64_t> m_errors; ///< how often each was answered
};

bool isReply(const read::Node& root)
{
    const bool ended = root.find("eval_count") && root.find("eval_duration") && root.find("total_duration");
    const bool chunk = root.find("model") && root.find("created_at") && root.find("done")
        && (root.find("response") || root.find("message"));
    return ended || chunk;
}

bool isBenchText(const Sample& sample)
{
    return sample.textContains("BenchmarkModel/name=") || sample.textContains("NAME,STEP,COUNT,NS_PER_COUNT")
        || (sample.textContains("nsPerToken") && sample.textContains("tokensPerSec"));
}

class Ollama : public Importer {
public:
    ImporterInfo info() const override { return { "ollama", "Ollama", 3, 20 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            const read::Node* first
                = sample.document->isArray() ? sample.document->at("/0") : sample.document;
            return first && isReply(*first)
                ? std::optional(Match { Match::Certain, "has the counts and durations of an Ollama answer" })
                : std::nullopt;
        }
        if (isBenchText(sample)) {
            return Match { Match::Certain, "holds lines of Ollama's bench" };
        }
        return sample.textContains("eval rate:") && sample.textContains("eval duration:")
                && sample.textContains("total duration:")
            ? std::optional(Match { Match::Certain, "holds blocks with eval count and eval rate" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() == Family::Json) {
            return readReplies(input, sink);
        }
        // Nothing is sent by the reader that finds nothing.
        auto blocks = readVerbose(input, sink);
        return blocks ? blocks : readBench(input, sink);
    }
};

const RegisterImporter<Ollama> registered;

} // namespace

Result<void> readVerbose(Input& input, Sink& sink)
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
        return Error { input.name(), {}, "the log holds no block of durations",
            "Run: ollama run MODEL --verbose" };
    }
    sink.report(*report);
    return {};
}

Result<void> readReplies(Input& input, Sink& sink)
{
    read::Plan plan;
    // Prompts and answers are nobody's business here.
    plan.skip = { "/response", "/message", "/thinking", "/context", "/*/response", "/*/message",
        "/*/thinking", "/*/context" };
    class Handler : public read::DocumentHandler {
    public:
        explicit Handler(Replies& replies)
            : m_replies(replies)
        {
        }
        Result<void> document(const read::Node& root, std::size_t) override
        {
            m_replies.document(root);
            return {};
        }

    private:
        Replies& m_replies;
    };
    Replies replies(sink);
    Handler handler(replies);
    const auto report = input.documents(plan, handler);
    if (!report) {
        return report.error();
    }
    if (replies.finish() == 0) {
        return Error { input.name(), {}, "the stream holds no last message, which tells counts and durations",
            "Save the whole answer, to the line with \"done\": true" };
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats::ollama
