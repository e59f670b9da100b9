// SPDX-License-Identifier: GPL-3.0-or-later
// The window over a session: what it says of what is not seen or no longer kept.
#include "app/live/request_panel.h"
#include "app/live/request_table.h"
#include "app/live/session_bar.h"
#include "app/live/timeline_bar.h"
#include "core/live/recording.h"
#include "tests/app/live/live_window.h"
#include "tests/support/no_qt_warnings.h"

#include <QCheckBox>
#include <QHeaderView>
#include <QLabel>
#include <QSignalSpy>
#include <QTableView>
#include <QTableWidget>
#include <QtTest>

#include <string>

using namespace prism;
using namespace prism::app;
using prism::test::MadeStream;
using prism::test::millisecond;
using prism::test::patienceMs;
using prism::test::second;
using Fixture = prism::test::LiveWindow;

class TestLiveWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void aTargetThatIsNoLongerObservedIsSaid()
    {
        Fixture f;
        f.requests(1, 2 * second);
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("● ")), patienceMs);
        QSignalSpy news(&f.live, &LivePerspective::said);
        f.tell(5 * second, "target", wire::ProbeState::Failed,
            "Process 4711 became another user's and is no longer observed. Attach to it again");
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("no longer observed")), patienceMs);
        QVERIFY2(f.said().contains(QStringLiteral("not observed")), qPrintable(f.said()));
        QVERIFY(!f.said().contains(QStringLiteral("● ")));
        QCOMPARE(news.size(), 1);
        QVERIFY(f.live.sessionBar().tierBox(1)->text().contains(QStringLiteral("⚠")));
        QVERIFY(f.live.sessionBar().tierBox(1)->toolTip().contains(QStringLiteral("another user's")));
        const auto& gaps = f.live.lanesModel().gaps();
        QCOMPARE(gaps.size(), std::size_t(1));
        QCOMPARE(gaps.front().range.fromNs, 5 * second);
        QVERIFY(gaps.front().range.toNs > 5 * second);
    }

    void aTierThatIsOffIsSaidUntilItIsOnAgain()
    {
        Fixture f;
        f.tell(5 * second, "tier 1", wire::ProbeState::Failed, "Switched off by a client");
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("Switched off by a client.")), patienceMs);
        f.tell(9 * second, "tier 1", wire::ProbeState::Ready, {});
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("● ")), patienceMs);
        QVERIFY(!f.said().contains(QStringLiteral("Switched off")));
        QVERIFY(!f.live.sessionBar().tierBox(1)->text().contains(QStringLiteral("⚠")));
        const auto& gaps = f.live.lanesModel().gaps();
        QCOMPARE(gaps.size(), std::size_t(1));
        QCOMPARE(gaps.front().range.toNs, 9 * second);
    }

    void aParserThatDiedIsForgottenWhenRequestsComeAgain()
    {
        Fixture f;
        f.tell(5 * second, "parser", wire::ProbeState::Failed, "The process that reads requests ended");
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("reads requests ended.")), patienceMs);
        QVERIFY(f.said().contains(QStringLiteral("● "))); // it goes on
        f.requests(1, 6 * second);
        QTRY_VERIFY_WITH_TIMEOUT(!f.said().contains(QStringLiteral("reads requests ended")), patienceMs);
    }

    void aProcessOfAnotherUserIsForgottenWhenItHasEnded()
    {
        Fixture f;
        const auto left = [&f](std::uint32_t pid) {
            f.tell(2 * second, "process", wire::ProbeState::Failed,
                "Process " + std::to_string(pid) + " became another user's and is no longer observed");
        };
        const auto ends = [&f](std::uint32_t pid) {
            wire::Process body {};
            body.pid = pid;
            body.change = static_cast<std::uint16_t>(wire::ProcessChange::Exited);
            f.stream.add(wire::Source::Supervisor, 3 * second, body);
            f.helper.send(f.stream.take());
        };
        left(48);
        left(480);
        const auto all = [&f] { return f.live.sessionBar().tierBox(1)->toolTip(); };
        QTRY_VERIFY_WITH_TIMEOUT(all().contains(QStringLiteral("Process 480 ")), patienceMs);
        ends(480);
        QTRY_VERIFY_WITH_TIMEOUT(!all().contains(QStringLiteral("Process 480 ")), patienceMs);
        QVERIFY(f.said().contains(QStringLiteral("Process 48 "))); // the other is still there
        ends(48);
        QTRY_VERIFY_WITH_TIMEOUT(!f.said().contains(QStringLiteral("Process 48 ")), patienceMs);
    }

    void aProgramThatDidNotLoadStandsInTheTooltip()
    {
        Fixture f;
        f.tell(second, "on_switch", wire::ProbeState::Failed, "Not seen on this kernel: turns of threads");
        f.tell(second, "on_received", wire::ProbeState::Ready, {});
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("In part not seen")), patienceMs);
        QVERIFY(f.live.sessionBar().tierBox(1)->toolTip().contains(QStringLiteral("turns of threads")));
    }

    /// Between two news a request may be in neither list; the panel goes on showing what was selected.
    void aSelectedRequestStaysWhileItsEndIsOnItsWay()
    {
        Fixture f;
        const auto request = std::make_shared<live::Request>();
        request->id = 77;
        request->streamed = true;
        request->seen = { 3 * second };
        request->arrival = Nanoseconds { 3 * second };
        live::Increment news;
        news.running = { request };
        Q_EMIT f.live.session().advanced(news);
        f.live.selectRequest(77, false);
        QTableWidget& stages = f.live.panel().stages();
        const auto sum = [&stages] { return stages.item(stages.rowCount() - 1, 0)->text(); };
        QVERIFY(stages.isVisible());
        QCOMPARE(sum(), QStringLiteral("So far"));
        QSignalSpy refreshed(&f.live, &LivePerspective::memoryChanged);
        QTRY_VERIFY_WITH_TIMEOUT(
            refreshed.size() >= 3, patienceMs); // the session itself knows no such request
        QVERIFY(stages.isVisible());
        auto ended = std::make_shared<live::Request>(*request);
        ended->end = Nanoseconds { 4 * second };
        ended->ended = live::Ended::Complete;
        news = {};
        news.ended = { ended };
        Q_EMIT f.live.session().advanced(news);
        QTRY_COMPARE_WITH_TIMEOUT(sum(), QStringLiteral("E2E"), patienceMs);
        QVERIFY(stages.isVisible());
    }

    /// A recording's first target comes a moment after it is opened; nothing said meanwhile is of another.
    void aRecordingBeginsWithoutTheSessionBefore()
    {
        Fixture f;
        const QString file = f.folder.filePath(QStringLiteral("none.prismlive"));
        {
            live::Recording recording(1u << 20);
            recording.session("fake 1.0", "elsewhere");
            MadeStream stream;
            stream.clock(80'000 * second);
            recording.records(stream.take());
            QVERIFY(recording.open(file.toStdString()) && recording.close());
        }
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("● ")), patienceMs);
        f.live.session().openRecording(file, 1);
        QTRY_VERIFY_WITH_TIMEOUT(f.live.session().status().replay, patienceMs);
        QStringList all;
        for (const QLabel* label : f.live.sessionBar().findChildren<QLabel*>()) {
            all << label->text();
        }
        const QString bar = all.join(QLatin1Char('|'));
        QVERIFY2(
            !bar.contains(QStringLiteral("4711")) && !bar.contains(QStringLiteral("vLLM")), qPrintable(bar));
        QVERIFY2(!f.said().contains(QStringLiteral("\u2009h")), qPrintable(f.said()));
        for (const QLabel* label : f.live.table().findChildren<QLabel*>()) {
            QVERIFY2(!label->text().contains(QStringLiteral("not seen")), qPrintable(label->text()));
        }
    }

    void aServerThatIsStoppedIsSaidUntilItGoesOn()
    {
        Fixture f;
        const auto told = [&f](std::int64_t at, wire::ProcessChange change) {
            wire::Process body {};
            body.pid = 4711;
            body.change = static_cast<std::uint16_t>(change);
            f.stream.add(wire::Source::Supervisor, at, body);
            f.helper.send(f.stream.take());
        };
        told(2 * second, wire::ProcessChange::Stopped);
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("Process 4711 is stopped")), patienceMs);
        QVERIFY(f.said().contains(QStringLiteral("● "))); // it is observed all the same
        told(8 * second, wire::ProcessChange::Continued);
        QTRY_VERIFY_WITH_TIMEOUT(!f.said().contains(QStringLiteral("stopped")), patienceMs);
        QCOMPARE(f.live.lanesModel().notes().size(), std::size_t(1));
    }

    void whatWasLostIsSaidAlsoWhenItIsNothing()
    {
        Fixture f;
        f.requests(1, 2 * second);
        const auto told = [&f](std::int64_t at, wire::LossReason reason, std::uint64_t dropped) {
            wire::Loss loss {};
            loss.program = f.stream.text("on_sent");
            loss.cpu = 0;
            loss.reason = static_cast<std::uint16_t>(reason);
            loss.attempted = 100;
            loss.emitted = 100 - dropped;
            loss.dropped = dropped;
            loss.fromNs = loss.toNs = static_cast<std::uint64_t>(at);
            f.stream.add(wire::Source::Supervisor, at, loss);
            f.helper.send(f.stream.take());
        };
        const auto text = [&f] { return f.live.sessionBar().lossText(); };
        QTRY_VERIFY_WITH_TIMEOUT(text().startsWith(QStringLiteral("0 event(s) lost; ")), patienceMs);
        told(3 * second, wire::LossReason::Truncated, 7);
        const auto tip = [&f] { return f.live.sessionBar().lossToolTip(); };
        QTRY_VERIFY_WITH_TIMEOUT(tip().contains(QStringLiteral("looked at: 7.")), patienceMs);
        QVERIFY2(text().startsWith(QStringLiteral("0 event(s) lost; ")), qPrintable(text()));
        told(4 * second, wire::LossReason::RingFull, 12);
        QTRY_VERIFY_WITH_TIMEOUT(text().startsWith(QStringLiteral("▨ 12 event(s) lost; ")), patienceMs);
    }

    void spaceHoldsTheViewAlsoFromTheTable()
    {
        Fixture f;
        f.requests(3, 2 * second);
        QTRY_COMPARE_WITH_TIMEOUT(f.session->status().requests, 3u, patienceMs);
        QVERIFY(f.live.isFollowing());
        QTest::keyClick(&f.live.table().view(), Qt::Key_Space);
        QVERIFY(!f.live.isFollowing());
        QTest::keyClick(&f.live.table().view(), Qt::Key_Space);
        QVERIFY(f.live.isFollowing());
        QSignalSpy news(&f.live, &LivePerspective::said);
        QTest::keyClick(&f.live.table().view(), Qt::Key_N);
        QCOMPARE(news.size(), 1); // that no limit is set
        for (const QAction* action : f.window.findChildren<QAction*>()) { // the menu names the keys
            if (action->text() == QStringLiteral("Follow or hold the view")) {
                QCOMPARE(action->shortcut(), QKeySequence(Qt::Key_Space));
                QCOMPARE(action->shortcutContext(), Qt::WidgetShortcut); // else it would take a text's spaces
            }
        }
    }

    /// Values at the left belong to what is seen beside them.
    void whileHeldTheReadingsAreOfTheRightEdge()
    {
        Fixture f;
        test::ScriptedRequest script;
        script.connection = 1;
        f.stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
        script.arrival = 2 * second;
        f.stream.asked(script); // runs on
        f.stream.clock(6 * second);
        f.helper.send(f.stream.take());
        const auto reading = [&f] {
            const auto* lane = f.live.lanesModel().lane(QStringLiteral("inflight"));
            return lane->readings(f.live.timeline().readingInstant()).first().value;
        };
        QTRY_COMPARE_WITH_TIMEOUT(reading(), QStringLiteral("1"), patienceMs);
        QVERIFY(!f.live.timeline().readingInstant());
        f.live.setFollowing(false);
        f.live.timeline().setRange({ 0, 6 * second });
        f.stream.connection(7 * second, 2, wire::ConnectionRole::Server, 8000, 40001);
        script.connection = 2;
        script.arrival = 7 * second;
        f.stream.asked(script);
        f.stream.clock(9 * second);
        f.helper.send(f.stream.take());
        const auto* inFlight = f.live.lanesModel().lane(QStringLiteral("inflight"));
        QTRY_COMPARE_WITH_TIMEOUT(
            inFlight->readings(std::nullopt).first().value, QStringLiteral("2"), patienceMs);
        QCOMPARE(reading(), QStringLiteral("1"));
        f.live.setFollowing(true);
        QTRY_COMPARE_WITH_TIMEOUT(reading(), QStringLiteral("2"), patienceMs);
    }

    /// The smallest windows that people have: nothing of it is cut at an end without a mark.
    void allIsReadableInASmallWindow()
    {
        Fixture f;
        f.requests(20, 2 * second);
        QTRY_VERIFY_WITH_TIMEOUT(f.live.table().model().find(1), patienceMs);
        f.tell(2 * second, "on_switch", wire::ProbeState::Costly,
            "Probing takes 0.80 % of a core without scheduler events too, and 0.50 % is what it may take");
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("Probing takes")), patienceMs);
        f.live.selectRequest(1, false);
        QTRY_VERIFY_WITH_TIMEOUT(f.live.panel().slowestGaps().isVisible(), patienceMs);
        for (const QSize size : { QSize(1280, 720), QSize(1280, 700) }) {
            f.window.resize(size);
            StageLegend& legend = f.live.timelineBar().legend();
            for (const bool replaying : { false, true }) {
                f.live.timelineBar().setReplaying(replaying);
                QTRY_VERIFY_WITH_TIMEOUT(legend.width() >= legend.sizeHint().width(), patienceMs);
            }
            const QTableView& table = f.live.table().view();
            QVERIFY(table.viewport()->height() >= 4 * table.verticalHeader()->defaultSectionSize());
            const QTableWidget& gaps = f.live.panel().slowestGaps();
            const QHeaderView* header = gaps.horizontalHeader();
            for (int column = 0; column < gaps.columnCount(); ++column) {
                const QString title = gaps.horizontalHeaderItem(column)->text();
                QVERIFY2(header->fontMetrics().horizontalAdvance(title) + 8 <= header->sectionSize(column),
                    qPrintable(title));
            }
            QCOMPARE(f.window.size(), size); // no sentence makes it wider
        }
    }

    void whatIsKeptInFullIsSaid()
    {
        live::Budgets budgets;
        budgets.writes = 50;
        Fixture f(budgets);
        QSignalSpy kept(&f.live, &LivePerspective::memoryChanged);
        f.requests(20, 2 * second); // ten writes each
        QTRY_VERIFY_WITH_TIMEOUT(f.live.lanesModel().detailFrom().has_value(), patienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(f.session->status().eventsFrom
                && f.live.lanesModel().detailFrom() == f.session->status().eventsFrom->value,
            patienceMs);
        const auto last = kept.back().front().value<LiveStatus::Kept>();
        QVERIFY2(last.text.contains(QStringLiteral("every event since ")), qPrintable(last.text));
        QVERIFY2(last.lines.contains(QStringLiteral("Times of every event")), qPrintable(last.lines));
        QVERIFY2(last.lines.contains(QStringLiteral("file keeps all")), qPrintable(last.lines));
    }
};

QTEST_MAIN(TestLiveWindow)
#include "tst_live_window.moc"
