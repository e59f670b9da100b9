// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/twins.h"

#include "core/read/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <tuple>

namespace prism {

namespace {

constexpr std::size_t mostCandidates = 1000; ///< looked at for one point whose twin may differ in a number
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

/// Digits of the shortest text of a number, after noise of a conversion (0.1162 s in ms) is rounded off.
PointPrint::Number numberOf(double value)
{
    std::array<char, 32> text {};
    const char* end
        = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific, 11).ptr;
    const std::string_view all(text.data(), static_cast<std::size_t>(end - text.data()));
    const std::size_t e = all.find('e');
    if (e == std::string_view::npos) {
        return { value, 0, 0 }; // no finite number
    }
    const std::size_t first = all[0] == '-' ? 1 : 0;
    const std::size_t last = all.find_last_not_of('0', e - 1);
    const std::size_t digits = last <= first + 1 ? 1 : last - first;
    int exponent = 0;
    std::from_chars(all.data() + e + (all[e + 1] == '+' ? 2 : 1), end, exponent);
    return { value, 0.5 * std::pow(10.0, exponent + 1 - static_cast<int>(digits)),
        static_cast<std::uint32_t>(digits) };
}

bool isCompared(const PointPrint& a, const PointPrint& b, std::size_t i)
{
    const bool derived = ((a.derived | b.derived) >> i & 1) != 0;
    return !std::isnan(a.numbers[i].value) && !std::isnan(b.numbers[i].value)
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
    return x && y && std::abs(*x - *y) <= std::max(numberOf(*x).half, numberOf(*y).half) * 1.001;
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
        const PointPrint::Number& x = a.numbers[i];
        const PointPrint::Number& y = b.numbers[i];
        if (std::abs(x.value - y.value) > std::max({ x.half, y.half, 1e-9 * std::abs(x.value) }) * 1.001) {
            return 0;
        }
        digits += x.value == 0 ? 0 : std::min(x.digits, y.digits);
    }
    return contradicts(a, b) ? 0 : digits;
}

constexpr std::size_t firstLength = 19; ///< lengths are alike in every run of one workload
constexpr std::size_t leastAgreeing = 3; ///< numbers of two results that differ in one

/// In what two points differ that agree in nearly all; nothing when they are two measurements.
std::optional<std::vector<TwinDifference>> fewDifferences(const PointPrint& poorer, const PointPrint& richer)
{
    std::vector<TwinDifference> differences;
    std::size_t agreeing = 0;
    std::size_t digits = 0;
    for (std::size_t i = 0; i < PointPrint::size; ++i) {
        if (!isCompared(poorer, richer, i)) {
            continue;
        }
        const PointPrint::Number& x = richer.numbers[i];
        const PointPrint::Number& y = poorer.numbers[i];
        if (std::abs(x.value - y.value) > std::max({ x.half, y.half, 1e-9 * std::abs(x.value) }) * 1.001) {
            differences.push_back({ compared()[i].metric, compared()[i].stat, x.value, y.value });
        } else if (i < firstLength && x.value != 0) {
            ++agreeing;
            digits += std::min(x.digits, y.digits);
        }
    }
    const bool same = agreeing >= leastAgreeing && agreeing > 2 * differences.size() && digits >= enoughDigits
        && !contradicts(poorer, richer);
    return same ? std::optional(std::move(differences)) : std::nullopt;
}

} // namespace

