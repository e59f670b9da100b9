// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/units/convert.h"

#include <QtTest>

#include <charconv>
#include <limits>
#include <random>
#include <string>

using namespace prism;

namespace {

double parsed(const std::string& text)
{
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

} // namespace

/// Bits are compared: QCOMPARE would call 55.3 and 55.300000000000004 equal.
class TestConvert : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void digitsStayDigits()
    {
        QVERIFY(convert(0.1, source::latencySeconds) == 100.0);
        QVERIFY(convert(0.0553, source::latencySeconds) == 55.3);
        QVERIFY(convert(-0.0553, source::latencySeconds) == -55.3);
        QVERIFY(convert(4.351e-3, source::latencySeconds) == 4.351);
        QVERIFY(convert(0, source::latencySeconds) == 0.0);
        QVERIFY(convert(8700, source::latencyMicroseconds) == 8.7);
        QVERIFY(convert(2.3, source::gigabytes) == 2.3e9);
        QVERIFY(convert(0.5, source::mebibytes) == 524288.0);
        QVERIFY(convert(1e300, source::latencySeconds) == 1e303);
        QVERIFY(std::isnan(convert(std::nan(""), source::latencySeconds)));
        QVERIFY(std::isinf(convert(std::numeric_limits<double>::infinity(), source::latencySeconds)));
    }

    /// Whatever has as many digits as a tool prints is moved by three places.
    void everyShortDecimalIsMovedByThreePlaces()
    {
        std::mt19937 random(1);
        for (int i = 0; i < 100'000; ++i) {
            const std::string digits = std::to_string(random() % 2'000'000'000);
            const int decimals = static_cast<int>(random() % 13);
            const double seconds = parsed(digits + "e-" + std::to_string(decimals));
            const double moved = parsed(digits + 'e' + std::to_string(3 - decimals));
            QVERIFY2(convert(seconds, source::latencySeconds) == moved,
                qPrintable(QString::fromStdString(digits + "e-" + std::to_string(decimals))));
        }
    }

    void betweenPointsOfToday()
    {
        QVERIFY(millisecondsBetween(1717171717.25, 1717171717.35) == 100.0);
        QVERIFY(millisecondsBetween(1717171717.000001, 1717171717.000002) == 0.001);
        QVERIFY(millisecondsBetween(10.0, 10.1) == 100.0);
        QVERIFY(millisecondsBetween(0.1, 0.0) == -100.0);
        // Finer than a microsecond: their difference.
        const double from = 1e-7;
        const double to = 0.1234567891;
        QVERIFY(millisecondsBetween(from, to) == (to - from) * 1e3);
    }
};

QTEST_APPLESS_MAIN(TestConvert)
#include "tst_convert.moc"
