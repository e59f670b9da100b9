// SPDX-License-Identifier: GPL-3.0-or-later
// The window over a session: what it says of what is not seen or no longer kept, and how it ends.
#include "app/live/live_perspective.h"
#include "app/live/session_bar.h"
#include "app/settings/window_settings.h"
#include "app/shell/main_window.h"
#include "tests/support/fake_helper.h"
#include "tests/support/made_stream.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QCheckBox>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>

using namespace prism;
using namespace prism::app;
using prism::test::FakeHelper;
using prism::test::MadeStream;
using prism::test::millisecond;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 60'000;
constexpr std::int64_t second = 1'000 * millisecond;

live::Target target()
{
    live::Target t;
    t.number = 1;
    t.server.pid = 4711;
    t.server.engine = "vllm";
    t.server.tiers = { { 0, true, {}, {}, false }, { 1, true, {}, {}, false } };
    t.tiers = { 0, 1 };
    t.start = { second };
    t.startUnixNs = 1'700'000'001'000'000'000;
    return t;
}

struct Fixture {
    explicit Fixture(const live::Budgets& budgets = {})
    {
        helper.setServers({ target().server });
        helper.setTarget(target());
        auto connected = live::Session::connect(helper.address(), budgets);
        if (!connected) {
            qFatal("%s", connected.error().text().c_str());
        }
        session = std::move(*connected);
        if (const auto attached = session->attach({ 4711, 0, { 0, 1 }, true, false }); !attached) {
            qFatal("%s", attached.error().text().c_str());
        }
        window.resize(1280, 800);
        window.setPerspective(MainWindow::Perspective::Live);
        window.show();
        live.session().adopt(session);
    }
    void tell(std::int64_t at, std::string_view name, wire::ProbeState state, std::string_view hint)
    {
        wire::State body {};
        body.name = stream.text(name);
        body.state = static_cast<std::uint16_t>(state);
        body.tier = 1;
        body.hint = stream.text(hint);
        stream.add(wire::Source::Supervisor, at, body);
        helper.send(stream.take());
    }
    void requests(int count, std::int64_t from)
    {
        stream.clock(from);
        stream.connection(from, ++connection, wire::ConnectionRole::Server, 8000, 40000);
        for (int i = 0; i < count; ++i) {
            test::ScriptedRequest script;
            script.connection = connection;
            script.number = static_cast<std::uint32_t>(i);
            script.arrival = from + (i + 1) * 200 * millisecond;
            stream.request(script);
        }
        helper.send(stream.take());
    }
    QString said() { return live.statusWidget().text(); }
    /// The question before a session ends; null while there is none.
    QMessageBox* question() { return window.findChild<QMessageBox*>(QStringLiteral("endSession")); }
    void answer(const QString& button)
    {
        for (QAbstractButton* b : question()->buttons()) {
            if (b->text() == button) {
                b->click();
                return;
            }
        }
        qFatal("no button %s", qPrintable(button));
    }

    QTemporaryDir folder;
    FakeHelper helper;
    MadeStream stream;
    std::uint64_t connection = 0;
    std::shared_ptr<live::Session> session;
    MainWindow window { folder.filePath(QStringLiteral("a.db")) };
    LivePerspective& live = window.live();
};

} // namespace

class TestLiveWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        prism::test::failOnQtWarnings();
        WindowSettings().setEndsLiveUnasked(false);
    }

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

    void aProgramThatDidNotLoadStandsInTheTooltip()
    {
        Fixture f;
        f.tell(second, "on_switch", wire::ProbeState::Failed, "Not seen on this kernel: turns of threads");
        f.tell(second, "on_received", wire::ProbeState::Ready, {});
        QTRY_VERIFY_WITH_TIMEOUT(f.said().contains(QStringLiteral("In part not seen")), patienceMs);
        QVERIFY(f.live.sessionBar().tierBox(1)->toolTip().contains(QStringLiteral("turns of threads")));
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
        bool ended = false, stayed = false;
        f.live.endThen(
            QStringLiteral("Go"), [&] { ended = true; }, [&] { stayed = true; });
        QVERIFY(f.question() && !ended);
        f.question()->reject();
        QTRY_VERIFY_WITH_TIMEOUT(stayed, patienceMs);
        QVERIFY(!ended);
    }
};

QTEST_MAIN(TestLiveWindow)
#include "tst_live_window.moc"
