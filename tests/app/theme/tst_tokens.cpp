// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/run_style.h"
#include "app/theme/tokens.h"

#include <QtTest/QtTest>

#include <cmath>
#include <numbers>

using namespace prism::app;

namespace {

using Vector = std::array<double, 3>;

double linear(double c)
{
    return c <= .04045 ? c / 12.92 : std::pow((c + .055) / 1.055, 2.4);
}

Vector linear(const QColor& c)
{
    return { linear(c.redF()), linear(c.greenF()), linear(c.blueF()) };
}

/// WCAG 2.1.
double contrast(const QColor& a, const QColor& b)
{
    const auto luminance = [](const QColor& c) {
        const Vector l = linear(c);
        return .2126 * l[0] + .7152 * l[1] + .0722 * l[2] + .05;
    };
    const double x = luminance(a);
    const double y = luminance(b);
    return std::max(x, y) / std::min(x, y);
}

/// Machado 2009, full severity, row by row.
struct Sight {
    const char* name;
    std::array<double, 9> matrix;
};
const std::array<Sight, 4> sights { {
    { "normal", { 1, 0, 0, 0, 1, 0, 0, 0, 1 } },
    { "protan", { .152286, 1.052583, -.204868, .114503, .786281, .099216, -.003882, -.048116, 1.051998 } },
    { "deutan", { .367322, .860646, -.227968, .280085, .672501, .047413, -.011820, .042940, .968881 } },
    { "tritan", { 1.255528, -.076749, -.178779, -.078411, .930809, .147602, .004733, .691367, .303900 } },
} };

/// CIE L*a*b* of a colour as a sight sees it.
Vector seen(const QColor& colour, const Sight& sight)
{
    const Vector in = linear(colour);
    Vector r {};
    for (std::size_t i = 0; i < 3; ++i) {
        double sum = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            sum += sight.matrix[3 * i + k] * in[k];
        }
        r[i] = std::clamp(sum, 0.0, 1.0);
    }
    const Vector xyz { (.4124564 * r[0] + .3575761 * r[1] + .1804375 * r[2]) / .95047,
        .2126729 * r[0] + .7151522 * r[1] + .0721750 * r[2],
        (.0193339 * r[0] + .1191920 * r[1] + .9503041 * r[2]) / 1.08883 };
    Vector f {};
    for (std::size_t i = 0; i < 3; ++i) {
        f[i] = xyz[i] > 216.0 / 24389 ? std::cbrt(xyz[i]) : (24389.0 / 27 * xyz[i] + 16) / 116;
    }
    return { 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2]) };
}

/// CIEDE2000.
double difference(const Vector& p, const Vector& q)
{
    constexpr double degree = std::numbers::pi / 180;
    const auto hue = [](double b, double a) {
        const double h = std::atan2(b, a) / degree;
        return h < 0 ? h + 360 : h;
    };
    const double mean = std::pow((std::hypot(p[1], p[2]) + std::hypot(q[1], q[2])) / 2, 7);
    const double g = .5 * (1 - std::sqrt(mean / (mean + std::pow(25.0, 7))));
    const double c1 = std::hypot((1 + g) * p[1], p[2]);
    const double c2 = std::hypot((1 + g) * q[1], q[2]);
    const double h1 = hue(p[2], (1 + g) * p[1]);
    const double h2 = hue(q[2], (1 + g) * q[1]);
    const double turn = c1 * c2 == 0 ? 0 : std::remainder(h2 - h1, 360);
    const double dH = 2 * std::sqrt(c1 * c2) * std::sin(turn / 2 * degree);
    const double lm = (p[0] + q[0]) / 2;
    const double cm = (c1 + c2) / 2;
    const double hm = c1 * c2 == 0 ? h1 + h2
        : std::abs(h1 - h2) <= 180 ? (h1 + h2) / 2
                                   : std::fmod((h1 + h2) / 2 + 180, 360);
    const auto cosine = [](double d) { return std::cos(d * degree); };
    const double t = 1 - .17 * cosine(hm - 30) + .24 * cosine(2 * hm) + .32 * cosine(3 * hm + 6)
        - .20 * cosine(4 * hm - 63);
    const double c7 = std::pow(cm, 7);
    const double rt = -std::sin(60 * degree * std::exp(-std::pow((hm - 275) / 25, 2))) * 2
        * std::sqrt(c7 / (c7 + std::pow(25.0, 7)));
    const double sl = 1 + .015 * std::pow(lm - 50, 2) / std::sqrt(20 + std::pow(lm - 50, 2));
    const double sc = 1 + .045 * cm;
    const double sh = 1 + .015 * cm * t;
    const double dl = (q[0] - p[0]) / sl;
    const double dc = (c2 - c1) / sc;
    return std::sqrt(dl * dl + dc * dc + dH / sh * dH / sh + rt * dc * dH / sh);
}

double difference(const QColor& a, const QColor& b, const Sight& sight)
{
    return difference(seen(a, sight), seen(b, sight));
}

