// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/proposal.h"

#include "core/mapping/mapped_row.h"
#include "core/mapping/proposal_words.h"
#include "core/read/number_marks.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>
#include <set>

namespace prism {

namespace {

using namespace proposal;
using Target = MappedValue::Target;

template <std::size_t N>
bool isIn(const std::array<std::string_view, N>& table, std::string_view text)
{
    return std::find(table.begin(), table.end(), text) != table.end();
}

/// "TTFT p50 (ms)" → ttft, p50, ms.
std::vector<std::string> wordsOf(std::string_view name)
{
    std::vector<std::string> out { "" };
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '%';
        if (c >= 'A' && c <= 'Z') {
            out.back() += static_cast<char>(c - 'A' + 'a');
        } else if (letter) {
            out.back() += c;
        } else if (!out.back().empty()) {
            out.emplace_back();
        }
    }
    if (out.back().empty()) {
        out.pop_back();
    }
    return out;
}

std::string joined(const std::vector<std::string>& parts)
{
    std::string out;
    for (const std::string& part : parts) {
        out += (out.empty() ? "" : "_") + part;
    }
    return out;
}

template <std::size_t N>
const Word* findWord(const std::array<Word, N>& table, const std::string& text)
{
    const auto it = std::find_if(table.begin(), table.end(), [&](const Word& w) { return w.text == text; });
    return it == table.end() ? nullptr : &*it;
}

const Word* findWord(const std::string& text, Mapping::Row row)
{
    const Word* word = row == Mapping::Row::Request ? findWord(requestWords, text) : nullptr;
    if (!word) {
        word = findWord(words, text);
    }
    // Numbers of a point do not stand in rows that are requests.
    return word && row == Mapping::Row::Request && word->target == Target::Measure ? nullptr : word;
}

template <std::size_t N>
std::optional<std::string> meaning(const std::array<Affix, N>& table, std::string_view text)
{
    const auto it = std::find_if(table.begin(), table.end(), [&](const Affix& a) { return a.text == text; });
    return it == table.end() ? std::nullopt : std::optional(std::string(it->means));
}

/// "p50", "p99.9" and the words for the others.
std::optional<Stat> statWord(const std::string& text)
{
    if (const auto name = meaning(stats, text)) {
        return Stat::parse(*name);
    }
    return text.size() > 1 && text[0] == 'p' ? Stat::parse(text) : std::nullopt;
}

struct Name {
    const Word* word = nullptr;
    std::optional<Stat> stat;
    std::string unit;
    bool asked = false; ///< one of askedWords stands before it
    bool measured = false; ///< one of plainWords does
};

/// The words of a column's name, or of the names on the way to a value of a document
/// ("/latency/ttft/p99_ms").
class Words {
public:
    explicit Words(std::string_view column)
    {
        while (!column.empty()) {
            const std::size_t end = std::min(column.front() == '/' ? column.find('/', 1) : column.size(),
                column.size()); // elsewhere a slash is part of a unit
            const std::vector<std::string> parts = wordsOf(column.substr(0, end));
            m_parts.insert(m_parts.end(), parts.begin(), parts.end());
            m_counts.insert(m_counts.end(), parts.empty() ? 0 : 1, parts.size());
            column.remove_prefix(end);
        }
    }

