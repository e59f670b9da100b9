// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/lane_texts.h"

#include <QtTest>

using namespace prism::app;

class TestLaneTexts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Three digits and a factor, never an exponent.
    void aScaleHasRoomForThreeDigits_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("text");
        QTest::newRow("0") << 0.0 << QStringLiteral("0");
        QTest::newRow("400") << 400.0 << QStringLiteral("400");
        QTest::newRow("4.5 k") << 4500.0 << QStringLiteral("4.5\u2009k");
        QTest::newRow("100 k") << 100'000.0 << QStringLiteral("100\u2009k");
        QTest::newRow("1.5 M") << 1'500'000.0 << QStringLiteral("1.5\u2009M");
        QTest::newRow("-2 G") << -2e9 << QStringLiteral("-2\u2009G");
    }
    void aScaleHasRoomForThreeDigits()
    {
        QFETCH(const double, value);
        QTEST(plainScaleText(value), "text");
    }
};

QTEST_APPLESS_MAIN(TestLaneTexts)
#include "tst_lane_texts.moc"
