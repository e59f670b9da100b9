// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/proposal.h"

#include "core/read/text.h"

#include <algorithm>
#include <array>
#include <set>

namespace prism {

namespace {

using Target = MappedValue::Target;

struct Word {
    std::string_view text; ///< lower case, words joined by single underscores
    Target target;
    std::string_view name;
    std::string_view unit; ///< that the word itself says
};

// Where the same word is used for two things ("batch" for concurrency or batch size) none is proposed.
constexpr std::array words {
    Word { "model", Target::Attribute, "model", {} },
    Word { "model_id", Target::Attribute, "model", {} },
    Word { "model_name", Target::Attribute, "model", {} },
    Word { "llm", Target::Attribute, "model", {} },
    Word { "quant", Target::Attribute, "precision", {} },
    Word { "quantization", Target::Attribute, "precision", {} },
    Word { "precision", Target::Attribute, "precision", {} },
    Word { "dtype", Target::Attribute, "precision", {} },
    Word { "engine", Target::Attribute, "engine", {} },
    Word { "backend", Target::Attribute, "engine", {} },
    Word { "framework", Target::Attribute, "engine", {} },
    Word { "runtime", Target::Attribute, "engine", {} },
    Word { "engine_version", Target::Attribute, "engine_version", {} },
    Word { "gpu", Target::Attribute, "accelerator", {} },
    Word { "gpu_type", Target::Attribute, "accelerator", {} },
    Word { "hardware", Target::Attribute, "accelerator", {} },
    Word { "device", Target::Attribute, "accelerator", {} },
    Word { "accelerator", Target::Attribute, "accelerator", {} },
    Word { "gpus", Target::Attribute, "accelerator_count", {} },
    Word { "n_gpu", Target::Attribute, "accelerator_count", {} },
    Word { "num_gpus", Target::Attribute, "accelerator_count", {} },
    Word { "tp", Target::Attribute, "tp", {} },
    Word { "pp", Target::Attribute, "pp", {} },
    Word { "dp", Target::Attribute, "dp", {} },
    Word { "ep", Target::Attribute, "ep", {} },
    Word { "dataset", Target::Attribute, "dataset", {} },
    Word { "concurrency", Target::Attribute, "concurrency", {} },
    Word { "conc", Target::Attribute, "concurrency", {} },
    Word { "users", Target::Attribute, "concurrency", {} },
    Word { "num_users", Target::Attribute, "concurrency", {} },
    Word { "vus", Target::Attribute, "concurrency", {} },
    Word { "max_concurrency", Target::Attribute, "concurrency", {} },
    Word { "batch_size", Target::Attribute, "batch_size", {} },
    Word { "request_rate", Target::Attribute, "request_rate", {} },
    Word { "isl", Target::Attribute, "isl_target", {} },
    Word { "input_len", Target::Attribute, "isl_target", {} },
    Word { "prompt_len", Target::Attribute, "isl_target", {} },
    Word { "osl", Target::Attribute, "osl_target", {} },
    Word { "output_len", Target::Attribute, "osl_target", {} },
    Word { "max_tokens", Target::Attribute, "osl_target", {} },
    Word { "ttft", Target::Measure, "ttft", {} },
    Word { "time_to_first_token", Target::Measure, "ttft", {} },
    Word { "first_token_latency", Target::Measure, "ttft", {} },
    Word { "tpot", Target::Measure, "tpot", {} },
    Word { "time_per_output_token", Target::Measure, "tpot", {} },
    Word { "itl", Target::Measure, "itl", {} },
    Word { "inter_token_latency", Target::Measure, "itl", {} },
    Word { "e2e", Target::Measure, "e2e", {} },
    Word { "e2el", Target::Measure, "e2e", {} },
    Word { "e2e_latency", Target::Measure, "e2e", {} },
    Word { "request_latency", Target::Measure, "e2e", {} },
    Word { "latency", Target::Measure, "e2e", {} },
    Word { "queue_time", Target::Measure, "queue_time", {} },
    Word { "output_throughput", Target::Measure, "output_throughput", {} },
    Word { "output_tok_s", Target::Measure, "output_throughput", "tok/s" },
    Word { "output_tokens_per_second", Target::Measure, "output_throughput", "tok/s" },
    Word { "output_tps", Target::Measure, "output_throughput", "tok/s" },
    Word { "gen_tps", Target::Measure, "output_throughput", "tok/s" },
    Word { "decode_tps", Target::Measure, "output_throughput", "tok/s" },
    Word { "tok_s", Target::Measure, "output_throughput", "tok/s" },
    Word { "aggregate_tok_s", Target::Measure, "output_throughput", "tok/s" },
    Word { "tps", Target::Measure, "output_throughput", "tok/s" },
    Word { "tokens_per_second", Target::Measure, "output_throughput", "tok/s" },
    Word { "prefill_tps", Target::Measure, "input_throughput", "tok/s" },
    Word { "prompt_tps", Target::Measure, "input_throughput", "tok/s" },
    Word { "input_throughput", Target::Measure, "input_throughput", {} },
    Word { "total_throughput", Target::Measure, "total_throughput", {} },
    Word { "total_tok_s", Target::Measure, "total_throughput", "tok/s" },
    Word { "request_throughput", Target::Measure, "request_throughput", {} },
    Word { "rps", Target::Measure, "request_throughput", "req/s" },
    Word { "requests_per_second", Target::Measure, "request_throughput", "req/s" },
    Word { "requests", Target::Measure, "requests", {} },
    Word { "num_requests", Target::Measure, "requests", {} },
    Word { "completed", Target::Measure, "requests_ok", {} },
    Word { "completed_requests", Target::Measure, "requests_ok", {} },
    Word { "successful_requests", Target::Measure, "requests_ok", {} },
    Word { "failed", Target::Measure, "requests_failed", {} },
    Word { "failed_requests", Target::Measure, "requests_failed", {} },
    Word { "errors", Target::Measure, "requests_failed", {} },
    Word { "duration", Target::Measure, "duration", {} },
    Word { "elapsed", Target::Measure, "duration", {} },
    Word { "input_tokens", Target::Measure, "input_tokens", {} },
    Word { "prompt_tokens", Target::Measure, "input_tokens", {} },
    Word { "output_tokens", Target::Measure, "output_tokens", {} },
    Word { "completion_tokens", Target::Measure, "output_tokens", {} },
    Word { "generated_tokens", Target::Measure, "output_tokens", {} },
    Word { "power", Target::Measure, "power", {} },
    Word { "energy", Target::Measure, "energy", {} },
    Word { "gpu_utilization", Target::Measure, "gpu_utilization", {} },
    Word { "gpu_util", Target::Measure, "gpu_utilization", {} },
};

// The same words where a row is a request.
constexpr std::array requestWords {
    Word { "start", Target::Request, "start", {} },
    Word { "start_time", Target::Request, "start", {} },
    Word { "launch_time", Target::Request, "start", {} },
    Word { "end", Target::Request, "end", {} },
    Word { "end_time", Target::Request, "end", {} },
    Word { "finish_time", Target::Request, "end", {} },
    Word { "ttft", Target::Request, "ttft", {} },
    Word { "time_to_first_token", Target::Request, "ttft", {} },
    Word { "e2e", Target::Request, "e2e", {} },
    Word { "latency", Target::Request, "e2e", {} },
    Word { "e2e_latency", Target::Request, "e2e", {} },
    Word { "duration", Target::Request, "e2e", {} },
    Word { "input_tokens", Target::Request, "isl", {} },
    Word { "prompt_tokens", Target::Request, "isl", {} },
    Word { "isl", Target::Request, "isl", {} },
    Word { "output_tokens", Target::Request, "osl", {} },
    Word { "completion_tokens", Target::Request, "osl", {} },
    Word { "generation_tokens", Target::Request, "osl", {} },
    Word { "osl", Target::Request, "osl", {} },
    Word { "ok", Target::Request, "ok", {} },
    Word { "success", Target::Request, "ok", {} },
    Word { "error", Target::Request, "error", {} },
    Word { "itl", Target::Request, "gaps", {} },
    Word { "itls", Target::Request, "gaps", {} },
};

constexpr std::array<std::string_view, 8> requestSigns { "request_id", "request_index", "request_idx",
    "start", "start_time", "launch_time", "end_time", "finish_time" };

// Before a known word they make it what was asked for, not what was measured.
constexpr std::array<std::string_view, 16> askedWords { "target", "targeted", "requested", "desired",
    "expected", "planned", "configured", "config", "configuration", "args", "limit", "goal", "slo", "sla",
    "budget", "threshold" };

// Before a known word they change nothing. Any other does ("cached", "peak", "relative").
constexpr std::array<std::string_view, 6> plainWords { "total", "overall", "measured", "observed", "actual",
    "benchmark" };

// A document's outer names that make what they hold something else.
constexpr std::array<std::string_view, 14> otherWords { "failed", "failures", "error", "errors", "cached",
    "cache", "warmup", "peak", "baseline", "previous", "delta", "diff", "change", "relative" };

template <std::size_t N>
bool isIn(const std::array<std::string_view, N>& table, std::string_view text)
{
    return std::find(table.begin(), table.end(), text) != table.end();
}

struct Affix {
    std::string_view text;
    std::string_view means;
};
constexpr std::array stats {
    Affix { "mean", "mean" },
    Affix { "avg", "mean" },
    Affix { "average", "mean" },
    Affix { "median", "p50" },
    Affix { "min", "min" },
    Affix { "max", "max" },
    Affix { "std", "std" },
    Affix { "stddev", "std" },
};
constexpr std::array unitWords {
    Affix { "ms", "ms" },
    Affix { "s", "s" },
    Affix { "sec", "s" },
    Affix { "secs", "s" },
    Affix { "seconds", "s" },
    Affix { "us", "us" },
    Affix { "ns", "ns" },
    Affix { "w", "W" },
    Affix { "watts", "W" },
    Affix { "j", "J" },
    Affix { "percent", "percent" },
    Affix { "pct", "percent" },
};

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
        if (const auto unit = known || !out.unit.empty() ? std::nullopt : meaning(unitWords, left.last())) {
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
/// half a minute.
std::string guess(const ColumnSample& column)
{
    std::vector<double> numbers;
    for (const std::string& value : column.values) {
        if (const auto number = read::consoleNumber(value)) {
            numbers.push_back(*number);
        }
    }
    if (numbers.empty()) {
        return "no unit is in its name";
    }
    std::nth_element(
        numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2), numbers.end());
    const double middle = numbers[numbers.size() / 2];
    const std::string about = formatNumber(middle, Unit::One, NumberStyle::Full);
    return "no unit is in its name; values around " + about + " look like "
        + (middle > 30 ? "milliseconds" : "seconds");
}

bool looksLikeRequests(const std::vector<ColumnSample>& columns)
{
    return std::any_of(columns.begin(), columns.end(), [](const ColumnSample& column) {
        const std::string name = joined(wordsOf(column.name));
        return std::find(requestSigns.begin(), requestSigns.end(), name) != requestSigns.end();
    });
}

} // namespace

std::optional<MappedValue> proposeValue(const ColumnSample& column, Mapping::Row row)
{
    const Name name = understand(column.name, row);
    const Word* word = name.word && name.asked ? askedFor(*name.word) : name.word;
    if (!word || (name.stat && !bears(*word, *name.stat))) {
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
    if (needsUnit(out)) {
        out.unit = word->unit.empty() ? name.unit : std::string(word->unit);
        const bool time = out.target == Target::Request
            || unitOf(*findMetric(out.name), out.stat) == Unit::Millisecond
            || unitOf(*findMetric(out.name), out.stat) == Unit::Second;
        if (out.unit.empty()) {
            out.proposed = time ? guess(column) : "no unit is in its name";
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
