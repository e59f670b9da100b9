// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/prometheus.h"

#include "core/read/errors.h"
#include "core/read/exposition_line.h"
#include "core/read/numbers.h"
#include "core/read/text_buffer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace prism::read {

namespace {

constexpr std::size_t mostLabels = 4096;

struct TypeWord {
    std::string_view word;
    FamilyType type;
};
constexpr std::array typeWords {
    TypeWord { "counter", FamilyType::Counter },
    TypeWord { "gauge", FamilyType::Gauge },
    TypeWord { "histogram", FamilyType::Histogram },
    TypeWord { "summary", FamilyType::Summary },
    TypeWord { "untyped", FamilyType::Untyped },
    TypeWord { "unknown", FamilyType::Untyped },
    TypeWord { "gaugehistogram", FamilyType::GaugeHistogram },
    TypeWord { "info", FamilyType::Info },
    TypeWord { "stateset", FamilyType::StateSet },
};

struct Suffix {
    FamilyType type;
    std::string_view text;
};
/// The endings that a family's type gives the names of its samples.
constexpr std::array suffixes {
    Suffix { FamilyType::Histogram, "_bucket" },
    Suffix { FamilyType::Histogram, "_sum" },
    Suffix { FamilyType::Histogram, "_count" },
    Suffix { FamilyType::Histogram, "_created" },
    Suffix { FamilyType::Summary, "_sum" },
    Suffix { FamilyType::Summary, "_count" },
    Suffix { FamilyType::Summary, "_created" },
    Suffix { FamilyType::Counter, "_total" },
    Suffix { FamilyType::Counter, "_created" },
    Suffix { FamilyType::GaugeHistogram, "_bucket" },
    Suffix { FamilyType::GaugeHistogram, "_gsum" },
    Suffix { FamilyType::GaugeHistogram, "_gcount" },
    Suffix { FamilyType::Info, "_info" },
};

class ExpositionReader {
public:
    ExpositionReader(
        ByteSource& source, const Budgets& budgets, PrometheusHandler& handler, std::stop_token stop)
        : m_budgets(budgets)
        , m_handler(handler)
        , m_stop(std::move(stop))
        , m_buffer(source, &m_report.text.encoding)
    {
    }

    Result<PrometheusReport> run();

private:
    Result<bool> fill();
    Result<void> line(std::uint64_t end, bool ended);
    Result<void> noSample(const Error& fault, std::size_t size, bool ended);
    Result<void> comment(ExpositionLine& line, Place begin);
    /// A family and what must be known of its metadata beside it.
    struct Known : PrometheusFamily {
        bool typed = false;
    };
    Result<Known*> familyNamed(ExpositionLine& line, Place begin);
    void keep(std::string& to, std::string_view text);
    Result<void> sample(ExpositionLine& line, PrometheusSample& out);
    Result<void> labels(ExpositionLine& line, std::string_view* name, std::vector<PrometheusLabel>& out);
    Result<PrometheusNumber> number(ExpositionLine& line, const char* what);
    Result<std::optional<PrometheusNumber>> timestamp(ExpositionLine& line);
    Result<void> exemplar(ExpositionLine& line, PrometheusSample& sample);
    const PrometheusFamily* familyOf(std::string_view name);

    const Budgets& m_budgets;
    PrometheusHandler& m_handler;
    std::stop_token m_stop;
    PrometheusReport m_report;
    TextBuffer m_buffer;
    TextCursor m_at; ///< first byte of the line
    std::uint64_t m_searched = 0; ///< no line end before this
    std::map<std::string, Known, std::less<>> m_families;
    std::size_t m_familyBytes = 0;
    PrometheusFamily m_own; ///< of a sample without metadata
    std::vector<PrometheusLabel> m_labels, m_exemplarLabels;
    bool m_braces = false; ///< behind the name of the sample
};

Result<PrometheusReport> ExpositionReader::run()
{
    for (;;) {
        const std::size_t left = m_buffer.left(m_searched);
        const void* found = left > 0 ? std::memchr(m_buffer.at(m_searched), '\n', left) : nullptr;
        if (found) {
            const auto end = m_searched
                + static_cast<std::uint64_t>(static_cast<const char*>(found) - m_buffer.at(m_searched));
            if (auto done = line(end, true); !done) {
                return done.error();
            }
            m_at.offset = end;
            m_at.nextLine();
            m_searched = m_at.offset;
            continue;
        }
        m_searched = m_buffer.end();
        const auto more = fill();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            break;
        }
    }
    if (m_at.offset < m_buffer.end()) {
        m_report.text.unendedAt = m_at.place().text();
        if (auto done = line(m_buffer.end(), false); !done) {
            return done.error();
        }
    }
    return m_report;
}

