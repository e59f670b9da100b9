// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/distribution/distribution_plot.h"
#include "app/theme/run_style.h"
#include "tests/support/no_qt_warnings.h"

#include <QAbstractAxis>
#include <QChart>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

DistributionSeries stated(int slot)
{
    DistributionSeries series;
    series.of = { slot + 1, QStringLiteral("concurrency %1, stated").arg(slot), slot };
    series.knots = { { 50, 10 }, { 99, 80 }, { 100, 90 } };
    return series;
}

DistributionSeries measured()
{
    DistributionSeries series;
    series.of = { 9, QStringLiteral("measured"), 3 };
    series.samples = 2;
    series.steps = { { 20, 0.5 }, { 60, 1 } };
    series.histogram.edges = { 0, 50, 100 };
    series.histogram.counts = { 1, 1 };
    return series;
}

/// The first line of a picture with a colour in it, -1 without.
int firstLineWith(const QImage& image, const QColor& colour)
{
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            if (image.pixelColor(x, y).rgb() == colour.rgb()) {
                return y;
            }
        }
    }
    return -1;
}

} // namespace

class TestDistributionPlot : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void whatTheFileStatesIsNeverMoreThanItStates()
    {
        DistributionPlot plot;
        plot.resize(500, 300);
        plot.setContent({ stated(0) }, findMetric("ttft"), DistributionPlot::Kind::Histogram, false);
        QCOMPARE(plot.csv(),
            QStringLiteral("point,from,to,count\r\n\"concurrency 0, stated\",10,10,p50\r\n"
                           "\"concurrency 0, stated\",80,80,p99\r\n\"concurrency 0, stated\",90,90,max\r\n"));
        plot.setContent({ stated(0) }, findMetric("ttft"), DistributionPlot::Kind::Cdf, false);
        QCOMPARE(plot.rows().size(), qsizetype(4));
        QCOMPARE(plot.rows()[2][2], QStringLiteral("0.99"));
    }

    void aHeightThatCountsNothingHasNoNumbers()
    {
        DistributionPlot plot;
        plot.resize(500, 300);
        const auto numbered = [&plot] { return plot.chart()->axes(Qt::Vertical).first()->labelsVisible(); };
        plot.setContent({ stated(0) }, findMetric("ttft"), DistributionPlot::Kind::Histogram, false);
        QVERIFY(!numbered());
        plot.setContent({ stated(0) }, findMetric("ttft"), DistributionPlot::Kind::Cdf, false);
        QVERIFY(numbered());
        plot.setContent(
            { stated(0), measured() }, findMetric("ttft"), DistributionPlot::Kind::Histogram, false);
        QVERIFY(numbered());
    }

    void whiskersOfSeveralPointsStandApart()
    {
        DistributionPlot plot;
        plot.resize(500, 300);
        plot.show();
        plot.setContent(
            { stated(0), stated(1) }, findMetric("ttft"), DistributionPlot::Kind::Histogram, false);
        const QImage image = plot.grab().toImage();
        const int first = firstLineWith(image, runStyle(0).colour);
        const int second = firstLineWith(image, runStyle(1).colour);
        QVERIFY(first > 0);
        QVERIFY(second - first > 40);
    }

    void samplesAreTheirOwnTable()
    {
        DistributionPlot plot;
        plot.resize(500, 300);
        plot.setContent({ measured() }, findMetric("itl"), DistributionPlot::Kind::Cdf, false);
        QCOMPARE(plot.rows().last(),
            (QStringList { QStringLiteral("measured"), QStringLiteral("60"), QStringLiteral("1") }));
        plot.setContent({ measured() }, findMetric("itl"), DistributionPlot::Kind::Histogram, false);
        QCOMPARE(plot.rows().last().last(), QStringLiteral("1"));
    }
};

QTEST_MAIN(TestDistributionPlot)
#include "tst_distribution_plot.moc"
