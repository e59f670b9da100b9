// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/inspector/attached_view.h"

#include "tests/support/made_points.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QMenu>
#include <QSignalSpy>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;
constexpr double noon = 1'780'000'000;

} // namespace

/// Telemetry of a run in the inspector: what was recorded while the point was measured, with its origin.
class TestAttachedView : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void onlyThePointsOwnTimeIsShown()
    {
        const test::TemporaryStore store;
        SourceId gpu = 0;
        {
            auto writer = store.writer();
            const auto source = writer->begin(test::madeSource("/r/a.json"));
            QVERIFY(writer->addPoint(
                *source, test::madePoint(0), test::madeRun(), TimeSpan { noon + 10, noon + 20 }));
            QVERIFY(writer->finish(*source, {}));
            const auto attached = writer->begin(test::madeSource("/r/gpu.csv"));
            TimeSeries power { "power [0]", "W", "1:30", {}, {}, true };
            for (int i = 0; i < 60; ++i) {
                power.seconds.push_back(noon + i);
                power.values.push_back(i == 15 ? std::nan("") : 300 + i);
            }
            QVERIFY(writer->addSeries(*attached, 0, power));
            StoreWriter::Finished finished;
            finished.attached = true;
            finished.covers = TimeSpan { noon, noon + 59 };
            QVERIFY(writer->finish(*attached, finished));
            QVERIFY(
                writer->link(*attached, test::madeRun(), { "telemetry", "It was recorded then.", false }));
            QVERIFY(writer->commit());
            gpu = *attached;
        }
        auto reader = store.reader();
        const RunId run = reader->runs()->front().id;
        const auto files = attachedFiles(*reader, run, *reader->measured(1));
        QVERIFY(files);
        QCOMPARE(files->size(), std::size_t(1));
        QCOMPARE((*files)[0].link.source.id, gpu);
        QVERIFY((*files)[0].cut);
        const AttachedFile::Series& series = (*files)[0].series.at(0);
        QCOMPARE(series.count, std::size_t(10)); // of eleven samples one is a gap
        QCOMPARE(series.lowest, 310.0);
        QCOMPARE(series.highest, 320.0);

        AttachedView view;
        QVERIFY(view.isHidden());
        view.setContent(*files, {}, {});
        QVERIFY(!view.isHidden());
        const QTreeWidgetItem* row = view.topLevelItem(0)->child(0);
        QCOMPARE(row->text(0), QString::fromStdString(findMetric("power")->name + " [0]"));
        QVERIFY(row->text(1).contains(QStringLiteral("310")) && row->text(1).contains(QStringLiteral("W")));
        QVERIFY(!row->icon(2).isNull());
        QVERIFY(row->toolTip(0).contains(QStringLiteral("gpu.csv")));
        QVERIFY(view.topLevelItem(0)->toolTip(0).contains(QStringLiteral("recorded then")));

        // A point without a time shows the whole record, and says so.
        const auto whole = attachedFiles(*reader, run, {});
        QCOMPARE((*whole)[0].series.at(0).count, std::size_t(59));
        QVERIFY(!(*whole)[0].cut);
        view.setContent({}, {}, {});
        QVERIFY(view.isHidden());
    }

    void aTimelineOpensFromHere()
    {
        AttachedFile file;
        file.link.source.id = 7;
        file.link.source.path = "/r/x.nsys.sqlite";
        file.link.text = { "timeline", "why", false };
        file.link.timeline = true;
        AttachedView view;
        view.setContent({ file }, {}, {});
        QSignalSpy asked(&view, &AttachedView::timelineRequested);
        Q_EMIT view.itemActivated(view.topLevelItem(0), 0);
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked[0][0].toLongLong(), 7);
    }

    /// The user's word on a file: as what it belongs to the run, or to which, or to none.
    void aFileIsGivenElsewhereFromHere()
    {
        AttachedFile file;
        file.link.source.id = 7;
        file.link.source.path = "/r/gpu.csv";
        file.link.run = 3;
        file.link.series = true;
        file.link.text = { "telemetry", "why", true };
        AttachedView view;
        view.setContent({ file }, {}, {});
        QVERIFY(view.topLevelItem(0)->text(0).startsWith(QStringLiteral("✎ gpu.csv")));
        QMenu menu;
        view.addActions(menu, file.link);
        QCOMPARE(menu.actions().size(), 3);
        const QList<QAction*> roles = menu.actions()[0]->menu()->actions();
        QVERIFY(roles[1]->isChecked() && !roles[2]->isEnabled()); // telemetry; it holds no timeline
        QSignalSpy role(&view, &AttachedView::roleRequested);
        roles[0]->trigger();
        QCOMPARE(role.count(), 1);
        QCOMPARE(role[0][2].toString(), QStringLiteral("sidecar"));
        QSignalSpy other(&view, &AttachedView::otherRunRequested);
        QSignalSpy off(&view, &AttachedView::detachRequested);
        menu.actions()[1]->trigger();
        menu.actions()[2]->trigger();
        QCOMPARE(other[0][0].toLongLong(), 7);
        QCOMPARE(off[0][1].toLongLong(), 3);
        file.link.text.role = "twin";
        QMenu twin;
        view.addActions(twin, file.link);
        QCOMPARE(twin.actions().size(), 1);
        QSignalSpy own(&view, &AttachedView::ownResultRequested);
        twin.actions()[0]->trigger();
        QCOMPARE(own.count(), 1);
    }

    /// What can be looked at stands first; a series is drawn from here; files of one name say their folder.
    void aSeriesIsDrawnFromHere()
    {
        AttachedFile config;
        config.link.source.path = "/r/c1/config.yaml";
        config.link.text = { "sidecar", "why", false };
        AttachedFile other = config;
        other.link.source.path = "/r/c4/config.yaml";
        AttachedFile gpu;
        gpu.link.source.id = 9;
        gpu.link.source.path = "/r/gpu.csv";
        gpu.link.text = { "telemetry", "why", false };
        gpu.series.push_back({ { "power [0]", "W", "1:30", { 0, 1 }, { 300, 310 }, true }, 300, 310, 2 });
        AttachedView view;
        view.setContent({ config, other, gpu }, {}, {});
        QVERIFY(view.topLevelItem(0)->text(0).startsWith(QStringLiteral("gpu.csv")));
        QVERIFY(view.topLevelItem(1)->text(0).startsWith(QStringLiteral("c1/config.yaml")));
        QVERIFY(!view.isColumnHidden(2));
        QSignalSpy asked(&view, &AttachedView::seriesRequested);
        Q_EMIT view.itemActivated(view.topLevelItem(0)->child(0), 0);
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked[0][0].toLongLong(), 9);
        QCOMPARE(asked[0][1].toString(), QStringLiteral("power [0]"));
        view.setContent({ config }, {}, {});
        QVERIFY(view.isColumnHidden(1) && view.isColumnHidden(2));
    }
};

QTEST_MAIN(TestAttachedView)
#include "tst_attached_view.moc"
