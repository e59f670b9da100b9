// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/distributions.h"

#include "core/import/secrets.h"
#include "core/model/percentile.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace prism {

namespace {

struct Word {
    std::string_view text;
    Stat stat;
};

const std::array words {
    Word { "mean", Stat::mean() },
    Word { "median", Stat::percentile(50) },
    Word { "std", Stat::std() },
    Word { "stddev", Stat::std() },
    Word { "std_dev", Stat::std() },
    Word { "min", Stat::min() },
    Word { "max", Stat::max() },
    Word { "count", Stat::count() },
};

/// Digits of a fixed number, nothing else.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count)
{
    if (at + count > text.size()) {
        return std::nullopt;
    }
    int value = 0;
    const char* end = text.data() + at + count;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

/// "Z" or "+02:00" as seconds east of UTC.
std::optional<int> zoneSeconds(std::string_view zone)
{
    if (zone == "Z" || zone == "z") {
        return 0;
    }
    const auto hours = digits(zone, 1, 2);
    const auto minutes = digits(zone, zone.size() == 6 ? 4 : 3, 2);
    if ((zone.size() != 6 && zone.size() != 5) || !hours || !minutes || (zone[0] != '+' && zone[0] != '-')) {
        return std::nullopt;
    }
    return (zone[0] == '-' ? -1 : 1) * (*hours * 3600 + *minutes * 60);
}

} // namespace

std::optional<Stat> plainStat(std::string_view key)
{
    for (const Word& word : words) {
        if (word.text == key) {
            return word.stat;
        }
    }
    if (key.size() < 2 || (key[0] != 'p' && key[0] != 'P') || key[1] < '0' || key[1] > '9') {
        return std::nullopt;
    }
    std::string number(key.substr(1));
    if (const auto point = number.find_first_of("p_"); point != std::string::npos) {
        number[point] = '.';
    }
    const auto p = read::parseDecimal(number);
    return p && *p >= 0 && *p <= 100 ? std::optional(Stat::percentile(*p)) : std::nullopt;
}

void distribution(PointWriter& out, std::string_view metric, const read::Node* block, SourceUnit unit,
    StatSpelling spell, std::string_view semantics)
{
    if (!block || !block->isObject()) {
        return;
    }
    const std::string pointer = block->pointer();
    const Metric* id = findMetric(metric);
    // A median may stand beside a p50, or the metric in two blocks; measures of other metrics need no look.
    const auto& measures = out.point().measures;
    const auto isOurs = [id](const Measure& m) { return m.metric == id; };
    const auto before
        = static_cast<std::size_t>(std::find_if(measures.begin(), measures.end(), isOurs) - measures.begin());
    const auto there = [&](Stat stat) {
        return std::any_of(measures.begin() + static_cast<std::ptrdiff_t>(before), measures.end(),
            [&](const Measure& m) { return m.metric == id && m.stat == stat; });
    };
    for (const read::Node& value : *block) {
        const auto stat = spell(value.key());
        if (!stat || !value.isScalar() || there(*stat)) {
            continue;
        }
        out.measure(
            metric, *stat, value, pointer, stat->kind() == Stat::Kind::Count ? source::one : unit, semantics);
    }
}

void derivedDistribution(PointWriter& out, std::string_view metric, std::vector<double> samples,
    const std::string& formula, std::string_view semantics)
{
    const std::vector<double> sorted = ascending(std::move(samples));
    if (sorted.empty()) {
        return;
    }
    const auto n = static_cast<double>(sorted.size());
    double sum = 0;
    for (const double x : sorted) {
        sum += x;
    }
    const double mean = sum / n;
    double squares = 0;
    for (const double x : sorted) {
        squares += (x - mean) * (x - mean);
    }
    const auto put = [&](Stat stat, double value) {
        out.derived(metric, stat, value, stat.name() + " of " + formula, semantics);
    };
    put(Stat::count(), n);
    put(Stat::mean(), mean);
    put(Stat::std(), std::sqrt(squares / n));
    put(Stat::min(), sorted.front());
    put(Stat::max(), sorted.back());
    for (const double p : { 1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9 }) {
        put(Stat::percentile(p), percentileOfSorted(sorted, p));
    }
}

std::string utcText(double epochSeconds)
{
    if (!(epochSeconds >= 31'536'000 && epochSeconds < 253'402'300'800.0)) {
        return {};
    }
    using namespace std::chrono;
    const sys_time<milliseconds> at { milliseconds(std::llround(epochSeconds * 1e3)) };
    const auto day = floor<days>(at);
    const year_month_day date { day };
    const hh_mm_ss time { at - day };
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return text;
}

std::optional<double> epochOfUtcText(std::string_view text)
{
    const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second || text[4] != '-' || text[7] != '-'
        || text[13] != ':' || text[16] != ':') {
        return std::nullopt;
    }
    std::size_t zone = 19;
    while (zone < text.size() && (text[zone] == '.' || (text[zone] >= '0' && text[zone] <= '9'))) {
        ++zone;
    }
    const auto east = zoneSeconds(text.substr(std::min(zone, text.size())));
    const double fraction = read::parseDecimal("0" + std::string(text.substr(19, zone - 19))).value_or(0);
    using namespace std::chrono;
    const year_month_day date { std::chrono::year(*year), std::chrono::month(unsigned(*month)),
        std::chrono::day(unsigned(*day)) };
    if (!east || !date.ok()) {
        return std::nullopt;
    }
    const auto days = sys_days(date).time_since_epoch().count();
    return static_cast<double>(days) * 86400.0 + *hour * 3600 + *minute * 60 + *second - *east + fraction;
}

void claimSecrets(const read::Node& node)
{
    // The reader's budget of depth bounds the recursion.
    for (const read::Node& child : node) {
        if (namesSecret(child.key())) {
            child.claim();
        } else {
            claimSecrets(child);
        }
    }
}

} // namespace prism
