// SPDX-License-Identifier: GPL-3.0-or-later
// LoadGen of MLPerf Inference: the summary, the detail log, the text of the accuracy scripts, and the
// description of the system, which belongs to a result and is none.
#include "core/import/formats/mlperf_loadgen/mlperf_result.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <cctype>

namespace prism::formats {

namespace {

constexpr std::string_view summaryTitle = "MLPerf Results Summary";
constexpr std::string_view detailMark = ":::MLLOG ";

bool isSystem(const read::Node& root)
{
    return root.find("accelerator_model_name") && root.find("submitter");
}

/// "hash=" and 64 hexadecimal digits, which the submission tools append to what an accuracy script printed.
bool holdsHash(std::string_view text)
{
    constexpr std::string_view mark = "hash=";
    for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
        const std::string_view digits = text.substr(at + mark.size(), 64);
        if (digits.size() == 64 && std::all_of(digits.begin(), digits.end(), [](unsigned char c) {
                return std::isxdigit(c) != 0;
            })) {
            return true;
        }
    }
    return false;
}

/// "{'rouge1': '38.58', 'tokens_per_sample': 290.1}" and "accuracy=76.46%, good=38230": pairs of a name and a
/// number, with the offset of the number.
struct Score {
    std::string_view name;
    std::string_view text;
    std::size_t offset = 0;
};

std::vector<Score> scoresOf(std::string_view line)
{
    const auto word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '@' || c == '.';
    };
    std::vector<Score> scores;
    for (std::size_t at = line.find_first_of(":="); at != std::string_view::npos;
         at = line.find_first_of(":=", at + 1)) {
        std::size_t end = at;
        while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\'' || line[end - 1] == '"')) {
            --end;
        }
        std::size_t begin = end;
        while (begin > 0 && word(line[begin - 1])) {
            --begin;
        }
        const std::size_t from = line.find_first_not_of(" '\"", at + 1);
        const std::size_t to = std::min(line.find_first_of(",'\"}%; \t", from), line.size());
        if (begin < end && from != std::string_view::npos) {
            scores.push_back({ line.substr(begin, end - begin), line.substr(from, to - from), from });
        }
    }
    return scores;
}

/// Scores of 0 to 100 as the accuracy scripts print them; counts of what was generated are no scores.
bool isScore(std::string_view name)
{
    static constexpr std::string_view scores[] = { "rouge1", "rouge2", "rougel", "rougelsum", "accuracy",
        "map", "f1", "exact_match", "gsm8k", "gsm8k_accuracy", "mbxp", "mbxp_accuracy", "em" };
    return std::any_of(std::begin(scores), std::end(scores),
        [&](std::string_view score) { return read::equalsIgnoringCase(name, score); });
}

/// The few lines that an accuracy script prints: scores, mostly with the hash of the log behind them.
bool isAccuracy(std::string_view text)
{
    constexpr std::size_t longest = 64u << 10;
    const bool rouge
        = text.find("'rouge1'") != std::string_view::npos && text.find("'gen_len'") != std::string_view::npos;
    if (text.size() > longest || (!rouge && !holdsHash(text))) {
        return false;
    }
    const std::vector<Score> scores = scoresOf(text);
    return std::any_of(scores.begin(), scores.end(), [](const Score& score) { return isScore(score.name); });
}

/// "Mean latency (ns)   : 12", with the name trimmed of its padding; empty for banners and prose.
std::optional<MlperfResult::Field> fieldOf(const read::TextLine& line)
{
    const std::size_t colon = line.text.find(':');
    const std::size_t begins = line.text.find_first_not_of(" \t");
    // " * Early stopping 90th percentile estimate: …" is advice, not a result.
    if (colon == std::string_view::npos || begins >= colon || line.text[begins] == '*') {
        return std::nullopt;
    }
    const std::size_t value = line.text.find_first_not_of(" \t", colon + 1);
    if (value == std::string_view::npos) {
        return std::nullopt;
    }
    return MlperfResult::Field { std::string(read::trimmed(line.text.substr(0, colon))),
        std::string(read::trimmed(line.text.substr(value))), line.at(value).text() };
}

class SummaryReader {
public:
    SummaryReader(const std::string& path, Sink& sink)
        : m_path(path)
        , m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        if (line.text.find(summaryTitle) != std::string_view::npos) {
            end();
            m_begun = true;
        } else if (auto field = m_begun ? fieldOf(line) : std::nullopt) {
            m_result.fields.push_back(std::move(*field));
            ++m_fields;
        }
    }
    /// Sends what was read of the summary. A run that measured accuracy only has no numbers.
    void end()
    {
        LoadPoint point = mlperfPoint(m_points, m_result, m_path);
        if (!point.measures.empty()) {
            m_sink.point(std::move(point));
            ++m_points;
        }
        m_result = {};
    }
    bool begun() const { return m_begun; }
    std::uint32_t points() const { return m_points; }
    std::uint64_t fields() const { return m_fields; }

private:
    const std::string& m_path;
    Sink& m_sink;
    bool m_begun = false;
    MlperfResult m_result;
    std::uint64_t m_fields = 0;
    std::uint32_t m_points = 0;
};

