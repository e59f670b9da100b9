// SPDX-License-Identifier: GPL-3.0-or-later
// LoadGen of MLPerf Inference: the summary, the detail log, the text of the accuracy scripts, and the
// description of the system, which belongs to a result and is none.
#include "core/import/formats/mlperf_loadgen/mlperf_accuracy.h"
#include "core/import/formats/mlperf_loadgen/mlperf_result.h"
#include "core/import/importer.h"
#include "core/import/nearest_whole.h"
#include "core/read/numbers.h"

#include <algorithm>

namespace prism::formats {

namespace {

constexpr std::string_view summaryTitle = "MLPerf Results Summary";
constexpr std::string_view detailMark = ":::MLLOG ";

bool isSystem(const read::Node& root)
{
    return root.find("accelerator_model_name") && root.find("submitter");
}

/// The detail log of versions before 1.0 has no results: "pid": 1, "tid": 2, "ts": 3ns : message.
bool isOldDetail(std::string_view line)
{
    return line.starts_with("\"pid\": ") && line.find(", \"tid\": ") != std::string_view::npos
        && line.find("ns : ") != std::string_view::npos;
}

/// mlperf_log_accuracy.json, an answer a line; submissions cut it in the middle, so that it is no JSON.
constexpr std::string_view answerKey = "\"qsl_idx\"";
/// All that the summary of an accuracy run says.
constexpr std::string_view lastLine = "errors encountered during test";

/// "Mean latency (ns)   : 12", with the name trimmed of its padding, or a heading without a value; empty for
/// banners and prose.
std::optional<MlperfResult::Field> fieldOf(const read::TextLine& line)
{
    const std::size_t colon = line.text.find(':');
    const std::size_t begins = line.text.find_first_not_of(" \t");
    // " * Early stopping 90th percentile estimate: …" is advice, not a result.
    if (colon == std::string_view::npos || begins >= colon || line.text[begins] == '*') {
        return std::nullopt;
    }
    std::string name(read::trimmed(line.text.substr(0, colon)));
    const std::size_t value = line.text.find_first_not_of(" \t", colon + 1);
    if (value == std::string_view::npos) {
        return MlperfResult::Field { std::move(name), {}, line.place.text() };
    }
    return MlperfResult::Field { std::move(name), std::string(read::trimmed(line.text.substr(value))),
        line.at(value).text() };
}

/// The number of "No errors encountered during test." and "2 warnings encountered. See detailed log."
std::optional<std::uint64_t> countOf(std::string_view line, std::string_view lowerCase)
{
    const std::string_view text = read::trimmed(line);
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view rest = read::trimmed(text.substr(space));
    if (!read::equalsIgnoringCase(rest.substr(0, lowerCase.size()), lowerCase)
        || rest.find(" encountered") == std::string_view::npos) {
        return std::nullopt;
    }
    const auto number = read::parseDecimal(text.substr(0, space));
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(number ? nearestWhole(*number).value_or(0) : 0, 0));
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
            m_begun = m_inside = true;
        } else if (m_inside) {
            inside(line);
        }
    }
    /// Sends what was read of the summary. A run that measured accuracy only has no numbers.
    void end()
    {
        LoadPoint point = mlperfPoint(m_points, m_result, m_path);
        if (m_result.hasVerdict() || !point.measures.empty()) {
            m_sink.point(std::move(point));
            ++m_points;
        }
        m_result = {};
        m_heading.clear();
        m_inside = false;
    }
    bool begun() const { return m_begun; }
    bool isInside() const { return m_inside; }
    std::uint32_t points() const { return m_points; }
    std::uint64_t fields() const { return m_fields; }