    bool empty() const { return m_parts.empty(); }
    std::string text() const { return joined(m_parts); }
    /// Of the innermost name.
    std::string innermost() const
    {
        return joined({ m_parts.end() - static_cast<std::ptrdiff_t>(m_counts.back()), m_parts.end() });
    }
    /// Of the two last words, where they are that of a throughput: "Output throughput (tok/s)".
    std::string_view rateUnit() const
    {
        const std::size_t n = m_parts.size();
        if (n < 3 || m_parts[n - 1] != "s" || m_parts[n - 3] != "throughput") {
            return {};
        }
        const std::string& what = m_parts[n - 2];
        return what == "tok" || what == "token" || what == "tokens"    ? "tok/s"
            : what == "req" || what == "request" || what == "requests" ? "req/s"
                                                                       : std::string_view();
    }
    const std::string& first() const { return m_parts.front(); }
    const std::string& last() const { return m_parts.back(); }
    /// The first one is of a name around the innermost.
    bool firstIsOuter() const { return m_counts.size() > 1; }
    void dropFirst()
    {
        m_parts.erase(m_parts.begin());
        if (--m_counts.front() == 0) {
            m_counts.erase(m_counts.begin());
        }
    }
    void dropLast()
    {
        m_parts.pop_back();
        if (--m_counts.back() == 0) {
            m_counts.pop_back();
        }
    }

private:
    std::vector<std::string> m_parts;
    std::vector<std::size_t> m_counts; ///< of each name
};

/// Takes units from the end and statistics from both ends until a known word is left. A document's outer
/// names group what they hold; any other word before a known one makes it something that is not proposed.
Name understand(std::string_view column, Mapping::Row row)
{
    Words left(column);
    Name out;
    while (!left.empty()) {
        out.word = findWord(left.text(), row);
        if (out.word) {
            return out;
        }
        // "tok_s" is no "tok" in seconds.
        const bool known = left.firstIsOuter() && findWord(left.innermost(), row) != nullptr;
        if (const std::string_view rate = known ? std::string_view() : left.rateUnit(); !rate.empty()) {
            out.unit = rate;
            left.dropLast();
            left.dropLast();
        } else if (const auto unit
            = known || !out.unit.empty() ? std::nullopt : meaning(unitWords, left.last())) {
            out.unit = *unit;
            left.dropLast();
        } else if (const auto stat = known || out.stat ? std::nullopt : statWord(left.last())) {
            out.stat = stat;
            left.dropLast();
        } else {
            const auto before = out.stat ? std::nullopt : statWord(left.first());
            const bool asked = isIn(askedWords, left.first());
            const bool plain
                = left.firstIsOuter() ? !isIn(otherWords, left.first()) : isIn(plainWords, left.first());
            if (!before && !asked && !plain) {
                return {};
            }
            out.stat = before ? before : out.stat;
            out.asked = out.asked || asked;
            out.measured = out.measured || isIn(plainWords, left.first());
            left.dropFirst();
        }
    }
    return out;
}

/// What tells the same as it was asked for; null where nothing does.
const Word* askedFor(const Word& word)
{
    static constexpr std::array attributes { Affix { "input_tokens", "isl" },
        Affix { "output_tokens", "osl" }, Affix { "request_throughput", "request_rate" } };
    if (word.target == Target::Attribute) {
        return &word;
    }
    const auto attribute
        = word.target == Target::Measure ? meaning(attributes, word.name) : std::optional<std::string>();
    return attribute ? findWord(words, *attribute) : nullptr;
}

/// Whether the number can be that statistic: the most or the mean of the requests' tokens is not their total,
/// and what was asked for has none.
bool bears(const Word& word, const Stat& stat)
{
    if (word.target != Target::Measure) {
        return false;
    }
    const Metric* metric = findMetric(word.name);
    const bool rate = metric->unit == Unit::TokenPerSecond || metric->unit == Unit::RequestPerSecond;
    return metric->shape == MetricShape::Distribution || (rate && stat == Stat::mean());
}

/// What times look like, told as a guess: a first token rarely takes less than a millisecond or more than
/// half a minute, and the next one a second. Whole requests and tests take anything between.
std::string guess(const ColumnSample& column, const std::string& name)
{
    std::vector<double> numbers;
    for (const std::string& value : column.values) {
        if (const auto number = read::consoleNumber(value)) {
            numbers.push_back(*number);
        }
    }
    if (numbers.empty() || name == "start" || name == "end") {
        return "no unit is in its name";
    }
    std::nth_element(
        numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2), numbers.end());
    const double middle = numbers[numbers.size() / 2];
    const bool token = name == "itl" || name == "tpot" || name == "ntpot" || name == "gaps";
    const double mostSeconds = token ? 1 : 30, leastMilliseconds = name == "ttft" ? 30 : token ? 1 : 1000;
    const std::string about
        = "no unit is in its name; values around " + formatNumber(middle, Unit::One, NumberStyle::Full);
    return about
        + (middle > leastMilliseconds  ? " look like milliseconds"
                : middle > mostSeconds ? " may be seconds or milliseconds"
                                       : " look like seconds");
}

bool isNumber(const std::string& text)
{
    return read::isNumberText(text) || read::consoleNumber(text).has_value()
        || !read::unclearNumber(text).empty() || read::nonFiniteWord(text) != Status::Missing;
}

/// "cuda:0": which of the devices, not which kind of device.
bool isDeviceNumber(std::string_view text)
{
    text = read::trimmed(text.substr(0, text.find(':')));
    return std::any_of(deviceKinds.begin(), deviceKinds.end(),
        [text](std::string_view kind) { return read::equalsIgnoringCase(text, kind); });
}

/// The same letters may stand for a throughput or a length: "tp", "pp".
bool isParts(const std::string& text)
{
    constexpr double most = 127;
    const auto number = read::parseDecimal(read::trimmed(std::string_view(text)));
    return number && *number >= 1 && *number <= most && *number == static_cast<double>(int(*number));
}

