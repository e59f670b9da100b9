// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/twins.h"

#include "core/read/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <set>

namespace prism {

namespace {

constexpr std::size_t mostPoints = 50'000;
/// Agreeing digits below which two results may be alike by chance: four numbers of four digits and a bit.
constexpr std::size_t enoughDigits = 18;

struct Compared {
    std::string_view metric;
    Stat stat = Stat::mean();
    /// The same however it is computed from requests; percentiles and rates over a duration are not.
    bool survivesDerivation = false;
};

const std::array<Compared, PointPrint::size>& compared()
{
    static const std::array<Compared, PointPrint::size> list { {
        { "ttft", Stat::mean(), true },
        { "e2e", Stat::mean(), true },
        { "tpot", Stat::mean(), false },
        { "output_throughput", Stat::value(), false },
        { "request_throughput", Stat::value(), false },
        { "total_throughput", Stat::value(), false },
        { "input_throughput", Stat::value(), false },
        { "ttft", Stat::percentile(50), false },
        { "ttft", Stat::percentile(99), false },
        { "e2e", Stat::percentile(50), false },
        { "e2e", Stat::percentile(99), false },
        { "tpot", Stat::percentile(50), false },
        { "tpot", Stat::percentile(99), false },
        { "itl", Stat::mean(), false },
        { "itl", Stat::percentile(99), false },
        { "ttft", Stat::min(), true },
        { "ttft", Stat::max(), true },
        { "e2e", Stat::min(), true },
        { "e2e", Stat::max(), true },
        { "isl", Stat::mean(), true },
        { "osl", Stat::mean(), true },
    } };
    return list;
}

/// Significant digits of the shortest text of a number, after noise of a conversion (0.1162 s in ms) is
/// rounded off, and half a unit of the last of them.
struct Precision {
    std::size_t digits = 0;
    double half = 0;
};

Precision precisionOf(double value)
{
    char text[40];
    std::snprintf(text, sizeof text, "%.11e", value);
    const std::string_view all(text);
    const std::size_t e = all.find('e');
    std::size_t last = all.find_last_not_of('0', e - 1);
    last = all[last] == '.' ? last - 1 : last;
    Precision precision;
    for (std::size_t i = 0; i <= last; ++i) {
        precision.digits += all[i] >= '0' && all[i] <= '9' ? 1 : 0;
    }
    const int exponent = std::atoi(text + e + 1);
    precision.half = 0.5 * std::pow(10.0, exponent + 1 - static_cast<int>(precision.digits));
    return precision;
}

bool isCompared(const PointPrint& a, const PointPrint& b, std::size_t i)
{
    const bool derived = ((a.derived | b.derived) >> i & 1) != 0;
    return !std::isnan(a.values[i]) && !std::isnan(b.values[i])
        && (!derived || compared()[i].survivesDerivation);
}

/// "19.37" and "19.3685253" say the same load.
bool sameText(const std::string& a, const std::string& b)
{
    if (a == b) {
        return true;
    }
    const auto x = read::parseDecimal(a);
    const auto y = read::parseDecimal(b);
    return x && y && std::abs(*x - *y) <= std::max(precisionOf(*x).half, precisionOf(*y).half) * 1.001;
}

bool contradicts(const PointPrint& a, const PointPrint& b)
{
    return std::any_of(a.identity.begin(), a.identity.end(), [&](const auto& mine) {
        return std::any_of(b.identity.begin(), b.identity.end(), [&](const auto& theirs) {
            return mine.first == theirs.first && !sameText(mine.second, theirs.second);
        });
    });
}

/// Digits in which two points agree; 0 when they differ in anything.
std::size_t agreement(const PointPrint& a, const PointPrint& b)
{
    std::size_t digits = 0;
    for (std::size_t i = 0; i < PointPrint::size; ++i) {
        if (!isCompared(a, b, i)) {
            continue;
        }
        const Precision pa = precisionOf(a.values[i]);
        const Precision pb = precisionOf(b.values[i]);
        const double tolerance = std::max({ pa.half, pb.half, 1e-9 * std::abs(a.values[i]) });
        if (std::abs(a.values[i] - b.values[i]) > tolerance * 1.001) {
            return 0;
        }
        digits += a.values[i] == 0 ? 0 : std::min(pa.digits, pb.digits);
    }
    return contradicts(a, b) ? 0 : digits;
}

} // namespace

PointPrint printOf(const LoadPoint& point)
{
    PointPrint print;
    print.values.fill(std::numeric_limits<double>::quiet_NaN());
    for (const Measure& measure : point.measures) {
        if (measure.status != Status::Ok) {
            continue;
        }
        const bool reported = measure.origin == Origin::Reported;
        print.digits += reported ? precisionOf(measure.value).digits : 0;
        print.document = print.document || (reported && measure.path.starts_with('/'));
        for (std::size_t i = 0; i < PointPrint::size; ++i) {
            const Compared& wanted = compared()[i];
            if (measure.metric->id == wanted.metric && measure.stat == wanted.stat
                && measure.semantics.empty()) {
                print.values[i] = measure.value;
                print.derived |= reported ? 0u : 1u << i;
            }
        }
    }
    for (const char* name : { "model", "precision", "engine", "accelerator", "tp", "isl_target", "osl_target",
             "concurrency", "request_rate", "batch_size", "repeat" }) {
        if (const Attribute* attribute = point.attribute(name)) {
            print.identity.emplace_back(name, toText(attribute->value));
        }
    }
    return print;
}

std::vector<TwinFinder::PointAt> TwinFinder::candidates(const PointPrint& point) const
{
    for (std::size_t i = 0; i < PointPrint::size; ++i) {
        if (std::isnan(point.values[i]) || point.values[i] == 0
            || ((point.derived >> i & 1) != 0 && !compared()[i].survivesDerivation)) {
            continue;
        }
        // The other side may print fewer digits: half a percent covers three of them.
        const double window
            = std::max(precisionOf(point.values[i]).half * 1.001, 0.005 * std::abs(point.values[i]));
        std::vector<PointAt> found;
        const auto last = m_byValue[i].upper_bound(point.values[i] + window);
        for (auto it = m_byValue[i].lower_bound(point.values[i] - window); it != last; ++it) {
            found.push_back(it->second);
        }
        if (found.size() > 1) { // more than the point itself
            return found;
        }
    }
    return {};
}

bool TwinFinder::richer(std::size_t a, std::size_t b) const
{
    return m_richness[a] != m_richness[b] ? m_richness[a] > m_richness[b] : a < b;
}

const TwinFinder::Source* TwinFinder::richerThan(std::size_t poorer) const
{
    const Source& source = m_sources[poorer];
    std::optional<std::size_t> richest;
    std::size_t digits = 0;
    for (const PointPrint& point : source.points) {
        std::size_t best = 0;
        for (const PointAt& at : candidates(point)) {
            const Source& other = m_sources[at.source];
            if (at.source == poorer || m_isTwin[at.source] || !richer(at.source, poorer)) {
                continue;
            }
            const std::size_t agreed = agreement(point, other.points[at.point]);
            best = std::max(best, agreed);
            if (agreed > 0 && &point == &source.points.front() && (!richest || richer(at.source, *richest))) {
                richest = at.source;
            }
        }
        if (best == 0) {
            return nullptr;
        }
        digits += best;
    }
    return digits >= enoughDigits && richest ? &m_sources[*richest] : nullptr;
}

std::vector<TwinFinder::Twin> TwinFinder::add(Source source)
{
    if (source.points.empty() || source.points.size() > mostPointsOfSource
        || m_points + source.points.size() > mostPoints) {
        return {};
    }
    const std::size_t added = m_sources.size();
    m_points += source.points.size();
    m_richness.push_back({});
    auto& [documents, words, points, digits] = m_richness.back();
    points = source.points.size();
    m_isTwin.push_back(false);
    std::set<std::size_t> touched { added };
    for (std::size_t p = 0; p < source.points.size(); ++p) {
        documents = std::max<std::size_t>(documents, source.points[p].document ? 1 : 0);
        words = std::max(words, source.points[p].identity.size());
        digits += source.points[p].digits / source.points.size();
        for (std::size_t i = 0; i < PointPrint::size; ++i) {
            if (!std::isnan(source.points[p].values[i])) {
                m_byValue[i].emplace(source.points[p].values[i], PointAt { added, p });
            }
        }
    }
    m_sources.push_back(std::move(source));
    for (const PointPrint& point : m_sources[added].points) {
        for (const PointAt& at : candidates(point)) {
            touched.insert(at.source);
        }
    }
    std::vector<Twin> twins;
    for (const std::size_t one : touched) {
        const Source* better = m_isTwin[one] ? nullptr : richerThan(one);
        if (better) {
            m_isTwin[one] = true;
            twins.push_back({ m_sources[one].id, m_sources[one].path, better->path, better->sha256 });
        }
    }
    return twins;
}

} // namespace prism
