// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/attach_dialog.h"
#include "app/live/machine_dialog.h"
#include "app/live/tier_row.h"
#include "tests/support/fake_helper.h"
#include "tests/support/metrics_server.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTableWidget>
#include <QToolButton>
#include <QtTest>

#include <atomic>
#include <cmath>
#include <memory>
#include <stdexcept>

#include <unistd.h>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 60'000;

/// As a helper without rights tells it: everything but a password is there.
live::FoundServer server(std::uint32_t pid, const char* role, std::uint16_t port)
{
    live::FoundServer s;
    s.pid = pid;
    s.startTicks = 5;
    s.user = "inference";
    s.engine = "vllm";
    s.model = "Llama-3.1-8B-Instruct";
    s.ports = { port };
    s.role = role;
    s.tiers = { { 0, true, {}, {}, false },
        { 1, false, "This program runs without CAP_BPF", "Run it through pkexec", true },
        { 2, false, "This version of Prism does not offer it yet", {}, false } };
    return s;
}

AttachDialog::FindWays ways(const test::FakeHelper& plain, const test::FakeHelper* withRights)
{
    return
        [list = plain.address(), attach = withRights ? std::optional(withRights->address()) : std::nullopt](
            const std::string&) -> Result<AttachDialog::Ways> {
            return AttachDialog::Ways { list, attach };
        };
}

} // namespace

