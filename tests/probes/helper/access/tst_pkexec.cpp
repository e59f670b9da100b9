// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "tests/support/helper_talk.h"
#include "tests/support/private_polkit.h"
#include "tests/support/staged_process.h"

#include <QStandardPaths>
#include <QtTest>

using namespace prism::test;
using prism::wire::AttachKey;
using prism::wire::Status;

namespace {

constexpr const char* program = PRISM_BIN_DIR "/prism-probed";

/// pkexec from PRISM_TEST_PKEXEC or as it is installed; empty when it cannot change its user.
std::string pkexec()
{
    const QString named = qEnvironmentVariable("PRISM_TEST_PKEXEC");
    const std::string path
        = (named.isEmpty() ? QStandardPaths::findExecutable(QStringLiteral("pkexec")) : named).toStdString();
    struct stat info { };
    return !path.empty() && ::stat(path.c_str(), &info) == 0 && (info.st_mode & S_ISUID) != 0
            && info.st_uid == 0
        ? path
        : std::string();
}

} // namespace

/// `pkexec prism-probed --stdio` by an ordinary user, with polkit and a bus of the test's own.
class TestPkexec : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_pkexec = pkexec();
        if (m_pkexec.empty()) {
            QSKIP("pkexec is not installed with its right to change its user");
        }
        const QString why = m_polkit.start(R"(
polkit.addRule(function(action, subject) {
  polkit.log("asked " + action.id + " by " + subject.user);
  if (action.id == "org.prismbench.prism.run-observer") {
    return polkit.Result.YES;
  }
  if (action.id == "org.prismbench.prism.attach-other-user") {
    return polkit.Result.NO;
  }
});
)",
            program);
        if (!why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        if (!m_polkit.coverSystemBus()) {
            QSKIP("the place of the system bus cannot be covered");
        }
    }

    /// It runs as root for a user, and that user's rights decide: his own process, and not root's.
    void theHelperThatRunsForAUserObeysHisRights()
    {
        StagedProcess mine([](const auto& ready) {
            if (becomeUser(someUser)) {
                ready();
            }
        });
        StagedProcess roots([](const auto& ready) { ready(); });
        int pair[2];
        QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            ::dup2(pair[1], STDIN_FILENO);
            ::dup2(pair[1], STDOUT_FILENO);
            ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
            ::setenv("SHELL", "/bin/sh", 1);
            if (becomeUser(someUser)) {
                ::execl(m_pkexec.c_str(), "pkexec", program, "--stdio", nullptr);
            }
            ::_exit(127);
        }
        ::close(pair[1]);
        {
            HelperTalk talk(pair[0]);
            const TalkReply own = talk.attach(mine.pid(), 1);
            QVERIFY2(own.status == Status::Ok, own.text(AttachKey::Text).c_str());
            const TalkReply other = talk.attach(roots.pid(), 1);
            QCOMPARE(int(other.status), int(Status::Refused));
            QVERIFY(other.text(AttachKey::Text).find("it belongs to root") != std::string::npos);
        }
        int status = -1; // it ends when its client hangs up
        QCOMPARE(::waitpid(child, &status, 0), child);
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), 0);
        QVERIFY(m_polkit.waitForLog("asked org.prismbench.prism.run-observer by nobody"));
        QVERIFY(m_polkit.waitForLog("asked org.prismbench.prism.attach-other-user by nobody"));
    }

private:
    PrivatePolkit m_polkit;
    std::string m_pkexec;
};

QTEST_GUILESS_MAIN(TestPkexec)
#include "tst_pkexec.moc"