Result<bool> ExpositionReader::fill()
{
    if (m_stop.stop_requested()) {
        return cancelled();
    }
    if (m_searched - m_at.offset > m_budgets.lineBytes) {
        return overBudget("a line longer than " + sizeText(m_budgets.lineBytes), m_at.place().text());
    }
    m_buffer.release(m_at.offset);
    return m_buffer.more();
}

Result<void> ExpositionReader::line(std::uint64_t end, bool ended)
{
    char* const data = m_buffer.at(m_at.offset);
    auto size = static_cast<std::size_t>(end - m_at.offset);
    if (size > m_budgets.lineBytes) {
        return overBudget("a line longer than " + sizeText(m_budgets.lineBytes), m_at.place().text());
    }
    m_report.text.nulCharacters += static_cast<std::uint64_t>(std::count(data, data + size, '\0'));
    size -= size > 0 && data[size - 1] == '\r' ? 1 : 0;
    ExpositionLine line(data, size, m_at);
    line.blanks();
    const Place begin = line.place();
    if (line.ended()) {
        return {};
    }
    if (line.take('#')) {
        return comment(line, begin);
    }
    PrometheusSample out;
    if (auto done = sample(line, out); !done) {
        return noSample(done.error(), size, ended);
    }
    ++m_report.samples;
    return m_handler.sample(out);
}

/// With braces behind its name a line can be nothing but a sample.
Result<void> ExpositionReader::noSample(const Error& fault, std::size_t size, bool ended)
{
    if ((m_braces && ended) || !m_handler.passesOver(fault)) {
        return fault;
    }
    if (m_braces) {
        m_report.text.truncated = true;
        m_report.text.truncatedAt = std::exchange(m_report.text.unendedAt, {});
    } else {
        m_report.text.ignoredBytes += size;
    }
    return {};
}

Result<void> ExpositionReader::comment(ExpositionLine& line, Place begin)
{
    line.blanks();
    const std::string_view keyword = line.word();
    line.blanks();
    if (keyword == "EOF" && line.ended()) {
        ++m_report.text.documents;
        m_report.openMetrics = true;
        m_families.clear();
        m_familyBytes = 0;
        return m_handler.end(begin);
    }
    if ((keyword != "HELP" && keyword != "TYPE" && keyword != "UNIT") || line.ended()) {
        return {};
    }
    const auto family = familyNamed(line, begin);
    if (!family) {
        return family.error();
    }
    line.blanks();
    if (keyword == "HELP") {
        keep((*family)->help, line.rest(true));
        return {};
    }
    const std::string_view word = trimmed(line.rest(false));
    if (keyword == "UNIT") {
        keep((*family)->unit, word);
        return {};
    }
    const auto known = std::find_if(
        typeWords.begin(), typeWords.end(), [&](const TypeWord& type) { return type.word == word; });
    m_report.repeatedMetadata += (*family)->typed ? 1 : 0;
    (*family)->typed = true;
    m_report.unknownTypes += known == typeWords.end() ? 1 : 0;
    (*family)->type = known == typeWords.end() ? FamilyType::Untyped : known->type;
    return {};
}

void ExpositionReader::keep(std::string& to, std::string_view text)
{
    m_familyBytes = m_familyBytes - to.size() + text.size();
    to = text;
}

Result<ExpositionReader::Known*> ExpositionReader::familyNamed(ExpositionLine& line, Place begin)
{
    std::string_view name;
    if (line.peek() == '"') {
        const auto quoted = line.quoted();
        if (!quoted) {
            return line.fault("the quote that opens a metric's name is never closed");
        }
        name = *quoted;
    } else {
        name = line.word();
    }
    if (m_familyBytes > m_budgets.treeBytes) {
        return overBudget("more than " + sizeText(m_budgets.treeBytes) + " of metadata", begin.text());
    }
    const auto found = m_families.find(name);
    if (found != m_families.end()) {
        return &found->second;
    }
    m_familyBytes += sizeof(Known) + 2 * name.size();
    ++m_report.families;
    Known& family = m_families[std::string(name)];
    family.name = name;
    family.place = begin;
    return &family;
}

Result<void> ExpositionReader::sample(ExpositionLine& line, PrometheusSample& out)
{
    out.place = line.place();
    out.name = line.name(true);
    m_labels.clear();
    line.blanks();
    m_braces = line.take('{');
    if (m_braces) {
        if (auto done = labels(line, out.name.empty() ? &out.name : nullptr, m_labels); !done) {
            return done;
        }
    }
    if (out.name.empty()) {
        return line.fault("a metric's name is expected here");
    }
    out.labels = m_labels;
    const auto value = number(line, "a number is expected behind the metric's name");
    if (!value) {
        return value.error();
    }
    out.number = *value;
    const auto time = timestamp(line);
    if (!time) {
        return time.error();
    }
    out.timestamp = *time;
    if (line.take('#')) {
        if (auto done = exemplar(line, out); !done) {
            return done;
        }
    }
    line.blanks();
    if (!line.ended()) {
        return line.fault("something stands behind the sample");
    }
    out.family = familyOf(out.name);
    if (!out.family) {
        m_own.name = out.name;
        m_own.place = out.place;
        out.family = &m_own;
    }
    return {};
}