PointPrint printOf(const LoadPoint& point)
{
    static const auto metrics = [] {
        std::array<const Metric*, PointPrint::size> found {};
        std::transform(compared().begin(), compared().end(), found.begin(),
            [](const Compared& wanted) { return findMetric(wanted.metric); });
        return found;
    }();
    PointPrint print;
    print.numbers.fill({ std::numeric_limits<double>::quiet_NaN(), 0, 0 });
    for (const Measure& measure : point.measures) {
        if (measure.status != Status::Ok) {
            continue;
        }
        const bool reported = measure.origin == Origin::Reported;
        print.told += reported ? 1 : 0;
        print.document = print.document || (reported && measure.path.starts_with('/'));
        for (std::size_t i = 0; i < PointPrint::size; ++i) {
            const Compared& wanted = compared()[i];
            if (measure.metric == metrics[i] && measure.stat == wanted.stat && measure.semantics.empty()) {
                print.numbers[i] = numberOf(measure.value);
                print.told += reported ? print.numbers[i].digits : 0;
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

namespace {

constexpr double bucketWidth = 0.005;
constexpr std::int32_t mostSteps = 1 << 20; ///< more than the logarithm of any double has

/// Buckets of half a percent; numbers of the other sign have their own.
std::int32_t bucketOf(double value)
{
    const auto step = static_cast<std::int32_t>(std::floor(std::log(std::abs(value)) / bucketWidth));
    return value < 0 ? ~(step + mostSteps) : step + mostSteps;
}

} // namespace

void TwinFinder::Index::add(double value, PointAt at)
{
    if (value == 0 || !std::isfinite(value)) {
        return;
    }
    m_buckets[bucketOf(value)].push_back({ value, at });
}

void TwinFinder::Index::collect(const PointPrint::Number& number, std::vector<PointAt>& found) const
{
    // The other side may print fewer digits: half a percent covers three of them.
    const double value = number.value;
    const double window = std::max(number.half * 1.001, bucketWidth * std::abs(value));
    const std::int32_t low = bucketOf(value - std::copysign(window, value));
    const std::int32_t high = bucketOf(value + std::copysign(window, value));
    for (std::int32_t bucket = std::min(low, high); bucket <= std::max(low, high); ++bucket) {
        const auto it = m_buckets.find(bucket);
        if (it == m_buckets.end()) {
            continue;
        }
        for (const Entry& entry : it->second) {
            if (std::abs(entry.value - value) <= window) {
                found.push_back(entry.at);
            }
        }
    }
}

void TwinFinder::Index::sort()
{
    for (auto& [bucket, entries] : m_buckets) {
        std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
            return std::tie(a.value, a.at.source, a.at.point) < std::tie(b.value, b.at.source, b.at.point);
        });
    }
}

void TwinFinder::Index::collectRounded(const PointPrint::Number& number, std::vector<PointAt>& found) const
{
    const double window = std::max(number.half, 1e-9 * std::abs(number.value)) * 1.001;
    const std::int32_t one = bucketOf(number.value - window);
    const std::int32_t other = bucketOf(number.value + window);
    for (std::int32_t bucket = std::min(one, other); bucket <= std::max(one, other); ++bucket) {
        const auto it = m_buckets.find(bucket);
        if (it == m_buckets.end()) {
            continue;
        }
        auto entry = std::lower_bound(it->second.begin(), it->second.end(), number.value - window,
            [](const Entry& e, double least) { return e.value < least; });
        for (; entry != it->second.end() && entry->value <= number.value + window; ++entry) {
            found.push_back(entry->at);
        }
    }
}

std::vector<TwinFinder::PointAt> TwinFinder::candidates(const PointPrint& point) const
{
    std::vector<PointAt> found;
    for (std::size_t i = 0; i < PointPrint::anchors; ++i) {
        const PointPrint::Number& number = point.numbers[i];
        const bool derived = (point.derived >> i & 1) != 0;
        if (std::isnan(number.value) || number.value == 0 || (derived && !compared()[i].survivesDerivation)) {
            continue;
        }
        m_byValue[i].collect(number, found);
        if (found.size() > 1) { // more than the point itself
            return found;
        }
        found.clear();
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
    if (!takes(source)) {
        return {};
    }
    const std::size_t added = m_sources.size();
    m_points += source.points.size();
    m_richness.push_back({});
    auto& [documents, words, points, told] = m_richness.back();
    points = source.points.size();
    m_isTwin.push_back(false);
    std::set<std::size_t> touched;
    for (std::size_t p = 0; p < source.points.size(); ++p) {
        documents = std::max<std::size_t>(documents, !source.points[p].document ? 0 : source.log ? 1 : 2);
        words = std::max(words, source.points[p].identity.size());
        told += source.points[p].told / source.points.size();
        for (std::size_t i = 0; i < PointPrint::anchors; ++i) {
            if (const double value = source.points[p].numbers[i].value; !std::isnan(value)) {
                m_byValue[i].add(value, { static_cast<std::uint32_t>(added), static_cast<std::uint32_t>(p) });
            }
        }
    }
    m_sources.push_back(std::move(source));
    for (const PointPrint& point : m_sources[added].points) {
        for (const PointAt& at : candidates(point)) {
            if (at.source != added && agreement(point, m_sources[at.source].points[at.point]) > 0) {
                touched.insert({ added, at.source });
            }
        }
    }
    std::vector<Twin> twins;
    for (const std::size_t one : touched) {
        const Source* better = m_isTwin[one] ? nullptr : richerThan(one);
        if (better) {
            m_isTwin[one] = true;
            twins.push_back(
                { m_sources[one].id, m_sources[one].path, better->path, better->sha256, better->id, {} });
        }
    }
    return twins;
}

std::vector<TwinFinder::PointAt> TwinFinder::allCandidates(const PointPrint& point) const
{
    std::vector<PointAt> found;
    for (std::size_t i = 0; i < PointPrint::anchors; ++i) {
        const PointPrint::Number& number = point.numbers[i];
        const bool signChanges = std::abs(number.value) <= number.half * 1.001;
        if (!std::isnan(number.value) && !signChanges && found.size() < mostCandidates) {
            m_byValue[i].collectRounded(number, found);
        }
    }
    return found;
}

std::optional<TwinFinder::Twin> TwinFinder::disagreesWithRicher(std::size_t poorer) const
{
    // The richer source must hold every point of this one.
    const Source& source = m_sources[poorer];
    for (const PointAt& first : allCandidates(source.points.front())) {
        const Source& other = m_sources[first.source];
        if (first.source == poorer || m_isTwin[first.source] || !richer(first.source, poorer)) {
            continue;
        }
        std::vector<TwinDifference> all;
        const bool holdsAll = std::all_of(source.points.begin(), source.points.end(), [&](const auto& mine) {
            return std::any_of(other.points.begin(), other.points.end(), [&](const auto& theirs) {
                const auto differences = fewDifferences(mine, theirs);
                if (differences) {
                    all.insert(all.end(), differences->begin(), differences->end());
                }
                return differences.has_value();
            });
        });
        if (holdsAll && !all.empty()) {
            return Twin { source.id, source.path, other.path, other.sha256, other.id, std::move(all) };
        }
    }
    return std::nullopt;
}

std::vector<TwinFinder::Twin> TwinFinder::disagreeing()
{
    for (Index& index : m_byValue) {
        index.sort();
    }
    std::vector<Twin> twins;
    for (std::size_t i = 0; i < m_sources.size(); ++i) {
        if (m_isTwin[i]) {
            continue;
        }
        if (auto twin = disagreesWithRicher(i)) {
            m_isTwin[i] = true;
            twins.push_back(std::move(*twin));
        }
    }
    return twins;
}

} // namespace prism