/// Whether what stands in the column can be it: a number in one of names ("precision" may be a score,
/// "device" the number of a card), or a name in one of numbers.
bool fits(const MappedValue& value, const ColumnSample& column)
{
    static constexpr std::array<std::string_view, 4> parts { "tp", "pp", "dp", "ep" };
    static constexpr std::array<std::string_view, 6> names { "model", "precision", "engine", "accelerator",
        "dataset", "gaps" };
    static constexpr std::array<std::string_view, 2> counts { "batch_size", "accelerator_count" };
    std::vector<std::string> said;
    std::copy_if(column.values.begin(), column.values.end(), std::back_inserter(said),
        [](const std::string& text) { return !saysNothing(text); });
    if (said.empty()) {
        return true;
    }
    if (isIn(parts, value.name)) {
        return std::all_of(said.begin(), said.end(), isParts);
    }
    const bool numbers = std::all_of(said.begin(), said.end(), isNumber);
    if (isIn(names, value.name) && numbers) {
        return false;
    }
    if (value.name == "accelerator") {
        return std::none_of(said.begin(), said.end(), isDeviceNumber);
    }
    // Times of a clock are texts.
    const bool number
        = (isNumeric(value) && value.name != "start" && value.name != "end") || isIn(counts, value.name);
    return !number || std::any_of(said.begin(), said.end(), isNumber);
}

/// "requests/s", "errors_pct": in this unit it is something else.
bool takes(const MappedValue& value, const std::string& unit)
{
    const auto kept = keptUnit(value);
    return unit.empty() || (kept && sourceUnit(unit, *kept));
}

/// A percentile or a mean of latencies is of many requests, whatever counts or starts the row.
bool isOfManyRequests(const ColumnSample& column)
{
    const Name name = understand(column.name, Mapping::Row::Point);
    return name.word && name.stat && (name.word->name == "ttft" || name.word->name == "e2e");
}

bool looksLikeRequests(const std::vector<ColumnSample>& columns)
{
    const bool signs = std::any_of(columns.begin(), columns.end(),
        [](const ColumnSample& column) { return isIn(requestSigns, joined(wordsOf(column.name))); });
    return signs && std::none_of(columns.begin(), columns.end(), isOfManyRequests);
}

} // namespace

std::optional<MappedValue> proposeValue(const ColumnSample& column, Mapping::Row row)
{
    const Name name = understand(column.name, row);
    const Word* word = name.word && name.asked ? askedFor(*name.word) : name.word;
    if (!word || (name.stat && !bears(*word, *name.stat))
        || (word->target == Target::Measure && !name.measured && isIn(unclearAlone, word->text))) {
        return std::nullopt;
    }
    MappedValue out;
    out.column = column.name;
    out.target = word->target;
    out.name = word->name;
    out.proposed = "its name says so";
    if (out.target == Target::Measure) {
        const Metric* metric = findMetric(out.name);
        const bool distribution = metric->shape == MetricShape::Distribution;
        // A distribution's one number is none: where the name has no statistic, the user states it.
        out.stat = distribution ? name.stat.value_or(Stat::value()) : Stat::value();
        if (distribution && !name.stat) {
            out.proposed = "its name says so, but not which statistic it is";
        }
    }
    if (!fits(out, column) || !takes(out, name.unit)) {
        return std::nullopt;
    }
    if (needsUnit(out)) {
        out.unit = word->unit.empty() ? name.unit : std::string(word->unit);
        const bool time = out.target == Target::Request
            || unitOf(*findMetric(out.name), out.stat) == Unit::Millisecond
            || unitOf(*findMetric(out.name), out.stat) == Unit::Second;
        if (out.unit.empty()) {
            out.proposed = time ? guess(column, out.name) : "no unit is in its name";
        }
    }
    return out;
}

Mapping proposeMapping(
    const std::string& name, Mapping::Format format, const std::vector<ColumnSample>& columns)
{
    Mapping out;
    out.name = name;
    out.format = format;
    out.row = looksLikeRequests(columns) ? Mapping::Row::Request : Mapping::Row::Point;
    std::set<std::string> taken;
    for (const ColumnSample& column : columns) {
        out.columns.push_back(column.name);
        auto value = proposeValue(column, out.row);
        if (value
            && taken.insert(std::to_string(int(value->target)) + value->name + value->stat.name()).second) {
            out.values.push_back(std::move(*value));
        }
    }
    return out;
}

} // namespace prism
