// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/scale.h"

#include <QStringList>

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace prism::app {

namespace {

/// The 1-2-5 (or power of two) step that makes at most `most` ticks over a span.
double niceStep(double span, int most, Scale::Steps steps)
{
    const double least = span / most;
    if (steps == Scale::Steps::PowersOfTwo) {
        return std::exp2(std::ceil(std::log2(std::max(least, 1e-9))));
    }
    const double magnitude = std::pow(10, std::floor(std::log10(least)));
    for (const double mantissa : { 1.0, 2.0, 5.0 }) {
        if (mantissa * magnitude >= least * (1 - 1e-9)) {
            return mantissa * magnitude;
        }
    }
    return 10 * magnitude;
}

std::vector<double> linearTicks(double low, double high, int most, Scale::Steps steps)
{
    double step = niceStep(high - low, most, steps);
    std::vector<double> ticks;
    for (;;) {
        ticks.clear();
        const double first = std::ceil(low / step - 1e-9);
        const double last = std::floor(high / step + 1e-9);
        for (double k = first; k <= last; ++k) {
            ticks.push_back(k == 0 ? 0 : k * step);
        }
        if (static_cast<int>(ticks.size()) <= most) {
            return ticks;
        }
        step *= 2;
    }
}

std::vector<double> mantissaTicks(double low, double high, std::initializer_list<double> mantissas)
{
    std::vector<double> ticks;
    for (double decade = std::floor(low); decade <= std::ceil(high); ++decade) {
        for (const double m : mantissas) {
            const double unit = decade + std::log10(m);
            if (unit >= low - 1e-9 && unit <= high + 1e-9) {
                ticks.push_back(m * std::pow(10, decade));
            }
        }
    }
    return ticks;
}

std::vector<double> everyPower(double low, double high, double base, int most)
{
    const double first = std::ceil(low / std::log10(base) - 1e-9);
    const double last = std::floor(high / std::log10(base) + 1e-9);
    const double stride = std::max(1.0, std::ceil((last - first + 1) / most));
    std::vector<double> ticks;
    for (double k = std::ceil(first / stride) * stride; k <= last; k += stride) {
        ticks.push_back(std::pow(base, k));
    }
    return ticks;
}

std::vector<double> logTicks(double low, double high, int most)
{
    const auto fits = [most](const std::vector<double>& ticks, int least) {
        return static_cast<int>(ticks.size()) >= least && static_cast<int>(ticks.size()) <= most;
    };
    auto usual = mantissaTicks(low, high, { 1, 2, 5 });
    if (fits(usual, 5)) {
        return usual;
    }
    // About one decade: 1-2-5 alone would leave wide gaps.
    for (const auto& finer :
        { mantissaTicks(low, high, { 1, 1.5, 2, 3, 4, 5, 7 }), mantissaTicks(low, high, { 1, 2, 3, 5 }) }) {
        if (fits(finer, 4)) {
            return finer;
        }
    }
    if (usual.size() > static_cast<std::size_t>(most)) {
        std::vector<double> powers = everyPower(low, high, 10, most);
        const auto thirds = mantissaTicks(low, high, { 1, 3 });
        return powers.size() < 3 && fits(thirds, 3) ? thirds : powers;
    }
    // Less than a third of a decade: equal steps read better than a lone power.
    return linearTicks(std::pow(10, low), std::pow(10, high), most, Scale::Steps::Decimal);
}

} // namespace

Scale::Scale(Kind kind, double low, double high, double pixelLow, double pixelHigh, Steps steps)
    : m_kind(kind)
    , m_steps(steps)
    , m_low(low)
    , m_high(high)
    , m_pixelLow(pixelLow)
    , m_pixelHigh(pixelHigh)
{
}

Scale Scale::fitting(Kind kind, double low, double high, Steps steps)
{
    if (kind == Kind::Log) {
        double a = std::log10(low);
        double b = std::log10(high);
        const double air = b > a ? (b - a) * 0.04 : 0.15;
        a -= air;
        b += air;
        return { kind, a, b, 0, 1, steps };
    }
    double a = low;
    double b = high;
    if (a > 0 && a < 0.6 * b) {
        a = 0;
    }
    if (b < 0 && b > 0.6 * a) {
        b = 0;
    }
    const double span = b > a ? b - a : std::abs(a) > 0 ? std::abs(a) : 1;
    return { kind, a == 0 ? 0 : a - span * 0.05, b == 0 && a < 0 ? 0 : b + span * 0.06, 0, 1, steps };
}

double Scale::toUnit(double value) const
{
    if (m_kind == Kind::Linear) {
        return value;
    }
    return value > 0 ? std::log10(value) : std::nan("");
}

double Scale::fromUnit(double unit) const
{
    return m_kind == Kind::Linear ? unit : std::pow(10, unit);
}

Scale Scale::withPixels(double low, double high) const
{
    return { m_kind, m_low, m_high, low, high, m_steps };
}

Scale Scale::withRange(double low, double high) const
{
    return { m_kind, low, high, m_pixelLow, m_pixelHigh, m_steps };
}

Scale Scale::zoomed(double factor, double pixel) const
{
    const double at = pixelToUnit(pixel);
    return withRange(at - (at - m_low) * factor, at + (m_high - at) * factor);
}

Scale Scale::panned(double pixels) const
{
    const double shift = pixels / factor();
    return withRange(m_low - shift, m_high - shift);
}

std::vector<double> Scale::ticks(int most) const
{
    if (!(m_high > m_low) || most < 1) {
        return {};
    }
    if (m_kind == Kind::Linear) {
        return linearTicks(m_low, m_high, most, m_steps);
    }
    if (m_steps == Steps::PowersOfTwo) {
        std::vector<double> powers = everyPower(m_low, m_high, 2, most + 2);
        return powers.size() >= 2 ? powers : logTicks(m_low, m_high, most);
    }
    return logTicks(m_low, m_high, most);
}

QStringList tickTexts(const std::vector<double>& ticks)
{
    const QChar thin(0x2009);
    double largest = 0;
    double smallest = HUGE_VAL;
    double step = HUGE_VAL;
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        largest = std::max(largest, std::abs(ticks[i]));
        smallest = ticks[i] == 0 ? smallest : std::min(smallest, std::abs(ticks[i]));
        if (i > 0) {
            step = std::min(step, std::abs(ticks[i] - ticks[i - 1]));
        }
    }
    struct Prefix {
        double factor;
        const char* symbol;
    };
    // Counts from 100 000 on are shorter with SI; small ticks of such an axis are whole again by it. Over
    // decades they would not be: nobody reads 0.01 k as 10.
    const bool decades = smallest * 1000 < largest;
    const auto prefixOf = [&](double tick) {
        const double size = decades ? std::abs(tick) * (std::abs(tick) < 1e6 ? 1 : 1e2) : largest;
        return size >= 1e11 ? Prefix { 1e9, "G" }
            : size >= 1e8   ? Prefix { 1e6, "M" }
            : size >= 1e5   ? Prefix { 1e3, "k" }
                            : Prefix { 1, "" };
    };
    QStringList texts;
    for (const double tick : ticks) {
        const Prefix prefix = prefixOf(tick);
        const double value = tick / prefix.factor;
        int decimals = 0;
        while (decimals < 12
            && std::abs(value * std::pow(10, decimals) - std::round(value * std::pow(10, decimals))) > 1e-6
                    * std::max(1e-3, std::min(step / prefix.factor, std::abs(value)))
                    * std::pow(10, decimals)) {
            ++decimals;
        }
        QString digits = QString::number(std::abs(value), 'f', decimals);
        const qsizetype point = digits.indexOf(QLatin1Char('.'));
        for (qsizetype at = (point < 0 ? digits.size() : point) - 3; at > 0; at -= 3) {
            digits.insert(at, thin);
        }
        if (value < 0) {
            digits.prepend(QChar(0x2212));
        }
        if (*prefix.symbol && value != 0) {
            digits += thin + QLatin1String(prefix.symbol);
        }
        texts << digits;
    }
    return texts;
}

} // namespace prism::app