class OneDocument : public read::DocumentHandler {
public:
    explicit OneDocument(const std::function<void(const read::Node&)>& each)
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

/// ":::MLLOG {"key": …, "value": …, "metadata": {"is_error": …}}", a line an entry.
class DetailReader {
public:
    void line(const read::TextLine& line)
    {
        const std::size_t mark = line.text.find(detailMark);
        const std::size_t brace = line.text.find('{', mark);
        if (mark == std::string_view::npos || brace == std::string_view::npos || !concernsResult(line.text)) {
            return;
        }
        const auto source = read::memorySource(std::string(line.text.substr(brace)));
        const std::function<void(const read::Node&)> take = [&](const read::Node& entry) {
            const read::Node* key = entry.find("key");
            const read::Node* value = entry.find("value");
            if (!key || !value || !value->isScalar()) {
                return;
            }
            const read::Node* error = entry.at("/metadata/is_error");
            if (error && error->boolean().value_or(false)) {
                ++m_errors;
            }
            if (belongsToResult(key->text())) {
                m_result.fields.push_back({ std::string(key->text()), std::string(value->text()),
                    line.at(brace + value->place().byte).text() });
            }
        };
        OneDocument handler(take);
        // A line that a kill cut short says nothing.
        (void)read::readJson(*source, read::Plan {}, handler);
    }
    const MlperfResult& result() const { return m_result; }
    std::uint64_t errors() const { return m_errors; }

private:
    /// The log's own bookkeeping and the texts of commits are no part of a result.
    static bool belongsToResult(std::string_view key)
    {
        static constexpr std::string_view kept[] = { "result_", "effective_", "early_stopping",
            "loadgen_version", "test_datetime", "sut_name", "qsl_name" };
        return std::any_of(std::begin(kept), std::end(kept),
            [&](std::string_view beginning) { return key.starts_with(beginning); });
    }

    /// Logs of accuracy runs have a line a sample: those are not parsed.
    static bool concernsResult(std::string_view line)
    {
        constexpr std::string_view key = "\"key\": \"";
        const std::size_t at = line.find(key);
        return at == std::string_view::npos || belongsToResult(line.substr(at + key.size()))
            || line.find("\"is_error\": true") != std::string_view::npos;
    }

    MlperfResult m_result;
    std::uint64_t m_errors = 0;
};

class MlperfLoadgen : public Importer {
public:
    ImporterInfo info() const override { return { "mlperf-loadgen", "MLPerf LoadGen", 1, 20 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document && isSystem(*sample.document)) {
            return Match { Match::Certain, "has accelerator_model_name and submitter" };
        }
        if (sample.complete && isAccuracy(sample.head)) {
            return Match { Match::Likely, "has scores and the hash of an accuracy log" };
        }
        if (sample.document) {
            return std::nullopt;
        }
        if (sample.textContains(summaryTitle)) {
            return Match { Match::Certain, "has the title MLPerf Results Summary" };
        }
        // Training runs log in the same form.
        if (sample.textContains(detailMark) && sample.textContains("\"loadgen_version\"")) {
            return Match { Match::Certain, "has lines of :::MLLOG with loadgen_version" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() == Family::Json) {
            const auto system = readSystem(input, sink);
            if (!system || *system) {
                return system ? Result<void>() : system.error();
            }
        }
        return readText(input, sink);
    }

private:
    /// False when the document is none: the scores of some accuracy scripts are JSON.
    static Result<bool> readSystem(Input& input, Sink& sink)
    {
        std::uint64_t rows = 0;
        const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            rows += isSystem(root) ? root.size() : 0;
            return {};
        });
        if (!report) {
            return report.error();
        }
        if (rows > 0) {
            sink.report(*report);
            sink.attach({ { "rows", rows } });
        }
        return rows > 0;
    }

    static Result<void> readText(Input& input, Sink& sink)
    {
        SummaryReader summary(input.name(), sink);
        DetailReader detail;
        PointWriter accuracy(0);
        const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
            summary.line(line);
            detail.line(line);
            if (!summary.begun() && detail.result().fields.empty()) {
                takeScores(accuracy, line);
            }
            return {};
        });
        if (!report) {
            return report.error();
        }
        summary.end();
        sink.report(*report);
        if (summary.points() > 0) {
            return {};
        }
        if (!detail.result().fields.empty()) {
            return sendDetail(input, detail, sink);
        }
        if (summary.begun()) {
            // An accuracy run measures no performance: its settings are all that the summary holds.
            sink.attach({ { "rows", summary.fields() } });
            return {};
        }
        LoadPoint scores = accuracy.take();
        if (scores.measures.empty()) {
            return Error { input.name(), {}, "the log names no result, as a run that was ended early does",
                "Drop mlperf_log_summary.txt of a run that ended" };
        }
        sink.point(std::move(scores));
        return {};
    }

    static Result<void> sendDetail(Input& input, const DetailReader& detail, Sink& sink)
    {
        LoadPoint point = mlperfPoint(0, detail.result(), input.name());
        if (detail.errors() > 0) {
            sink.warn({ "tool-errors",
                "LoadGen logged " + std::to_string(detail.errors()) + " errors during this run.", {} });
        }
        if (point.measures.empty()) {
            // An accuracy run: its settings are all that the log holds.
            sink.attach({ { "rows", detail.result().fields.size() } });
        } else {
            sink.point(std::move(point));
        }
        return {};
    }

    static void takeScores(PointWriter& out, const read::TextLine& line)
    {
        for (const Score& score : scoresOf(line.text)) {
            const std::string place = line.at(score.offset).text();
            const auto number = read::consoleNumber(score.text);
            if (!number) {
                continue;
            }
            if (isScore(score.name)) {
                out.measure("accuracy:" + std::string(score.name), Stat::value(), score.text, place,
                    score.name, source::percent);
            } else if (score.name == "tokens_per_sample") {
                out.measure("osl", Stat::mean(), score.text, place, score.name, source::one);
            } else {
                out.extra(place, std::string(score.name) + ": " + std::string(score.text));
            }
        }
    }
};

const RegisterImporter<MlperfLoadgen> registered;

} // namespace

} // namespace prism::formats
