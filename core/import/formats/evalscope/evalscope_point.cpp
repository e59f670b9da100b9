// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/evalscope/evalscope_point.h"

#include "core/import/formats/console_arguments.h"
#include "core/read/numbers.h"
#include "core/read/text.h"
#include "core/units/convert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace prism::formats::evalscope {

namespace {

/// What a name without its unit stands for. `fixed` is for names that hold their unit otherwise.
struct Term {
    std::string_view name;
    std::string_view metric;
    bool mean = false; ///< a mean over requests, else one number
    std::optional<SourceUnit> fixed = std::nullopt;
};

// The input throughput of embeddings is over the sum of the requests' latencies, whatever ran at once
// (benchmark_util.py): none of the system.
const std::array terms {
    Term { "time taken for tests", "duration" },
    Term { "test duration", "duration" },
    Term { "total requests", "requests", false, source::one },
    Term { "number of requests", "requests", false, source::one },
    Term { "succeed requests", "requests_ok", false, source::one },
    Term { "success requests", "requests_ok", false, source::one },
    Term { "failed requests", "requests_failed", false, source::one },
    Term { "request throughput", "request_throughput" },
    Term { "req throughput", "request_throughput" },
    Term { "average qps", "request_throughput", false, source::requestsPerSecond },
    Term { "output token throughput", "output_throughput" },
    Term { "output throughput", "output_throughput" },
    Term { "throughput(average tokens/s)", "output_throughput", false, source::tokensPerSecond },
    Term { "total token throughput", "total_throughput" },
    Term { "total throughput", "total_throughput" },
    Term { "kv cache hit rate", "prefix_cache_hit_rate" },
    Term { "average latency", "e2e", true },
    Term { "avg latency", "e2e", true },
    Term { "average time to first token", "ttft", true },
    Term { "average ttft", "ttft", true },
    Term { "avg ttft", "ttft", true },
    Term { "ttft", "ttft", true },
    Term { "average time per output token", "tpot", true },
    Term { "average tpot", "tpot", true },
    Term { "avg tpot", "tpot", true },
    Term { "tpot", "tpot", true },
    Term { "average inter-token latency", "itl", true },
    Term { "avg itl", "itl", true },
    Term { "itl", "itl", true },
    Term { "average input tokens per request", "isl", true, source::one },
    Term { "avg input tokens", "isl", true, source::one },
    Term { "average output tokens per request", "osl", true, source::one },
    Term { "avg output tokens", "osl", true, source::one },
};
const std::array percentileTerms {
    Term { "latency", "e2e" },
    Term { "ttft", "ttft" },
    Term { "tpot", "tpot" },
    Term { "itl", "itl" },
    Term { "input tokens", "isl", false, source::one },
    Term { "output tokens", "osl", false, source::one },
};

struct Title {
    std::string name; ///< lower case
    std::string unit; ///< between the last parentheses
};
Title titleOf(std::string_view text)
{
    Title title;
    text = read::trimmed(text);
    const std::size_t open = text.rfind('(');
    // "Throughput(average tokens/s)" is a name; a unit stands apart, or behind an abbreviation.
    if (open != std::string_view::npos && text.ends_with(')') && !text.starts_with("Throughput(")) {
        title.unit = text.substr(open + 1, text.size() - open - 2);
        text = read::trimmed(text.substr(0, open));
    }
    title.name = text;
    std::transform(title.name.begin(), title.name.end(), title.name.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return title;
}

struct Meaning {
    std::string_view metric;
    Stat stat = Stat::value();
    SourceUnit unit;
    bool milliseconds = false; ///< as the file states it
};

/// Empty for a name that is none of ours, and for a unit that is missing or measures something else.
template <std::size_t n>
std::optional<Meaning> meaningOf(const std::array<Term, n>& table, std::string_view text, Stat otherwise)
{
    const Title title = titleOf(text);
    const auto term
        = std::find_if(table.begin(), table.end(), [&title](const Term& t) { return t.name == title.name; });
    if (term == table.end()) {
        return std::nullopt;
    }
    const Unit target = findMetric(term->metric)->unit;
    const auto unit
        = term->fixed ? term->fixed : sourceUnit(title.unit == "toks/s" ? "tok/s" : title.unit, target);
    if (!unit) {
        return std::nullopt;
    }
    return Meaning { term->metric, term->mean ? Stat::mean() : otherwise, *unit, title.unit == "ms" };
}

std::optional<Meaning> summaryMeaning(std::string_view title)
{
    return meaningOf(terms, title, Stat::value());
}

std::optional<double> numberOf(const Entry& entry)
{
    return entry.node ? entry.node->lenientNumber() : read::consoleNumber(entry.text);
}

bool isTime(std::string_view metric)
{
    return findMetric(metric)->unit == Unit::Millisecond;
}

/// -1 (in milliseconds also -1000) is "not computed", and a mean time of 0 "not applicable".
bool isSentinel(std::string_view metric, double number, bool mean)
{
    return number < 0 || (mean && isTime(metric) && number == 0);
}

void put(PointWriter& out, std::string_view metric, Stat stat, const Entry& entry, SourceUnit unit,
    std::string_view semantics = {})
{
    if (entry.node) {
        out.measure(metric, stat, entry.node, unit, semantics);
    } else {
        out.measure(metric, stat, entry.text, entry.path, entry.title, unit, semantics);
    }
}

/// Cells have no document that keeps what was not mapped.
void keep(PointWriter& out, const Entry& entry)
{
    if (!entry.node) {
        out.extra(entry.path, entry.title + ": " + entry.text);
    }
}

double distance(double a, double b)
{
    return b == 0 ? std::numeric_limits<double>::infinity() : std::abs(a / b - 1);
}

} // namespace

Entry entryOf(const read::Node& member)
{
    return { std::string(member.key()), std::string(member.text()), member.pointer(), &member };
}

bool isSummaryTitle(std::string_view title)
{
    return summaryMeaning(title).has_value();
}

std::optional<Stat> percentileOf(std::string_view label)
{
    label = read::trimmed(label);
    if (label == "min" || label == "max") {
        return label == "min" ? Stat::min() : Stat::max();
    }
    if (!label.ends_with('%')) {
        return std::nullopt;
    }
    const auto p = read::parseDecimal(read::trimmed(label.substr(0, label.size() - 1)));
    return p && *p >= 0 && *p <= 100 ? std::optional(Stat::percentile(*p)) : std::nullopt;
}

void PointBuilder::model(std::string name, std::string path)
{
    m_model = std::move(name);
    m_modelPath = std::move(path);
}

void PointBuilder::dataset(std::string name, std::string path)
{
    m_dataset = std::move(name);
    m_datasetPath = std::move(path);
}

const Entry* PointBuilder::find(std::string_view metric) const
{
    const auto it = std::find_if(m_summary.begin(), m_summary.end(), [metric](const Entry& entry) {
        const auto meaning = summaryMeaning(entry.title);
        return meaning && meaning->metric == metric;
    });
    return it == m_summary.end() ? nullptr : &*it;
}

std::optional<double> PointBuilder::value(std::string_view metric) const
{
    const Entry* entry = find(metric);
    const auto number = entry ? numberOf(*entry) : std::nullopt;
    if (!number || isSentinel(metric, *number, isTime(metric))) {
        return std::nullopt;
    }
    return convert(*number, summaryMeaning(entry->title)->unit);
}

/// Without streaming the first token comes with the last one, in the mean and in every percentile.
bool PointBuilder::streamed() const
{
    const auto count = [this](std::string_view title) {
        const auto it = std::find_if(
            m_summary.begin(), m_summary.end(), [title](const Entry& entry) { return entry.title == title; });
        return it == m_summary.end() ? std::nullopt : numberOf(*it);
    };
    if (count("Stream Requests") == 0.0 && count("Non-Stream Requests").value_or(0) > 0) {
        return false;
    }
    if (const auto first = value("ttft"), last = value("e2e"); first && last) {
        return *first < *last;
    }
    std::size_t same = 0, compared = 0;
    for (const Percentile& first : m_percentiles) {
        const auto firstMeaning = meaningOf(percentileTerms, first.entry.title, first.stat);
        for (const Percentile& last : m_percentiles) {
            const auto lastMeaning = meaningOf(percentileTerms, last.entry.title, last.stat);
            if (!firstMeaning || firstMeaning->metric != "ttft" || !lastMeaning
                || lastMeaning->metric != "e2e" || first.stat != last.stat) {
                continue;
            }
            const auto a = numberOf(first.entry), b = numberOf(last.entry);
            if (a && b) {
                ++compared;
                same += convert(*a, firstMeaning->unit) == convert(*b, lastMeaning->unit) ? 1 : 0;
            }
        }
    }
    return compared == 0 || same < compared;
}

/// Since July 2025, when gaps between chunks appeared beside it, it is the contract's TPOT; before, it was
/// the wall time over all tokens, e2e / n, and the mean gap between chunks, one after the other.
PointBuilder::TokenTime PointBuilder::tokenTime() const
{
    const auto isCurrent = [](const std::optional<Meaning>& meaning) {
        return meaning && (meaning->metric == "itl" || (meaning->metric == "tpot" && meaning->milliseconds));
    };
    const bool current = m_current
        || std::any_of(m_summary.begin(), m_summary.end(),
            [&](const Entry& entry) { return isCurrent(summaryMeaning(entry.title)); })
        || std::any_of(m_percentiles.begin(), m_percentiles.end(), [&](const Percentile& p) {
               return isCurrent(meaningOf(percentileTerms, p.entry.title, p.stat));
           });
    if (current) {
        return TokenTime::Tpot;
    }
    const auto stated = value("tpot"), first = value("ttft"), last = value("e2e"), tokens = value("osl");
    if (stated && first && last && tokens && *tokens > 1) {
        const double decode = distance(*stated, (*last - *first) / (*tokens - 1)),
                     whole = distance(*stated, *last / *tokens);
        // Means of ratios are not ratios of means: a tenth apart may be the same thing.
        if (std::min(decode, whole) <= 0.1) {
            return decode <= whole ? TokenTime::Tpot : TokenTime::Ntpot;
        }
    }
    return TokenTime::Unclear;
}

std::string PointBuilder::contradiction() const
{
    constexpr double rounding = 1.02; // numbers of four digits, and means over a few requests more or less
    for (const Percentile& p : m_percentiles) {
        const auto meaning = meaningOf(percentileTerms, p.entry.title, p.stat);
        const auto number = numberOf(p.entry);
        // What a time per token means depends on the version, and a gap is none of a request.
        const bool compared = meaning && (meaning->metric == "ttft" || meaning->metric == "e2e");
        const auto mean = compared ? value(meaning->metric) : std::nullopt;
        if (!mean || !number || *number < 0) {
            continue;
        }
        const double at = *number * meaning->unit.factor;
        const bool tooHigh = p.stat == Stat::min() ? at > *mean * rounding
            : p.stat.kind() == Stat::Kind::Percentile
            ? at * (1 - p.stat.percentile() / 100) > *mean * rounding
            : false;
        const bool tooLow = p.stat == Stat::max() && at * rounding < *mean;
        if (tooHigh || tooLow) {
            return "the " + p.stat.name() + " of \"" + p.entry.title + "\" is " + p.entry.text
                + ", which no requests have whose mean is " + find(meaning->metric)->text;
        }
    }
    return {};
}

void PointBuilder::load(PointWriter& out) const
{
    const auto setting = [this](std::initializer_list<std::string_view> names) -> const Entry* {
        const auto it = std::find_if(m_summary.begin(), m_summary.end(), [&](const Entry& entry) {
            const std::string name = titleOf(entry.title).name;
            return std::find(names.begin(), names.end(), name) != names.end();
        });
        return it == m_summary.end() ? nullptr : &*it;
    };
    const Entry* users = setting({ "number of concurrency", "concurrency" });
    const Entry* rate = setting({ "request rate" });
    // -1: as many as there are, or as fast as they can be sent.
    const auto positive = [](const Entry* entry) {
        const auto number = entry ? numberOf(*entry) : std::nullopt;
        return number && *number > 0 ? number : std::nullopt;
    };
    const auto paced = positive(rate), flying = positive(users);
    if (flying) {
        wholeAttribute(out, "concurrency", flying, users->path);
        if (users->node) {
            users->node->claim();
        }
    }
    if (paced) {
        out.attribute("request_rate", *paced, {}, rate->path);
        if (rate->node) {
            rate->node->claim();
        }
    }
    if (flying && !paced) {
        out.attribute("load_mode", std::string("concurrency"));
    } else if (paced && !flying) {
        out.attribute("load_mode", std::string("rate"));
    }
}

void PointBuilder::take(PointWriter& out, const Entry& entry)
{
    const auto meaning = summaryMeaning(entry.title);
    const auto number = numberOf(entry);
    if (!meaning || !number || isSentinel(meaning->metric, *number, meaning->stat == Stat::mean())) {
        keep(out, entry);
        return;
    }
    const bool turns = std::any_of(m_summary.begin(), m_summary.end(),
        [](const Entry& other) { return titleOf(other.title).name == "avg turns/request"; });
    // In conversations the tool fills in what the server does not tell.
    const bool guessed = meaning->metric == "prefix_cache_hit_rate" && turns;
    put(out, meaning->metric, meaning->stat, entry, meaning->unit,
        guessed ? "may-be-estimated-by-client" : std::string_view());
}

void PointBuilder::write(PointWriter& out)
{
    if (!m_model.empty()) {
        out.attribute("model", m_model, {}, m_modelPath);
    }
    if (!m_dataset.empty()) {
        out.attribute("dataset", m_dataset, {}, m_datasetPath);
    }
    load(out);
    const bool streams = streamed();
    const TokenTime tokens = tokenTime();
    const auto left = [&](std::string_view metric) {
        return (!streams && (metric == "ttft" || metric == "tpot" || metric == "itl"))
            || (metric == "tpot" && tokens == TokenTime::Unclear);
    };
    bool unclear = false;
    for (const Entry& entry : m_summary) {
        const auto meaning = summaryMeaning(entry.title);
        if (meaning && left(meaning->metric)) {
            unclear = unclear || (streams && meaning->metric == "tpot");
            keep(out, entry);
        } else if (meaning && meaning->metric == "tpot" && tokens == TokenTime::Ntpot) {
            put(out, "ntpot", meaning->stat, entry, meaning->unit);
        } else {
            take(out, entry);
        }
    }
    for (const Percentile& p : m_percentiles) {
        const auto meaning = meaningOf(percentileTerms, p.entry.title, p.stat);
        const auto number = numberOf(p.entry);
        if (!meaning || left(meaning->metric) || (number && *number < 0)) {
            unclear = unclear || (meaning && streams && meaning->metric == "tpot");
            keep(out, p.entry);
            continue;
        }
        const bool whole = meaning->metric == "tpot" && tokens == TokenTime::Ntpot;
        put(out, whole ? "ntpot" : meaning->metric, p.stat, p.entry, meaning->unit);
    }
    if (!streams) {
        out.warn("not-streamed",
            "The answers were not streamed: the first token came with the last one, so TTFT, TPOT and ITL "
            "are "
            "left out.",
            {}, Severity::Note);
    } else if (unclear) {
        out.warn("token-time-unclear",
            "This version of evalscope may mean the wall time, the whole latency or the gaps between chunks "
            "by "
            "its time per output token, and the other numbers do not tell; it is left out.");
    }
    *this = {};
}

} // namespace prism::formats::evalscope