/// What stands between the braces. A quoted text without "=" is the metric's name, where it has none yet.
Result<void> ExpositionReader::labels(
    ExpositionLine& line, std::string_view* name, std::vector<PrometheusLabel>& out)
{
    for (;;) {
        line.blanks();
        if (line.take('}')) {
            return {};
        }
        std::string_view label;
        const bool inQuotes = line.peek() == '"';
        if (inQuotes) {
            const auto quoted = line.quoted();
            if (!quoted) {
                return line.fault("the quote that opens a name is never closed");
            }
            label = *quoted;
        } else {
            label = line.name(false);
        }
        if (label.empty()) {
            return line.fault("the name of a label is expected here");
        }
        line.blanks();
        if (inQuotes && name && name->empty() && line.peek() != '=') {
            *name = label;
        } else {
            if (!line.take('=')) {
                return line.fault("\"=\" is expected behind a label's name");
            }
            line.blanks();
            if (line.peek() != '"') {
                return line.fault("the value of a label is expected here, in quotes");
            }
            const auto value = line.quoted();
            if (!value) {
                return line.fault("the quote that opens a label's value is never closed");
            }
            if (out.size() == mostLabels) {
                return overBudget(
                    "a sample with more than " + std::to_string(mostLabels) + " labels", line.place().text());
            }
            out.push_back({ label, *value });
        }
        line.blanks();
        if (!line.take(',') && line.peek() != '}') {
            return line.fault("\",\" or \"}\" is expected behind a label");
        }
    }
}

Result<PrometheusNumber> ExpositionReader::number(ExpositionLine& line, const char* what)
{
    line.blanks();
    PrometheusNumber out;
    out.place = line.place();
    out.text = line.word();
    const auto value = parseDecimal(out.text);
    const Status word = value ? Status::Ok : nonFiniteWord(out.text);
    if (!value && word == Status::Missing) {
        return Error { {}, out.place.text(), what,
            "Check that this is the text of a /metrics page, and whole" };
    }
    const double infinite = std::numeric_limits<double>::infinity();
    out.value = value                ? *value
        : word == Status::NotANumber ? std::numeric_limits<double>::quiet_NaN()
        : out.text.front() == '-'    ? -infinite
                                     : infinite;
    return out;
}

Result<std::optional<PrometheusNumber>> ExpositionReader::timestamp(ExpositionLine& line)
{
    line.blanks();
    if (line.ended() || line.peek() == '#') {
        return std::optional<PrometheusNumber>();
    }
    const auto time = number(line, "a timestamp is expected behind the number");
    if (!time) {
        return time.error();
    }
    line.blanks();
    return std::optional<PrometheusNumber>(*time);
}

Result<void> ExpositionReader::exemplar(ExpositionLine& line, PrometheusSample& sample)
{
    line.blanks();
    m_exemplarLabels.clear();
    if (!line.take('{')) {
        return line.fault("the labels of an exemplar are expected here");
    }
    if (auto done = labels(line, nullptr, m_exemplarLabels); !done) {
        return done;
    }
    const auto value = number(line, "a number is expected behind the exemplar's labels");
    if (!value) {
        return value.error();
    }
    const auto time = timestamp(line);
    if (!time) {
        return time.error();
    }
    sample.exemplar = PrometheusExemplar { m_exemplarLabels, *value, *time };
    return {};
}

const PrometheusFamily* ExpositionReader::familyOf(std::string_view name)
{
    if (const auto found = m_families.find(name); found != m_families.end()) {
        return &found->second;
    }
    for (const Suffix& suffix : suffixes) {
        if (name.size() > suffix.text.size() && name.ends_with(suffix.text)) {
            const auto found = m_families.find(name.substr(0, name.size() - suffix.text.size()));
            if (found != m_families.end() && found->second.type == suffix.type) {
                return &found->second;
            }
        }
    }
    return nullptr;
}

} // namespace

std::optional<std::string_view> PrometheusSample::label(std::string_view wanted) const
{
    const auto found = std::find_if(
        labels.begin(), labels.end(), [&](const PrometheusLabel& label) { return label.name == wanted; });
    return found == labels.end() ? std::nullopt : std::optional(found->value);
}

Result<PrometheusReport> readPrometheus(
    ByteSource& source, const Budgets& budgets, PrometheusHandler& handler, std::stop_token stop)
{
    return ExpositionReader(source, budgets, handler, std::move(stop)).run();
}

} // namespace prism::read
