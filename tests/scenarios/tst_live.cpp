// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/attach_dialog.h"
#include "app/live/limits_dialog.h"
#include "app/live/live_perspective.h"
#include "app/live/live_stages.h"
#include "app/live/request_panel.h"
#include "app/live/request_table.h"
#include "app/live/session_bar.h"
#include "app/live/tier_row.h"
#include "app/live/timeline_bar.h"
#include "app/shell/main_window.h"
#include "core/live/recording.h"
#include "tests/support/fake_helper.h"
#include "tests/support/made_stream.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QCheckBox>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTableWidget>
#include <QToolButton>
#include <QtTest>

using namespace prism;
using namespace prism::app;
using prism::test::millisecond;
using prism::test::second;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 60'000;

live::FoundServer server(std::uint32_t pid, const char* role)
{
    live::FoundServer s;
    s.pid = pid;
    s.startTicks = 5;
    s.user = "inference";
    s.engine = "vllm";
    s.engineVersion = "0.11.0";
    s.model = "Llama-3.1-8B-Instruct";
    s.ports = { 8000 };
    s.role = role;
    s.tiers = { { 0, true, {}, {} }, { 1, true, {}, {} },
        { 2, false, "the process belongs to inference, and you are another user",
            "attach as the user inference" } };
    return s;
}

/// Ten requests a second from 2 s on; the fifth waits 400 ms for its first token.
std::vector<std::byte> stream(int count)
{
    test::MadeStream made;
    made.clock(2 * second);
    for (int i = 0; i < count; ++i) {
        test::ScriptedRequest script;
        script.connection = std::uint64_t(i + 1);
        script.arrival = 2 * second + i * 100 * millisecond;
        script.firstTokenAfter = (i == 4 ? 400 : 30) * millisecond;
        script.gap = 20 * millisecond;
        made.connection(
            script.arrival - millisecond, script.connection, wire::ConnectionRole::Server, 8000, 40'000);
        made.request(script);
    }
    return made.take();
}

} // namespace

/// From the empty state to a detached session, in the order in which a user goes.
class TestLive : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<test::FakeHelper> m_helper;
    std::unique_ptr<MainWindow> m_window;

    LivePerspective& live() { return m_window->live(); }
    AttachDialog* dialog() { return m_window->findChild<AttachDialog*>(); }

