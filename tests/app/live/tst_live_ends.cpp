// SPDX-License-Identifier: GPL-3.0-or-later
// How a session ends in the window: by its server, by its recording, by its user.
#include "app/live/request_table.h"
#include "app/live/session_bar.h"
#include "app/live/timeline_bar.h"
#include "app/settings/window_settings.h"
#include "tests/app/live/live_window.h"
#include "tests/support/no_qt_warnings.h"

#include <QCheckBox>
#include <QSignalSpy>
#include <QStatusBar>
#include <QThreadPool>
#include <QToolButton>
#include <QtTest>

#include <array>
#include <atomic>

using namespace prism;
using namespace prism::app;
using prism::test::FakeHelper;
using prism::test::millisecond;
using prism::test::patienceMs;
using prism::test::ScriptedRequest;
using prism::test::second;
using Fixture = prism::test::LiveWindow;

class TestLiveEnds : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        prism::test::failOnQtWarnings();
        WindowSettings().setEndsLiveUnasked(false);
    }

    void afterItsEndNothingIsFollowedNorProbed()
    {
        Fixture f;
        f.requests(1, 2 * second);
        wire::Sample cost {};
        cost.metric = static_cast<std::uint16_t>(wire::SampleMetric::ProbeCores);
        cost.value = 0.0037;
        f.stream.add(wire::Source::Sampler, 3 * second, cost);
        f.helper.send(f.stream.take());
        const auto bar = [&f] { return f.live.sessionBar().costText(); };
        QTRY_VERIFY_WITH_TIMEOUT(bar().contains(QStringLiteral("of a core")), patienceMs);
        QVERIFY(f.live.isFollowing());
        f.tell(12 * second, "target", wire::ProbeState::Gone, "The server ended");
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("Over after 11\u2009s")), patienceMs);
        f.stream.clock(900 * second); // the helper lives on
        f.helper.send(f.stream.take());
        QTRY_VERIFY_WITH_TIMEOUT(!f.live.isFollowing(), patienceMs);
        QCOMPARE(bar(), QStringLiteral("Nothing is probed"));
        const std::uint64_t before = f.session->status().records;
        f.stream.clock(901 * second);
        f.helper.send(f.stream.take());
        QTRY_VERIFY_WITH_TIMEOUT(f.session->status().records > before, patienceMs);
        QSignalSpy refreshed(&f.live, &LivePerspective::memoryChanged);
        QTRY_VERIFY_WITH_TIMEOUT(refreshed.size() >= 2, patienceMs);
        QVERIFY2(f.said().contains(QStringLiteral("Over after 11\u2009s")), qPrintable(f.said()));
        QVERIFY(f.live.timeline().range().contains(12 * second - 1)); // the end stays in view
    }

    void closingAsksOnceBeforeASessionIsLost()
    {
        Fixture f;
        f.window.close();
        QVERIFY(f.window.isVisible());
        QVERIFY(f.question());
        QVERIFY(f.question()->text().contains(QStringLiteral("vLLM")));
        f.answer(QStringLiteral("Keep watching"));
        QTRY_VERIFY_WITH_TIMEOUT(!f.question(), patienceMs);
        QVERIFY(f.window.isVisible() && f.live.session().isOpen());
        f.window.close();
        f.question()->checkBox()->setChecked(true);
        f.answer(QStringLiteral("Detach and close"));
        QTRY_VERIFY_WITH_TIMEOUT(!f.window.isVisible(), patienceMs);
        QVERIFY(WindowSettings().endsLiveUnasked());

        Fixture again;
        again.window.close();
        QVERIFY(!again.window.isVisible());
    }

    void whatIsInAFileIsNotAskedFor()
    {
        Fixture f;
        const QString file = f.folder.filePath(QStringLiteral("a.prismlive"));
        QVERIFY(f.session->record(file.toStdString()));
        f.live.session().drain();
        QSignalSpy news(&f.live, &LivePerspective::said);
        bool ended = false;
        f.live.endThen(QStringLiteral("Go"), [&] { ended = true; });
        QVERIFY(ended);
        QVERIFY(news.front().front().toString().contains(file));
        f.window.close();
        QVERIFY(!f.window.isVisible());
    }

    void anotherSessionTakesItsPlaceOnlyWhenAgreed()
    {
        Fixture f;
        bool ended = false;
        f.live.endThen(QStringLiteral("Go"), [&] { ended = true; });
        QVERIFY(f.question() && !ended);
        f.question()->reject();
        QTRY_VERIFY_WITH_TIMEOUT(!f.question(), patienceMs);
        QVERIFY(!ended);
    }

    /// A session's end waits for threads and the helper: never the window's thread, however it goes.
    void sessionsEndElsewhere()
    {
        std::array<FakeHelper, 3> helpers; // each has one client
        std::atomic<int> here = 0, elsewhere = 0;
        const auto connected = [&](FakeHelper& helper) {
            auto session = live::Session::connect(helper.address());
            if (!session) {
                qFatal("%s", session.error().text().c_str());
            }
            const QThread* const window = QThread::currentThread();
            return std::shared_ptr<live::Session>(session->release(), [&, window](live::Session* over) {
                delete over;
                ++(QThread::currentThread() == window ? here : elsewhere);
            });
        };
        {
            LiveSession of;
            of.adopt(connected(helpers[0]));
            of.adopt(connected(helpers[1])); // takes the other's place
        } // and is destroyed with the window
        {
            Fixture f;
            f.live.endThen(QStringLiteral("Go"), [held = endsElsewhere(connected(helpers[2]))] {});
            QVERIFY(f.question());
        } // the question stands as the window goes
        QThreadPool::globalInstance()->waitForDone();
        QCOMPARE(elsewhere.load(), 3);
        QCOMPARE(here.load(), 0);
    }

    void whereARecordingIsTheNextWindowSays()
    {
        QString file;
        {
            Fixture f;
            file = f.folder.filePath(QStringLiteral("a.prismlive"));
            QVERIFY(f.session->record(file.toStdString()));
            f.live.session().drain();
            f.window.close();
            QVERIFY(WindowSettings().recent().contains(file));
        }
        Fixture next;
        next.window.tellKeptRecording();
        QVERIFY2(next.window.statusBar()->currentMessage().contains(file),
            qPrintable(next.window.statusBar()->currentMessage()));
        next.window.statusBar()->clearMessage();
        next.window.tellKeptRecording(); // once
        QVERIFY(next.window.statusBar()->currentMessage().isEmpty());
    }

    /// Within a bucket that is never over: what was in flight until then is so no longer.
    void nothingIsInFlightOnceTheServerIsGone()
    {
        Fixture f;
        f.stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
        ScriptedRequest script;
        script.connection = 1;
        script.arrival = 2 * second;
        f.stream.asked(script);
        f.stream.clock(5 * second + 20 * millisecond);
        f.helper.send(f.stream.take());
        const auto inFlight = [&f] { return f.live.lanes().inFlightAt(std::nullopt); };
        QTRY_COMPARE_WITH_TIMEOUT(inFlight(), std::optional(1.0), patienceMs);
        QVERIFY(f.action("live.detach")->isEnabled());
        f.tell(5 * second + 40 * millisecond, "target", wire::ProbeState::Gone, "The server ended");
        QTRY_COMPARE_WITH_TIMEOUT(inFlight(), std::optional(0.0), patienceMs);
        QCOMPARE(f.live.lanes().inFlightAt(5 * second + 10 * millisecond), std::optional(1.0));
        QVERIFY(f.lane("inflight").note().contains(QStringLiteral("no more")));
        QVERIFY(!f.action("live.detach")->isEnabled()); // nothing is left to detach from
    }

    /// It is at its end: there is nothing to follow, and asked to, the view goes there.
    void aRecordingThatHasPlayedIsNotFollowed()
    {
        Fixture f;
        f.requests(5, 2 * second);
        QTRY_VERIFY_WITH_TIMEOUT(f.live.session().status().requests == 5, patienceMs);
        const QString file = f.folder.filePath(QStringLiteral("a.prismlive"));
        QVERIFY(f.session->record(file.toStdString()));
        QVERIFY(f.session->stopRecording());
        f.live.session().openRecording(file, 0);
        QTRY_VERIFY_WITH_TIMEOUT(f.live.session().status().phase == live::Phase::Ended, patienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(!f.live.isFollowing(), patienceMs);
        QVERIFY(!f.live.timelineBar().followButton().isChecked());
        QVERIFY(!f.action("live.detach")->isEnabled());
        const std::int64_t end = f.live.session().status().now.value;
        f.live.timeline().setRange({ 0, second });
        f.live.setFollowing(true);
        QVERIFY(!f.live.isFollowing());
        QVERIFY(f.live.timeline().range().contains(end - 1));
    }
};

QTEST_MAIN(TestLiveEnds)
#include "tst_live_ends.moc"