class TestAttachDialog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void listingNeedsNoPasswordAndAttachingAsksForOne()
    {
        test::FakeHelper plain, withRights;
        plain.setServers({ server(4711, "server", 8000) });
        withRights.setServers({ server(4711, "server", 8000) });
        AttachDialog dialog(nullptr, ways(plain, &withRights));
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy(), patienceMs);
        QCOMPARE(dialog.model().rowCount(), 1);
        QVERIFY(dialog.tierRow(1)->isChosen()); // possible once the password is given
        QVERIFY(dialog.passwordNote().contains(QStringLiteral("T1 needs rights")));
        dialog.tierRow(1)->box().setChecked(false);
        QCOMPARE(dialog.passwordNote(), QString());
        dialog.tierRow(1)->box().setChecked(true);
        QVERIFY(!dialog.tierRow(2)->box().isEnabled());

        std::shared_ptr<live::Session> session;
        connect(&dialog, &AttachDialog::attached, this, [&](const auto& s) { session = s; });
        dialog.attach();
        QTRY_VERIFY_WITH_TIMEOUT(session != nullptr, patienceMs);
        QCOMPARE(withRights.attached(), 1);
        QCOMPARE(plain.attached(), 0);
        QCOMPARE(session->status().targets.size(), std::size_t(1));
    }

    void whatNeedsNoRightsIsAttachedWithoutAsking()
    {
        test::FakeHelper plain, withRights;
        plain.setServers({ server(4711, "server", 8000) });
        AttachDialog dialog(nullptr, ways(plain, &withRights));
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy(), patienceMs);
        dialog.tierRow(1)->box().setChecked(false);
        QSignalSpy attached(&dialog, &AttachDialog::attached);
        dialog.attach();
        QTRY_COMPARE_WITH_TIMEOUT(attached.size(), 1, patienceMs);
        QCOMPARE(plain.attached(), 1);
        QCOMPARE(plain.tiersAsked(), std::uint64_t(1));
        QCOMPARE(withRights.attached(), 0);
    }

    void whatKernelProgramsMayTakeIsChosenAndRemembered()
    {
        test::FakeHelper plain;
        live::FoundServer found = server(4711, "server", 8000);
        found.tiers[1] = { 1, true, {}, {}, false };
        plain.setServers({ found });
        {
            AttachDialog dialog(nullptr, ways(plain, nullptr));
            QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy(), patienceMs);
            QCOMPARE(dialog.budgetChoice().currentData().toDouble(), 0.005);
            QVERIFY(dialog.budgetNote().contains(QStringLiteral("without seeing when threads run")));
            dialog.tierRow(1)->box().setChecked(false);
            QCOMPARE(dialog.budgetNote(), QString()); // there is nothing to limit
            dialog.tierRow(1)->box().setChecked(true);
            dialog.budgetChoice().setCurrentIndex(dialog.budgetChoice().count() - 1);
            QVERIFY(dialog.budgetNote().contains(QStringLiteral("stays visible, whatever that costs")));
            QSignalSpy attached(&dialog, &AttachDialog::attached);
            dialog.attach();
            QTRY_COMPARE_WITH_TIMEOUT(attached.size(), 1, patienceMs);
            QVERIFY(std::isinf(plain.budgetAsked()));
        }
        AttachDialog again(nullptr, ways(plain, nullptr));
        QTRY_VERIFY_WITH_TIMEOUT(!again.isBusy(), patienceMs);
        QVERIFY(std::isinf(again.budgetChoice().currentData().toDouble()));
    }

    void howBusyAServerIsComesFromItsOwnMetrics()
    {
        test::MetricsServer metrics;
        const auto done = [](int requests) {
            return "vllm:num_requests_running 2\nvllm:request_success_total " + std::to_string(requests)
                + "\n";
        };
        metrics.answerText(done(10));
        test::FakeHelper plain;
        live::FoundServer reports = server(static_cast<std::uint32_t>(getpid()), "server", metrics.port());
        plain.setServers({ reports, server(4711, "server", 0) });
        AttachDialog dialog(nullptr, ways(plain, nullptr));
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy(), patienceMs);
        const auto cell = [&](int row, int role) {
            return dialog.model().index(row, ServerModel::Rate).data(role).toString();
        };
        QCOMPARE(cell(0, Qt::DisplayRole), QStringLiteral("—"));
        QTRY_VERIFY_WITH_TIMEOUT(!metrics.questions().empty(), patienceMs);
        metrics.answerText(done(40));
        QTRY_VERIFY_WITH_TIMEOUT(cell(0, Qt::DisplayRole).toDouble() > 0, patienceMs);
        QVERIFY(cell(0, Qt::ToolTipRole).contains(QStringLiteral("as the server reports")));
        metrics.answerText("not here", "404 Not Found");
        QTRY_VERIFY_WITH_TIMEOUT(
            cell(0, Qt::ToolTipRole).contains(QStringLiteral("no /metrics")), patienceMs);
        QCOMPARE(cell(0, Qt::DisplayRole), QStringLiteral("—"));
        QCOMPARE(cell(1, Qt::DisplayRole), QStringLiteral("—"));
        dialog.setAttachedRates(
            [](std::uint32_t pid) { return pid == 4711 ? std::optional(7.5) : std::nullopt; });
        QCOMPARE(cell(1, Qt::DisplayRole), QStringLiteral("7.50"));
    }

    void withoutAHelperMetricsAloneAreOffered()
    {
        test::MetricsServer metrics;
        metrics.answerText("vllm:num_requests_running 2\n");
        AttachDialog dialog(nullptr, [](const std::string&) -> Result<AttachDialog::Ways> {
            return Error { "prism-probed", {}, "the helper is not installed", "Install it" };
        });
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy(), patienceMs);
        QVERIFY(dialog.message().contains(QStringLiteral("not installed")));
        for (QLineEdit* edit : dialog.findChildren<QLineEdit*>()) {
            if (edit->placeholderText() == QStringLiteral("Find a server")) {
                edit->setText(QStringLiteral("vllm"));
            }
        }
        QVERIFY2(
            !dialog.heading().contains(QStringLiteral("no inference server")), qPrintable(dialog.heading()));
        QVERIFY(dialog.offersAlone());
        std::shared_ptr<live::Session> session;
        connect(&dialog, &AttachDialog::attached, this, [&](const auto& s) { session = s; });
        dialog.alonePort().setValue(metrics.port());
        dialog.aloneButton().click();
        QTRY_VERIFY_WITH_TIMEOUT(session != nullptr, patienceMs);
        QVERIFY(!live::seesRequests(session->status()));
        QCOMPARE(session->status().targets.size(), std::size_t(1));
    }

    void withoutAWayToRightsTheTierSaysWhyNot()
    {
        test::FakeHelper plain;
        plain.setServers({ server(4711, "server", 8000) });
        AttachDialog dialog(nullptr, ways(plain, nullptr));
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy(), patienceMs);
        QVERIFY(!dialog.tierRow(1)->box().isEnabled());
        QVERIFY(dialog.tierRow(1)->explanation().contains(QStringLiteral("Run it through pkexec")));
        QCOMPARE(dialog.passwordNote(), QString());
    }

    void aRouterIsOfferedWithTheServerThatItForwardsTo()
    {
        live::FoundServer first = server(4711, "server", 8000);
        first.processes = { 4712 };
        live::FoundServer router = server(4700, "router", 9000);
        router.upstreams = { 4712 };
        live::FoundServer other = server(4800, "router", 9100);
        other.upstreams = { 1 };
        ServerModel model;
        model.setServers({ other, router, first, server(5000, "server", 8001) });
        QCOMPARE(model.routerFor(first)->pid, 4700U);
        QVERIFY(!model.routerFor(server(5000, "server", 8001))); // both are known to forward elsewhere
        other.upstreams.clear();
        model.setServers({ other, router, first, server(5000, "server", 8001) });
        QCOMPARE(model.routerFor(server(5000, "server", 8001))->pid, 4800U);
        router.upstreams = { 4711 };
        model.setServers({ router, first });
        QCOMPARE(model.index(0, ServerModel::Model).data().toString(),
            QStringLiteral("router, forwards to :8000"));
    }

    /// It neither ends the program nor looks for ever, and the next look is as any other.
    void aFaultWhileLookingIsSaid()
    {
        test::FakeHelper plain;
        plain.setServers({ server(4711, "server", 8000) });
        const auto fails = std::make_shared<std::atomic<bool>>(true);
        AttachDialog dialog(nullptr,
            [fails, real = ways(plain, nullptr)](const std::string& overrule) -> Result<AttachDialog::Ways> {
                if (*fails) {
                    throw std::runtime_error("out of its mind");
                }
                return real(overrule);
            });
        dialog.show();
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy() && !dialog.message().isEmpty(), patienceMs);
        QVERIFY2(dialog.message().contains(QStringLiteral("a fault of its own (out of its mind)")),
            qPrintable(dialog.message()));
        *fails = false;
        dialog.scan();
        QTRY_COMPARE_WITH_TIMEOUT(dialog.model().rowCount(), 1, patienceMs);
        QVERIFY(dialog.message().isEmpty());
    }

    void aRefusedRouterLeavesNothingAttached()
    {
        test::FakeHelper::Manners manners;
        manners.refusedPid = 4700;
        manners.refusal = "The router belongs to another user";
        test::FakeHelper plain(manners);
        live::FoundServer first = server(4711, "server", 8000);
        first.tiers[1] = { 1, true, {}, {}, false };
        live::FoundServer router = server(4700, "router", 9000);
        router.tiers = first.tiers;
        router.upstreams = { 4711 };
        plain.setServers({ first, router });
        AttachDialog dialog(nullptr, ways(plain, nullptr));
        dialog.show();
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy(), patienceMs);
        auto* view = dialog.findChild<QTableView*>();
        view->setCurrentIndex(dialog.model().index(dialog.model().rowOfPid(4711), 0));
        const auto boxes = dialog.findChildren<QCheckBox*>();
        const auto joins = std::find_if(boxes.begin(), boxes.end(),
            [](const QCheckBox* box) { return box->text().contains(QStringLiteral("router on :9000")); });
        QVERIFY(joins != boxes.end() && (*joins)->isVisible());
        QSignalSpy attached(&dialog, &AttachDialog::attached);
        dialog.attach();
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy() && !dialog.message().isEmpty(), patienceMs);
        QVERIFY2(dialog.message().contains(QStringLiteral("The router belongs to another user")),
            qPrintable(dialog.message()));
        QVERIFY(dialog.message().contains(QStringLiteral("alone")));
        QCOMPARE(plain.attached(), 1);
        QCOMPARE(plain.detached(), 1);
        QVERIFY(attached.isEmpty());
        // The list was read anew; the server alone can be watched, from its own beginning.
        QCOMPARE(dialog.model().rowCount(), 2);
        (*joins)->setChecked(false);
        dialog.attach();
        QTRY_COMPARE_WITH_TIMEOUT(attached.size(), 1, patienceMs);
        const auto session = attached.front().front().value<std::shared_ptr<live::Session>>();
        QCOMPARE(session->status().targets.size(), std::size_t(1));
        QVERIFY(session->status().targets.front().attached);
    }

    void whatCouldNotBeFoundOutIsSaid()
    {
        test::FakeHelper plain;
        live::FoundServer found = server(4711, "server", 8000);
        found.notes = { "Its arguments cannot be read." };
        found.tiers[0].reason = "The server speaks TLS: requests are not seen";
        plain.setServers({ found });
        AttachDialog dialog(nullptr, ways(plain, nullptr));
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy(), patienceMs);
        const auto labels = dialog.findChildren<QLabel*>();
        const auto says = [&](const QString& text) {
            return std::any_of(labels.begin(), labels.end(),
                [&](const QLabel* label) { return !label->isHidden() && label->text().contains(text); });
        };
        QVERIFY(says(QStringLiteral("Its arguments cannot be read.")));
        // Also of a tier that is possible.
        QVERIFY(says(QStringLiteral("The server speaks TLS")));
        QVERIFY(!says(QStringLiteral("Not possible: The server speaks TLS")));
    }

    void theMachineIsCheckedLineByLine()
    {
        test::FakeHelper helper;
        helper.setServers({ server(4711, "server", 8000) });
        helper.setMachine({ { "ring buffer", true, true, "It works", {} },
            { "fentry", false, false, "This kernel has no trampolines", {} },
            { "capabilities", false, true, "Missing: CAP_BPF", "Run it through pkexec" } });
        AttachDialog dialog(nullptr, ways(helper, nullptr));
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy(), patienceMs);
        dialog.machineButton().click();
        auto* machine = dialog.findChild<MachineDialog*>();
        QVERIFY(machine);
        QTRY_VERIFY_WITH_TIMEOUT(!machine->isBusy(), patienceMs);
        QCOMPARE(machine->table().rowCount(), 3);
        // What is needed and does not work stands first, with what would change it.
        QCOMPARE(machine->table().item(0, 0)->text(), QStringLiteral("capabilities"));
        QCOMPARE(machine->table().item(0, 2)->text(),
            QStringLiteral("Missing: CAP_BPF\nTo change it: Run it through pkexec"));
        QCOMPARE(machine->table().item(1, 0)->text(), QStringLiteral("fentry"));
        QVERIFY(machine->summary().contains(QStringLiteral("cannot be observed")));
        machine->copyButton().click();
        QVERIFY(QGuiApplication::clipboard()->text().contains(QStringLiteral("fentry\t")));
    }

    void aHelperThatCannotBeReachedIsASentence()
    {
        AttachDialog dialog(nullptr, [](const std::string&) -> Result<AttachDialog::Ways> {
            return Error { "prism-probed", {}, "the helper is not installed", "Install it" };
        });
        QTRY_VERIFY_WITH_TIMEOUT(!dialog.isBusy(), patienceMs);
        QVERIFY(dialog.message().contains(QStringLiteral("the helper is not installed")));
        QVERIFY(!dialog.machineButton().isEnabled());
        QVERIFY(!dialog.attachButton().isEnabled());
    }
};

QTEST_MAIN(TestAttachDialog)
#include "tst_attach_dialog.moc"
