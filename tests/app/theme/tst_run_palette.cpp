// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/selection/workspace.h"
#include "app/theme/run_palette.h"

#include <QSignalSpy>
#include <QtTest/QtTest>

using namespace prism;
using namespace prism::app;

class TestRunPalette : public QObject {
    Q_OBJECT

    static std::shared_ptr<const ColumnTable> table(const std::vector<std::pair<RunId, int>>& runs)
    {
        ColumnTable::Contents contents;
        for (const auto& [run, slot] : runs) {
            contents.points.push_back(100 + run);
            contents.runs.push_back(run);
            contents.order.push_back(0);
            RunRecord record;
            record.id = run;
            record.colourSlot = slot;
            contents.runRecords[run] = record;
        }
        return std::make_shared<const ColumnTable>(std::move(contents));
    }

private Q_SLOTS:
    void storedSlotsStayAndOthersGetTheFirstFree()
    {
        Workspace workspace;
        workspace.setTable(table({ { 1, -1 }, { 2, 0 }, { 3, -1 } }));
        const RunPalette& palette = RunPalette::of(workspace);
        QCOMPARE(palette.slot(2), 0);
        QCOMPARE(palette.slot(1), 1);
        QCOMPARE(palette.slot(3), 2);
        QCOMPARE(&RunPalette::of(workspace), &palette);
    }

    void beyondTenShownRunsIsOther()
    {
        Workspace workspace;
        std::vector<std::pair<RunId, int>> runs;
        for (RunId run = 1; run <= 12; ++run) {
            runs.emplace_back(run, -1);
        }
        workspace.setTable(table(runs));
        RunPalette& palette = RunPalette::of(workspace);
        QCOMPARE(palette.slot(10), 9);
        QCOMPARE(palette.slot(11), -1);
        palette.show({ 11, 12 });
        QCOMPARE(palette.slot(11), 0);
        QCOMPARE(palette.slot(12), 1);
        palette.show({ 1, 2, 11, 12 });
        QCOMPARE(palette.slot(1), 0);
        QCOMPARE(palette.slot(2), 1);
        QVERIFY(palette.slot(11) > 1);
        QVERIFY(palette.slot(12) > 1);
        QVERIFY(palette.slot(11) != palette.slot(12));
    }

    void aChosenSlotMovesTheRunThatHadIt()
    {
        Workspace workspace;
        workspace.setTable(table({ { 1, -1 }, { 2, -1 } }));
        RunPalette& palette = RunPalette::of(workspace);
        QSignalSpy assigned(&palette, &RunPalette::assigned);
        palette.choose(2, 0);
        QCOMPARE(palette.slot(2), 0);
        QVERIFY(palette.slot(1) > 0);
        QCOMPARE(assigned.count(), 2);
    }
};

QTEST_GUILESS_MAIN(TestRunPalette)
#include "tst_run_palette.moc"
