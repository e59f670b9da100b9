// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settings/view_file.h"

#include "app/settings/window_settings.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {
const prism::test::OwnFolders folders;
}

class TestViewFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void aViewReadsBackWhatItWrote()
    {
        QTemporaryDir dir;
        const QString file = dir.filePath(QStringLiteral("a.prismview"));
        View view;
        view.filter.facets["engine"] = { "vLLM", "" };
        view.filter.ranges.push_back({ "ttft", Stat::percentile(99), -HUGE_VAL, 500 });
        view.filter.text = "two words";
        view.limits = { { findMetric("tpot"), Stat::percentile(99), 50 } };
        view.limitsOn = true;
        view.baselineUid = QStringLiteral("abc");
        view.columns = QStringList { QStringLiteral("measure ttft p99") };
        view.chart = { { QStringLiteral("x"), 1 } };
        QCOMPARE(saveView(view, file), QString());
        QString problem;
        const auto back = openView(file, problem);
        QVERIFY2(back, qPrintable(problem));
        QVERIFY(back->filter == view.filter);
        QCOMPARE(back->limits.size(), std::size_t(1));
        QVERIFY(back->limits == view.limits);
        QCOMPARE(back->limitsOn, true);
        QCOMPARE(back->baselineUid, view.baselineUid);
        QCOMPARE(back->columns, view.columns);
        QCOMPARE(back->chart, view.chart);
    }

    void whatIsNoViewIsRefused()
    {
        QTemporaryDir dir;
        QString problem;
        QVERIFY(!openView(dir.filePath(QStringLiteral("absent.prismview")), problem));
        QVERIFY(!problem.isEmpty());
        QFile other(dir.filePath(QStringLiteral("other.prismview")));
        QVERIFY(other.open(QIODevice::WriteOnly));
        other.write("{\"prismview\": 99}");
        other.close();
        problem.clear();
        QVERIFY(!openView(other.fileName(), problem));
        QVERIFY(!problem.isEmpty());
        QVERIFY(!saveView({}, dir.filePath(QStringLiteral("no/such/folder.prismview"))).isEmpty());
    }

    void settingsReadBackWhatTheyWrote()
    {
        {
            WindowSettings settings;
            settings.setTheme(Theme::Choice::Dark);
            settings.setFolder(QStringLiteral("/somewhere"));
            settings.setSession("{}");
            settings.setLayout("g", "l", "c");
            settings.setKeys(QStringLiteral("a"), QKeySequence(QStringLiteral("Ctrl+K")),
                QKeySequence(QStringLiteral("F2")));
            settings.setKeys(
                QStringLiteral("b"), QKeySequence(QStringLiteral("F3")), QKeySequence(QStringLiteral("F3")));
        }
        const WindowSettings settings;
        QCOMPARE(settings.theme(), Theme::Choice::Dark);
        QCOMPARE(settings.folder(), QStringLiteral("/somewhere"));
        QCOMPARE(settings.session(), QByteArray("{}"));
        QCOMPARE(settings.centre(), QByteArray("c"));
        QCOMPARE(settings.keys(QStringLiteral("a"), {}), QKeySequence(QStringLiteral("Ctrl+K")));
        // Keys that are the default are not kept: a later default holds.
        QCOMPARE(settings.keys(QStringLiteral("b"), QKeySequence(QStringLiteral("F9"))),
            QKeySequence(QStringLiteral("F9")));
    }

    void recentFilesAreNewestFirstWithoutTwins()
    {
        WindowSettings settings;
        for (int i = 0; i < 20; ++i) {
            settings.addRecent(QStringLiteral("/f%1").arg(i));
        }
        settings.addRecent(QStringLiteral("/f15"));
        QCOMPARE(settings.recent().first(), QStringLiteral("/f15"));
        QCOMPARE(settings.recent().size(), 12);
        QCOMPARE(settings.recent().count(QStringLiteral("/f15")), 1);
    }
};

QTEST_MAIN(TestViewFile)
#include "tst_view_file.moc"
