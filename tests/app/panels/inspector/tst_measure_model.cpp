// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/inspector/measure_model.h"

#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;

Measure measure(
    const char* metric, Stat stat, double value, const char* path, Origin origin = Origin::Reported)
{
    Measure m;
    m.metric = findMetric(metric);
    m.stat = stat;
    m.value = value;
    m.status = Status::Ok;
    m.origin = origin;
    m.path = path;
    return m;
}

PointDetail detail()
{
    PointDetail point;
    point.measures = { measure("ttft", Stat::percentile(99), 250, "/p99_ttft_ms"),
        measure("ttft", Stat::mean(), 120, "/mean_ttft_ms"),
        measure("output_throughput", Stat::value(), 900, "/output_throughput", Origin::Derived) };
    Measure failed = measure("tpot", Stat::mean(), 0, "/mean_tpot_ms");
    failed.status = Status::Failed;
    point.measures.push_back(failed);
    return point;
}

} // namespace

class TestMeasureModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void findsMeasuresAndPlaces()
    {
        MeasureModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setPoint(detail());
        QCOMPARE(model.rowCount(), 4);
        const int row = model.rowOf(QStringLiteral("ttft"), QStringLiteral("p99"));
        QVERIFY(row >= 0);
        QCOMPARE(model.place(row), QStringLiteral("/p99_ttft_ms"));
        QCOMPARE(model.rowAt(QStringLiteral("/p99_ttft_ms")), row);
        QCOMPARE(model.index(row, MeasureModel::Value).data().toString(), QStringLiteral("250.00"));
        QCOMPARE(model.rowOf(QStringLiteral("ttft"), QStringLiteral("p50")), -1);
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }

    void whatWasDerivedHasNoPlace()
    {
        MeasureModel model;
        model.setPoint(detail());
        const int row = model.rowOf(QStringLiteral("output_throughput"), QStringLiteral("value"));
        QVERIFY(row >= 0);
        QVERIFY(model.place(row).isEmpty());
        QCOMPARE(model.index(row, MeasureModel::OriginColumn).data().toString(), QStringLiteral("ƒ"));
    }

    void whatANarrowColumnCutsStandsInItsToolTip()
    {
        PointDetail point = detail();
        point.measures[0].semantics = "token-weighted";
        point.record.attributes.push_back(
            { "model", std::string("<b>a</b>/long"), {}, Origin::Reported, {} });
        MeasureModel model;
        model.setPoint(point);
        const int row = model.rowOf(QStringLiteral("ttft"), QStringLiteral("p99"));
        const auto tip = [&model](int at, int column) {
            return model.index(at, column).data(Qt::ToolTipRole).toString();
        };
        const QString name = model.index(row, MeasureModel::Name).data(Qt::AccessibleTextRole).toString();
        QVERIFY(name.contains(QStringLiteral("token-weighted")));
        QVERIFY2(tip(row, MeasureModel::Name).startsWith(name), qPrintable(tip(row, MeasureModel::Name)));
        QVERIFY(!tip(row, MeasureModel::Value).startsWith(name));
        // A file's words are no markup.
        const int given = model.rowOf(QStringLiteral("model"), {});
        QVERIFY(tip(given, MeasureModel::Value).contains(QStringLiteral("<b>a")));
    }

    void theUsersWordStandsOverTheFiles()
    {
        PointDetail point = detail();
        point.record.attributes
            = { { "model", std::string("Llama"), "/models/llama", Origin::User, "/model_id" },
                  { "tp", std::int64_t(8), {}, Origin::User, {} },
                  { "precision", std::string("FP8"), {}, Origin::Reported, "/dtype" } };
        point.words = { { "attribute:model", "Llama", "meta/Llama", "2026-11-28T18:00:00Z", "anna" },
            { "attribute:tp", "8", {}, "2026-11-28T18:00:00Z", "anna", true } };
        MeasureModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setPoint(point);
        const int row = model.rowOf(QStringLiteral("model"), {});
        const auto cell = [&model](int at, int column) { return model.index(at, column).data().toString(); };
        QCOMPARE(cell(row, MeasureModel::Value), QStringLiteral("Llama"));
        QCOMPARE(cell(row, MeasureModel::OriginColumn), QStringLiteral("✎"));
        QVERIFY(model.index(row, 0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("anna")));
        QVERIFY(!model.index(row, 0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("whole run")));
        QCOMPARE(cell(row + 1, MeasureModel::Value), QStringLiteral("/models/llama"));
        QCOMPARE(model.place(row + 1), QStringLiteral("/model_id"));
        QCOMPARE(model.rowAt(QStringLiteral("/model_id")), row + 1);
        const int tp = model.rowOf(QStringLiteral("tp"), {});
        QCOMPARE(cell(tp + 1, MeasureModel::Value), QStringLiteral("not stated"));
        QVERIFY(model.place(tp + 1).isEmpty());
        QVERIFY(model.index(tp, 0)
                    .data(Qt::ToolTipRole)
                    .toString()
                    .contains(QStringLiteral("for the whole run")));
        // What is written over a value goes to the store, which answers with a new point.
        QSignalSpy edited(&model, &MeasureModel::attributeEdited);
        const int precision = model.rowOf(QStringLiteral("precision"), {});
        model.setData(model.index(precision, MeasureModel::Value), QStringLiteral("FP8"), Qt::EditRole);
        QVERIFY(edited.isEmpty());
        model.setData(model.index(precision, MeasureModel::Value), QStringLiteral(" BF16 "), Qt::EditRole);
        QCOMPARE(edited.size(), 1);
        QCOMPARE(edited[0][0].toString(), QStringLiteral("precision"));
        QCOMPARE(edited[0][1].toString(), QStringLiteral("BF16"));
        QCOMPARE(cell(precision, MeasureModel::Value), QStringLiteral("FP8"));
        for (const int fixed : { model.rowOf(QStringLiteral("ttft"), QStringLiteral("p99")), row + 1 }) {
            QVERIFY(!(model.index(fixed, MeasureModel::Value).flags() & Qt::ItemIsEditable));
        }
    }

    void whatFailedIsNoNumber()
    {
        MeasureModel model;
        model.setPoint(detail());
        const int row = model.rowOf(QStringLiteral("tpot"), QStringLiteral("mean"));
        const QString text = model.index(row, MeasureModel::Value).data().toString();
        QVERIFY2(!text.contains(QLatin1Char('0')), qPrintable(text));
        QVERIFY(model.csv().startsWith(QStringLiteral("measure,stat,value,unit,origin,place\r\n")));
    }
};

QTEST_MAIN(TestMeasureModel)
#include "tst_measure_model.moc"
