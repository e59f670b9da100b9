// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/scale.h"

#include <QtTest/QtTest>

#include <cmath>

using namespace prism::app;

Q_DECLARE_METATYPE(std::vector<double>)

class TestScale : public QObject {
    Q_OBJECT

    static Scale scale(Scale::Kind kind, double low, double high, Scale::Steps steps = Scale::Steps::Decimal)
    {
        const bool log = kind == Scale::Kind::Log;
        return { kind, log ? std::log10(low) : low, log ? std::log10(high) : high, 0, 700, steps };
    }

private Q_SLOTS:
    void ticks_data()
    {
        QTest::addColumn<bool>("log");
        QTest::addColumn<bool>("powers");
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::addColumn<std::vector<double>>("ticks");
        using V = std::vector<double>;
        QTest::newRow("from zero") << false << false << 0. << 2800. << V { 0, 500, 1000, 1500, 2000, 2500 };
        QTest::newRow("across zero") << false << false << -1.1 << 1.1 << V { -1, -.5, 0, .5, 1 };
        QTest::newRow("small") << false << false << .0012 << .0078
                               << V { .002, .003, .004, .005, .006, .007 };
        QTest::newRow("a decade") << true << false << 9.4 << 112. << V { 10, 15, 20, 30, 40, 50, 70, 100 };
        QTest::newRow("two decades") << true << false << 40. << 3200. << V { 50, 100, 200, 500, 1000, 2000 };
        QTest::newRow("six decades") << true << false << .5 << 2e6 << V { 1, 10, 100, 1000, 1e4, 1e5, 1e6 };
        QTest::newRow("part of a decade") << true << false << 20.5 << 26.5 << V { 21, 22, 23, 24, 25, 26 };
        QTest::newRow("concurrency") << true << true << .84 << 305. << V { 1, 2, 4, 8, 16, 32, 64, 128, 256 };
        QTest::newRow("linear concurrency") << false << true << 0. << 260. << V { 0, 64, 128, 192, 256 };
    }

    void ticks()
    {
        QFETCH(bool, log);
        QFETCH(bool, powers);
        QFETCH(double, low);
        QFETCH(double, high);
        QFETCH(std::vector<double>, ticks);
        const auto found = scale(log ? Scale::Kind::Log : Scale::Kind::Linear, low, high,
            powers ? Scale::Steps::PowersOfTwo : Scale::Steps::Decimal)
                               .ticks();
        QCOMPARE(found.size(), ticks.size());
        for (std::size_t i = 0; i < ticks.size(); ++i) {
            QVERIFY2(std::abs(found[i] - ticks[i]) <= 1e-9 * std::max(1.0, std::abs(ticks[i])),
                qPrintable(QString::number(found[i])));
        }
    }

    void thereAreAlwaysAFewTicks()
    {
        for (double low = 1e-4; low < 1e7; low *= 3.7) {
            for (double ratio = 1.2; ratio < 1e6; ratio *= 1.9) {
                for (const auto kind : { Scale::Kind::Linear, Scale::Kind::Log }) {
                    const auto n = scale(kind, low, low * ratio).ticks().size();
                    QVERIFY2(n >= 3 && n <= 8,
                        qPrintable(QStringLiteral("%1 × %2: %3").arg(low).arg(ratio).arg(n)));
                }
            }
        }
    }

    void textsTellNeighboursApart()
    {
        const QChar thin(0x2009);
        QCOMPARE(tickTexts({ 0, 500, 1000 }),
            QStringList({ QStringLiteral("0"), QStringLiteral("500"),
                QStringLiteral("1") + thin + QStringLiteral("000") }));
        QCOMPARE(
            tickTexts({ 0.002, 0.003 }), QStringList({ QStringLiteral("0.002"), QStringLiteral("0.003") }));
        QCOMPARE(tickTexts({ 0.5, 1, 10 }),
            QStringList({ QStringLiteral("0.5"), QStringLiteral("1"), QStringLiteral("10") }));
        QCOMPARE(tickTexts({ -1, 0, 1 }),
            QStringList(
                { QString(QChar(0x2212)) + QLatin1Char('1'), QStringLiteral("0"), QStringLiteral("1") }));
        QCOMPARE(tickTexts({ 0, 50'000, 100'000 }),
            QStringList({ QStringLiteral("0"), QStringLiteral("50") + thin + QLatin1Char('k'),
                QStringLiteral("100") + thin + QLatin1Char('k') }));
        // Over decades each tick has the prefix that suits it.
        QCOMPARE(tickTexts({ 10, 10'000, 100'000, 1'000'000 }),
            QStringList({ QStringLiteral("10"), QStringLiteral("10") + thin + QStringLiteral("000"),
                QStringLiteral("100") + thin + QLatin1Char('k'),
                QStringLiteral("1") + thin + QLatin1Char('M') }));
        QCOMPARE(tickTexts({ 22.25, 22.5, 22.75 }),
            QStringList({ QStringLiteral("22.25"), QStringLiteral("22.5"), QStringLiteral("22.75") }));
    }

    void pixelsAndValuesAreInverse()
    {
        const Scale log = scale(Scale::Kind::Log, 10, 1000);
        QCOMPARE(log.toPixel(100), 350.);
        QVERIFY(std::abs(log.toValue(350) - 100) < 1e-9);
        QVERIFY(std::isnan(log.toPixel(0)));
        QVERIFY(std::isnan(log.toPixel(-3)));
        const Scale down = Scale(Scale::Kind::Linear, 0, 10, 300, 0);
        QCOMPARE(down.toPixel(10), 0.);
        QCOMPARE(down.toPixel(0), 300.);
    }

    void zoomKeepsTheValueUnderTheCursor()
    {
        for (const auto kind : { Scale::Kind::Linear, Scale::Kind::Log }) {
            const Scale before = scale(kind, 3, 4000);
            for (const double pixel : { 0.0, 13.0, 350.0, 699.0 }) {
                const Scale after = before.zoomed(0.8, pixel);
                QVERIFY(std::abs(after.toValue(pixel) / before.toValue(pixel) - 1) < 1e-9);
                QVERIFY(after.high() - after.low() < before.high() - before.low());
            }
            const Scale moved = before.panned(50);
            QVERIFY(std::abs(moved.toValue(150) / before.toValue(100) - 1) < 1e-9);
        }
    }

    void fittingGivesAir()
    {
        const Scale zero = Scale::fitting(Scale::Kind::Linear, 20, 2650);
        QCOMPARE(zero.low(), 0.);
        QVERIFY(zero.high() > 2650);
        const Scale far = Scale::fitting(Scale::Kind::Linear, 900, 1000);
        QVERIFY(far.low() > 800 && far.low() < 900);
        const Scale one = Scale::fitting(Scale::Kind::Log, 64, 64);
        QVERIFY(one.low() < std::log10(64) && one.high() > std::log10(64));
        const Scale nothing = Scale::fitting(Scale::Kind::Linear, 0, 0);
        QVERIFY(nothing.high() > nothing.low());
    }
};

QTEST_GUILESS_MAIN(TestScale)
#include "tst_scale.moc"