private:
    void inside(const read::TextLine& line)
    {
        if (const auto warnings = countOf(line.text, "warning")) {
            m_result.warnings = { *warnings, {}, line.place.text() };
        } else if (const auto errors = countOf(line.text, "error")) {
            // The last line of a summary; on a console, other programs' lines follow.
            m_result.errors = { *errors, {}, line.place.text() };
            end();
        } else if (auto field = fieldOf(line)) {
            m_heading = field->text.empty() ? field->name : std::string();
            m_fields += field->text.empty() ? 0 : 1;
            m_result.fields.push_back(std::move(*field));
        } else {
            sentence(line);
        }
    }
    /// Recommendations, and what early stopping found, below their headings.
    void sentence(const read::TextLine& line)
    {
        const std::string_view text = read::trimmed(line.text);
        if (text.empty() || text.starts_with("==")) {
            m_heading.clear();
        } else if (!m_heading.empty()) {
            m_result.fields.push_back({ m_heading, std::string(text), line.place.text() });
        }
    }

    const std::string& m_path;
    Sink& m_sink;
    bool m_begun = false;
    bool m_inside = false;
    std::string m_heading;
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
            MlperfResult::Field field { std::string(key->text()), std::string(value->text()),
                line.at(brace + value->place().byte).text() };
            count(m_result.errors, entry.at("/metadata/is_error"), field);
            count(m_result.warnings, entry.at("/metadata/is_warning"), field);
            if (belongsToResult(field.name)) {
                m_result.fields.push_back(std::move(field));
            }
        };
        OneDocument handler(take);
        // A line that a kill cut short says nothing.
        (void)read::readJson(*source, read::Plan {}, handler);
    }
    const MlperfResult& result() const { return m_result; }

private:
    static void count(
        MlperfResult::Problems& problems, const read::Node* flag, const MlperfResult::Field& field)
    {
        if (flag && flag->boolean().value_or(false) && problems.count++ == 0) {
            problems.first = field.text;
            problems.place = field.place;
        }
    }

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
            || line.find("\"is_error\": true") != std::string_view::npos
            || line.find("\"is_warning\": true") != std::string_view::npos;
    }

    MlperfResult m_result;
};

/// Lines of logs that belong to a result and hold none.
struct Sidecar {
    std::uint64_t rows = 0;
    bool seen = false;

    void line(std::string_view text)
    {
        const bool row = text.find(answerKey) != std::string_view::npos || isOldDetail(text);
        rows += row ? 1 : 0;
        seen = seen || row || text.find(lastLine) != std::string_view::npos;
    }
};

class MlperfLoadgen : public Importer {
public:
    ImporterInfo info() const override { return { "mlperf-loadgen", "MLPerf LoadGen", 2, 20 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document && isSystem(*sample.document)) {
            return Match { Match::Certain, "has accelerator_model_name and submitter" };
        }
        if (sample.complete && !sample.document && isMlperfAccuracy(sample.head)) {
            return Match { Match::Likely, "has scores and the hash of an accuracy log" };
        }
        if (sample.textContains("\"seq_id\"") && sample.textContains(answerKey)) {
            return Match { Match::Certain, "has seq_id and qsl_idx of LoadGen's answers" };
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
        if (isOldDetail(sample.head.substr(0, sample.head.find('\n')))) {
            return Match { Match::Likely, "has pid, tid and ts of LoadGen's early detail log" };
        }
        constexpr std::size_t longest = 200;
        if (sample.complete && sample.head.size() < longest && sample.textContains(lastLine)) {
            return Match { Match::Likely, "ends as LoadGen's summary does" };
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
        MlperfAccuracy accuracy;
        Sidecar sidecar;
        const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
            summary.line(line);
            detail.line(line);
            if (!summary.begun() && detail.result().fields.empty()) {
                accuracy.line(line);
                sidecar.line(line.text);
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
            sendDetail(input, detail, sink);
            return {};
        }
        if (summary.begun()) {
            // An accuracy run measures no performance: its settings are all that the summary holds.
            sink.attach({ { "rows", summary.fields() } });
            return {};
        }
        if (auto scores = accuracy.take(input.name())) {
            sink.point(std::move(*scores));
        } else if (sidecar.seen || accuracy.hashed()) {
            sink.attach(sidecar.rows > 0 ? std::map<std::string, std::uint64_t> { { "rows", sidecar.rows } }
                                         : std::map<std::string, std::uint64_t> {});
        } else {
            return Error { input.name(), {}, "the log names no result, as a run that was ended early does",
                "Drop mlperf_log_summary.txt of a run that ended" };
        }
        return {};
    }

    static void sendDetail(Input& input, const DetailReader& detail, Sink& sink)
    {
        LoadPoint point = mlperfPoint(0, detail.result(), input.name());
        if (detail.result().hasVerdict() || !point.measures.empty()) {
            sink.point(std::move(point));
        } else {
            // An accuracy run: its settings are all that the log holds.
            sink.attach({ { "rows", detail.result().fields.size() } });
        }
    }
};

const RegisterImporter<MlperfLoadgen> registered;

} // namespace

} // namespace prism::formats