private Q_SLOTS:
    void initTestCase()
    {
        m_helper = std::make_unique<test::FakeHelper>();
        m_helper->setServers({ server(4711, "server"), server(4712, "worker"), server(4700, "router") });
        qputenv("PRISM_HELPER", QByteArray::fromStdString(m_helper->socket()));
        m_window = std::make_unique<MainWindow>(m_dir.filePath(QStringLiteral("prism.db")));
        m_window->resize(1440, 900);
        m_window->show();
    }
    void init() { prism::test::failOnQtWarnings(); }
    void cleanupTestCase()
    {
        m_window.reset();
        m_helper.reset();
    }

    void thePerspectiveHidesThePartsOfExploreAndGivesThemBack()
    {
        auto* facets = m_window->findChild<QDockWidget*>(QStringLiteral("facets"));
        QVERIFY(facets->isVisible());
        QAction* perspective = m_window->actionRegistry().action(QStringLiteral("view.live"));
        QCOMPARE(perspective->shortcut(), QKeySequence(QStringLiteral("Ctrl+4")));
        perspective->trigger();
        QCOMPARE(m_window->perspective(), MainWindow::Perspective::Live);
        QVERIFY(live().isVisible());
        QVERIFY(!facets->isVisible());
        QVERIFY(live().statusWidget().text().contains(QStringLiteral("Not attached")));
        m_window->setPerspective(MainWindow::Perspective::Explore);
        QVERIFY(facets->isVisible());
        m_window->setPerspective(MainWindow::Perspective::Live);
    }

    void theDialogListsServersWithWhatIsPossible()
    {
        m_window->actionRegistry().action(QStringLiteral("live.attach"))->trigger();
        QVERIFY(dialog());
        QSignalSpy scanned(dialog(), &AttachDialog::scanned);
        QTRY_VERIFY_WITH_TIMEOUT(!dialog()->isBusy(), patienceMs);
        QCOMPARE(dialog()->model().rowCount(), 2); // a worker is no server
        QVERIFY(dialog()->heading().contains(QStringLiteral("2 found")));
        QVERIFY(dialog()->tierRow(1)->isChosen());
        QVERIFY(!dialog()->tierRow(2)->box().isEnabled());
        QVERIFY(dialog()->tierRow(2)->explanation().contains(QStringLiteral("To change it: attach as")));
        dialog()->findField().setText(QStringLiteral("no such model"));
        QCOMPARE(dialog()->model().rowCount(), 0);
        QVERIFY(!dialog()->attachButton().isEnabled());
        dialog()->findField().clear();
        dialog()->view().selectRow(0);
        QVERIFY(dialog()->attachButton().isEnabled());
        QCOMPARE(dialog()->view().currentIndex().row(), 0);
    }

    void aRefusalIsSaidInTheDialog()
    {
        auto manners = test::FakeHelper::Manners {};
        manners.attach = wire::Status::Refused;
        test::FakeHelper refusing(manners);
        refusing.setServers({ server(4711, "server") });
        qputenv("PRISM_HELPER", QByteArray::fromStdString(refusing.socket()));
        AttachDialog other;
        QTRY_VERIFY_WITH_TIMEOUT(!other.isBusy(), patienceMs);
        other.view().selectRow(0);
        other.attach();
        QVERIFY(other.isBusy());
        QTRY_VERIFY_WITH_TIMEOUT(!other.isBusy(), patienceMs);
        QVERIFY(other.message().contains(QStringLiteral("belongs to another user")));
        qputenv("PRISM_HELPER", "/nowhere/prism-probed");
        AttachDialog none;
        QTRY_VERIFY_WITH_TIMEOUT(!none.isBusy(), patienceMs);
        QVERIFY(none.message().contains(QStringLiteral("no helper")));
        qputenv("PRISM_HELPER", QByteArray::fromStdString(m_helper->socket()));
    }

    void attachingShowsTheSession()
    {
        QSignalSpy opened(&live().session(), &LiveSession::opened);
        dialog()->attach();
        QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 1, patienceMs);
        QVERIFY((m_helper->tiersAsked() & 3) == 3);
        QVERIFY(m_window->windowTitle().contains(QStringLiteral("vLLM :8000")));
        QTRY_VERIFY_WITH_TIMEOUT(
            live().statusWidget().text().contains(QStringLiteral("Attached")), patienceMs);
        QVERIFY(live().sessionBar().tierBox(1)->isChecked());
        QVERIFY(!live().sessionBar().tierBox(2)->isEnabled());
    }

    void requestsComeOntoTheTimelineAndIntoTheTable()
    {
        m_helper->send(stream(12));
        QTRY_VERIFY_WITH_TIMEOUT(live().session().status().requests == 12, patienceMs);
        live().setFollowing(false);
        live().timeline().setRange({ 1'500 * millisecond, 4 * second });
        QTRY_COMPARE_WITH_TIMEOUT(live().table().model().inView(), std::size_t(12), patienceMs);
        QCOMPARE(live().table().model().rowCount(), 12);
        const auto first = live().table().model().find(1);
        QVERIFY(first);
        QCOMPARE(live().lanes().rows().rowOf(*first).value(), 0);
        QVERIFY(!live().isFollowing());
    }

    void limitsMarkWhatBreaksThemAndNFindsIt()
    {
        LimitsDialog limits({}, nullptr);
        limits.box(QStringLiteral("ttft"))->setChecked(true);
        limits.field(QStringLiteral("ttft"))->setValue(300);
        m_window->workspace().setSlo(limits.limits(), true);
        QTRY_COMPARE_WITH_TIMEOUT(live().table().model().brokenInView(), std::size_t(1), patienceMs);
        QTest::keyClick(&live().timeline(), Qt::Key_N);
        QCOMPARE(live().selectedRequest(), live::RequestId(5));
        QCOMPARE(live().table().model().requestAt(live().table().view().currentIndex().row())->id,
            live::RequestId(5));
        live().table().brokenOnly().setChecked(true);
        QCOMPARE(live().table().model().rowCount(), 1);
        live().table().brokenOnly().setChecked(false);
    }

    void theRequestOpensWithItsStagesAndGaps()
    {
        QTableWidget& stages = live().panel().stages();
        QVERIFY(stages.rowCount() >= 3);
        QCOMPARE(stages.item(stages.rowCount() - 1, 0)->text(), QStringLiteral("E2E"));
        QCOMPARE(stages.item(1, 1)->text(), QStringLiteral("399.0")); // read to first token
        QCOMPARE(live().panel().slowestGaps().rowCount(), 7);
        QCOMPARE(live().panel().plot().gaps().size(), std::size_t(7));
        // The timeline chooses too, and both follow.
        const auto second1 = live().table().model().find(2);
        LaneSpan span;
        span.span.item = itemOf(second1->id);
        Q_EMIT live().timeline().spanChosen(QStringLiteral("requests"), span);
        QCOMPARE(live().selectedRequest(), live::RequestId(2));
        QCOMPARE(live().table().model().requestAt(live().table().view().currentIndex().row())->id,
            live::RequestId(2));
    }

    void aTurnOfAThreadIsNoRequest()
    {
        LaneSpan span;
        span.span.item = 5;
        Q_EMIT live().timeline().spanChosen(QStringLiteral("threads"), span);
        QCOMPARE(live().selectedRequest(), live::RequestId(2));
    }

    void notesAreKeptWithTheSession()
    {
        live().session().session()->addMark({ 2'500 * millisecond }, std::nullopt, "giant prompt");
        QTRY_COMPARE_WITH_TIMEOUT(live().lanesModel().notes().size(), std::size_t(1), patienceMs);
        QCOMPARE(live().lanesModel().notes()[0].text, QStringLiteral("giant prompt"));
    }

    void spaceHoldsAndFollowsAgain()
    {
        QTest::keyClick(&live().timeline(), Qt::Key_Space);
        QVERIFY(live().isFollowing());
        QTest::keyClick(&live().timeline(), Qt::Key_Space);
        QVERIFY(!live().isFollowing());
    }

    void aNarrowWindowMakesTheRequestATab()
    {
        m_window->resize(1100, 700);
        QTRY_VERIFY(live().panel().parentWidget() != nullptr && !live().panel().window()->isHidden());
        QVERIFY(live().table().parentWidget()->isAncestorOf(&live().table()));
        m_window->resize(1440, 900);
        live().selectRequest(5, false);
        QTRY_VERIFY(live().panel().isVisible());
    }

    void bothThemesAreWithoutComplaint()
    {
        for (const auto choice : { Theme::Choice::Light, Theme::Choice::HighContrast, Theme::Choice::Dark }) {
            Theme::current().apply(choice);
            QVERIFY(!live().grab().isNull());
        }
    }

    /// The program's style shows a label's text as it is, unless the label says that it is our own markup.
    void ourOwnMarkupIsDrawnAndNotRead()
    {
        Theme::current().apply(Theme::Choice::Light);
        int marked = 0;
        for (const QLabel* label : m_window->findChildren<QLabel*>()) {
            if (Qt::mightBeRichText(label->text())) {
                ++marked;
                QVERIFY2(label->textFormat() == Qt::RichText, qPrintable(label->text()));
            }
        }
        QVERIFY(marked > 0);
    }

    void everyPartHasAName()
    {
        for (QWidget* part : live().focusParts()) {
            QVERIFY(part->focusPolicy() != Qt::NoFocus || part == &live().panel());
        }
        QVERIFY(!live().timeline().accessibleName().isEmpty());
        QVERIFY(!live().table().view().accessibleName().isEmpty());
        QVERIFY(!live().panel().stages().accessibleName().isEmpty());
    }

    void theSessionBecomesARun()
    {
        QSignalSpy ended(&m_window->jobs(), &JobModel::jobEnded);
        live().saveRun();
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, patienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->workspace().table()->rows() > 0, patienceMs);
    }

    void detachingLeavesThePicture()
    {
        QSignalSpy changed(&live().session(), &LiveSession::statusChanged);
        live().sessionBar().detachButton().click();
        QVERIFY(live().session().isDetaching());
        QTRY_VERIFY_WITH_TIMEOUT(!live().session().isDetaching(), patienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(!live().session().target()->attached, patienceMs);
        QVERIFY(live().session().isOpen());
        QCOMPARE(live().session().status().requests, std::uint64_t(12));
    }

    void aRecordingPlaysAgain()
    {
        const QString file = m_dir.filePath(QStringLiteral("a.prismlive"));
        live().session().startRecording(file);
        QTRY_VERIFY_WITH_TIMEOUT(QFileInfo(file).size() > 0, patienceMs);
        live().session().stopRecording();
        QTRY_VERIFY_WITH_TIMEOUT(live().session().status().recordingFile.empty(), patienceMs);
        QSignalSpy opened(&live().session(), &LiveSession::opened);
        live().openRecording(file, 0);
        QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 1, patienceMs);
        QTRY_COMPARE_WITH_TIMEOUT(live().session().status().requests, std::uint64_t(12), patienceMs);
        QTRY_COMPARE_WITH_TIMEOUT(live().session().status().phase, live::Phase::Ended, patienceMs);
        QTRY_COMPARE_WITH_TIMEOUT(live().lanesModel().notes().size(), std::size_t(1), patienceMs);
    }

    /// More requests than the table has room for: what is chosen in one place is in view in the other.
    void timelineAndTableScrollToWhatIsSelected()
    {
        const QString file = m_dir.filePath(QStringLiteral("many.prismlive"));
        {
            live::Recording recording(64u << 20);
            live::Target target;
            target.number = 1;
            target.server = server(4711, "server");
            target.start = { second };
            recording.target(target);
            recording.records(stream(200));
            QVERIFY(recording.open(file.toStdString()));
            QVERIFY(recording.close());
        }
        QSignalSpy opened(&live().session(), &LiveSession::opened);
        live().openRecording(file, 0);
        QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 1, patienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(!live().session().isReading(), patienceMs);
        live().showWhole();
        QTableView& table = live().table().view();
        QCOMPARE(live().table().model().rowCount(), 200);
        const auto inTable = [&](live::RequestId id) {
            const QModelIndex index = live().table().model().index(live().table().model().rowOf(id), 0);
            return table.viewport()->rect().contains(table.visualRect(index).center());
        };
        for (const live::RequestId id : { live::RequestId(1), live::RequestId(200), live::RequestId(90) }) {
            LaneSpan span;
            span.span.item = itemOf(id);
            Q_EMIT live().timeline().spanChosen(QStringLiteral("requests"), span);
            QVERIFY2(inTable(id), qPrintable(QString::number(id)));
            live().showWhole(); // the table is filled anew now and then
            QVERIFY2(inTable(id), qPrintable(QString::number(id)));
        }
        // The other way round: out of view, along time.
        live().setFollowing(false);
        live().timeline().setRange({ 2 * second, 4 * second });
        Q_EMIT live().table().chosen(150);
        const auto request = live().table().model().find(150);
        QVERIFY(live().timeline().range().contains(request->arrival->value));
    }

    void whatWasArrangedComesBack()
    {
        live().lanesModel().setHidden(QStringLiteral("heat"), true);
        live().lanesModel().setSize(QStringLiteral("ttft"), LaneSize::Large);
        live().timelineBar().setWindow(60 * second);
        live().timelineBar().setSpeed(5);
        live().timelineBar().setRows(TimelineBar::Rows::Stacked);
        const QByteArray state = live().state();
        Workspace workspace;
        LivePerspective other(workspace);
        other.restore(state);
        QVERIFY(other.lanesModel().lane(QStringLiteral("heat"))->isHidden());
        QCOMPARE(other.lanesModel().lane(QStringLiteral("ttft"))->size(), LaneSize::Large);
        QCOMPARE(other.timelineBar().windowNs(), 60 * second);
        QCOMPARE(other.timelineBar().speed(), 5.0);
        QCOMPARE(other.timelineBar().rows(), TimelineBar::Rows::Stacked);
        QCOMPARE(workspace.sloLimits(), m_window->workspace().sloLimits());
        QVERIFY(workspace.sloEnabled());
        QVERIFY(!other.lanesModel().lane(QStringLiteral("goodput"))->isHidden());
        other.restore("{\"rows\": 77, \"lanes\": [1], \"window_ms\": -5}"); // anything may stand in a file
        QVERIFY(other.timelineBar().windowNs() > 0);
    }

    void theLegendIsWholeWhileReplaying()
    {
        for (const int width : { 1100, 1440 }) {
            TimelineBar bar;
            bar.legend().setStages(legendStages({ 100 }, true));
            bar.setReplaying(true);
            bar.resize(width, bar.height());
            bar.show();
            QTRY_VERIFY(bar.legend().width() >= bar.legend().sizeHint().width());
        }
    }

    void aFileThatIsNoRecordingIsRefusedInASentence()
    {
        const QString file = m_dir.filePath(QStringLiteral("b.prismlive"));
        QFile f(file);
        QVERIFY(f.open(QIODevice::WriteOnly));
        f.write("not a recording");
        f.close();
        QSignalSpy said(&live(), &LivePerspective::said);
        live().openRecording(file, 0);
        const auto refused = [&] { // among what the test before may still have to say
            return std::any_of(said.begin(), said.end(),
                [&](const QList<QVariant>& text) { return text[0].toString().contains(file); });
        };
        QTRY_VERIFY_WITH_TIMEOUT(refused(), patienceMs);
    }
};

QTEST_MAIN(TestLive)
#include "tst_live.moc"