QString pair(const QColor& a, const QColor& b)
{
    return a.name() + QLatin1String(" / ") + b.name();
}

} // namespace

class TestTokens : public QObject {
    Q_OBJECT

    static void atLeast(double value, double limit, const QString& what)
    {
        QVERIFY2(value >= limit, qPrintable(QStringLiteral("%1: %2 < %3").arg(what).arg(value).arg(limit)));
    }

private Q_SLOTS:
    void differenceAgreesWithPublishedPairs()
    {
        // From the test data of Sharma, Wu, Dalal 2005.
        QVERIFY(std::abs(difference({ 50, 2.6772, -79.7751 }, { 50, 0, -82.7485 }) - 2.0425) < 1e-4);
        QVERIFY(std::abs(difference({ 50, 2.5, 0 }, { 73, 25, -18 }) - 27.1492) < 1e-4);
        QVERIFY(std::abs(difference({ 60.2574, -34.0099, 36.2677 }, { 60.4626, -34.1751, 39.4387 }) - 1.2644)
            < 1e-4);
    }

    void textCanBeRead_data()
    {
        QTest::addColumn<int>("variant");
        QTest::addColumn<double>("limit");
        QTest::newRow("light") << int(Variant::Light) << 4.5;
        QTest::newRow("dark") << int(Variant::Dark) << 4.5;
        QTest::newRow("high contrast") << int(Variant::HighContrast) << 7.0;
    }

    void textCanBeRead()
    {
        QFETCH(int, variant);
        QFETCH(double, limit);
        const Tokens& t = tokensOf(static_cast<Variant>(variant));
        for (const QColor& ground : { t.window, t.base, t.alternate }) {
            for (const QColor& ink : { t.text, t.muted, t.accent, t.good, t.bad, t.warn }) {
                atLeast(contrast(ink, ground), limit, pair(ink, ground));
            }
        }
        for (const QColor& ground : { t.sourceHighlight, t.facetBar, t.facetTicked, t.button, t.tooltip }) {
            atLeast(contrast(t.text, ground), limit, pair(t.text, ground));
        }
        for (const QColor& ink : { t.good, t.bad, t.muted }) {
            atLeast(contrast(ink, t.tooltip), limit, pair(ink, t.tooltip));
        }
        atLeast(contrast(t.accent, t.sourceHighlight), limit, pair(t.accent, t.sourceHighlight));
        atLeast(contrast(t.selectionText, t.selection), limit, pair(t.selectionText, t.selection));
        for (const QColor& line : { t.axis, t.control, t.bad, t.loss, t.accent }) {
            atLeast(contrast(line, t.base), 3, pair(line, t.base));
        }
    }

    void runsStandOut()
    {
        for (int slot = 0; slot < runStyleCount; ++slot) {
            const QColor colour = runStyle(slot).colour;
            for (const Variant variant : { Variant::Light, Variant::Dark }) {
                const Tokens& t = tokensOf(variant);
                atLeast(contrast(colour, t.base), 3, pair(colour, t.base));
                atLeast(contrast(colour, t.alternate), 3, pair(colour, t.alternate));
                atLeast(difference(colour, t.bad, sights[0]), 14, pair(colour, t.bad));
            }
            for (int other = 0; other < slot; ++other) {
                const RunStyle b = runStyle(other);
                for (const Sight& sight : sights) {
                    atLeast(difference(colour, b.colour, sight), 11, pair(colour, b.colour));
                }
                QVERIFY(runStyle(slot).marker != b.marker);
                QVERIFY(runStyle(slot).dash != b.dash);
            }
        }
    }

    void stagesAndHeatAreDistinct()
    {
        for (const Variant variant : { Variant::Light, Variant::Dark, Variant::HighContrast }) {
            const Tokens& t = tokensOf(variant);
            const auto& s = t.stages;
            const std::array<QColor, 6> stages { s.read, s.queue, s.prefill, s.decode, s.gap, s.gpuWait };
            for (std::size_t i = 0; i < stages.size(); ++i) {
                atLeast(contrast(stages[i], t.base), 3, pair(stages[i], t.base));
                for (std::size_t k = 0; k < i; ++k) {
                    for (const Sight& sight : sights) {
                        atLeast(difference(stages[i], stages[k], sight), 10, pair(stages[i], stages[k]));
                    }
                }
            }
            const double way = variant == Variant::Light ? -1 : 1;
            double smallest = 1e9;
            double largest = 0;
            for (std::size_t i = 1; i < t.heat.size(); ++i) {
                for (const Sight& sight : sights) {
                    QVERIFY(way * (seen(t.heat[i], sight)[0] - seen(t.heat[i - 1], sight)[0]) > 0);
                }
                const double step = difference(t.heat[i], t.heat[i - 1], sights[0]);
                smallest = std::min(smallest, step);
                largest = std::max(largest, step);
            }
            QVERIFY(largest / smallest < 1.3);
            atLeast(difference(t.heat[0], t.base, sights[0]), 5, QStringLiteral("empty cell"));
        }
    }
};

QTEST_MAIN(TestTokens)
#include "tst_tokens.moc"
