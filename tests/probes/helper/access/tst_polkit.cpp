// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/access/permission.h"
#include "tests/support/activated_helper.h"
#include "tests/support/private_polkit.h"
#include "tests/support/staged_process.h"

#include <QtTest>

using namespace prism::probes;
using namespace prism::test;
using prism::wire::AttachKey;
using prism::wire::Status;

namespace {

/// A process of root that the rules know by its name.
std::unique_ptr<StagedProcess> named(const char* name)
{
    return std::make_unique<StagedProcess>([name](const auto& ready) {
        ::prctl(PR_SET_NAME, name);
        ready();
    });
}

TargetProcess hold(pid_t pid)
{
    std::string why;
    auto target = TargetProcess::open(pid, std::nullopt, why);
    if (!target) {
        qFatal("%s", why.c_str());
    }
    return std::move(*target);
}

Decision wait(AttachPermission& permission)
{
    for (;;) {
        if (const auto decision = permission.take()) {
            return *decision;
        }
        pollfd waiting { permission.descriptor(), POLLIN, 0 };
        if (::poll(&waiting, 1, 30'000) != 1) {
            return { false, "no answer" };
        }
    }
}

} // namespace

class TestPolkit : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const QString why = m_polkit.start(R"(
polkit.addRule(function(action, subject) {
  if (action.id == "org.prismbench.prism.attach-other-user") {
    var program = action.lookup("program");
    polkit.log("asked " + program + " of " + action.lookup("user") + " by " + subject.user);
    return program == "yes" ? polkit.Result.YES : program == "ask" ? polkit.Result.AUTH_ADMIN : polkit.Result.NO;
  }
});
)");
        if (!why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        setAccessLog([this](const std::string& line) { m_log.push_back(line); });
        m_caller = std::make_unique<StagedProcess>([](const auto& ready) {
            if (becomeUser(someUser)) {
                ready();
            }
        });
        m_peer = { someUser, m_caller->pid(), hold(m_caller->pid()).startTicks() };
    }

    void theActionIsAskedAndObeyed_data()
    {
        QTest::addColumn<QByteArray>("program");
        QTest::addColumn<bool>("allowed");
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("yes") << QByteArray("yes") << true << QByteArray();
        QTest::newRow("no") << QByteArray("other") << false << QByteArray("permission was not given");
        QTest::newRow("a password, and nobody to type it")
            << QByteArray("ask") << false << QByteArray("nobody can be asked");
    }
    void theActionIsAskedAndObeyed()
    {
        QFETCH(QByteArray, program);
        QFETCH(bool, allowed);
        QFETCH(QByteArray, text);
        const auto process = named(program.constData());
        const TargetProcess target = hold(process->pid());
        AttachPermission permission(m_peer, target);
        const Decision decision = wait(permission);
        QCOMPARE(decision.allowed, allowed);
        QVERIFY2(decision.text.find(text.toStdString()) != std::string::npos, decision.text.c_str());
        QVERIFY(m_polkit.waitForLog("asked " + program + " of root by nobody"));
        QVERIFY2(m_log.back().find("by polkit") != std::string::npos, m_log.back().c_str());
    }

    void whatEndsMeanwhileIsNotWatched()
    {
        const auto process = named("yes");
        const TargetProcess target = hold(process->pid());
        AttachPermission permission(m_peer, target);
        process->end();
        const Decision decision = wait(permission);
        QVERIFY(!decision.allowed);
        QVERIFY2(decision.text.find("ended or changed its user") != std::string::npos, decision.text.c_str());
    }

    void aQuestionCanBeTakenBack()
    {
        const auto process = named("ask");
        const TargetProcess target = hold(process->pid());
        const auto permission = std::make_unique<AttachPermission>(m_peer, target);
        QVERIFY(permission->descriptor() >= 0);
    }

    /// The whole way: a client of another user, the helper's socket, polkit, and the kernel programs.
    void theHelperAsksForItsClients()
    {
        ActivatedHelper helper;
        const auto other = named("other");
        const auto yes = named("yes");
        // What the client sees comes back as its exit status.
        const pid_t client = ::fork();
        if (client == 0) {
            if (!becomeUser(someUser)) {
                ::_exit(1);
            }
            HelperTalk talk(helper.connect());
            const TalkReply refused = talk.attach(other->pid(), 1);
            const TalkReply allowed = talk.attach(yes->pid(), 1);
            if (refused.status != Status::Refused || !refused.numbers.empty()) {
                ::_exit(2);
            }
            if (refused.text(AttachKey::Text).find("it belongs to root") == std::string::npos) {
                ::_exit(3);
            }
            ::_exit(allowed.status == Status::Ok && allowed.number(AttachKey::Target) != 0 ? 0 : 4);
        }
        int status = -1;
        QCOMPARE(::waitpid(client, &status, 0), client);
        QCOMPARE(WEXITSTATUS(status), 0);
        QCOMPARE(helper.stop(), 0);
    }

private:
    PrivatePolkit m_polkit;
    std::unique_ptr<StagedProcess> m_caller;
    Peer m_peer;
    std::vector<std::string> m_log;
};

QTEST_GUILESS_MAIN(TestPolkit)
#include "tst_polkit.moc"
