// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/running_program.h"

#include <QtTest>

#include <array>
#include <csignal>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

using prism::test::RunningProgram;

namespace {

/// A program with two children, one of which has lost its parent.
const QStringList family { QStringLiteral("-c"),
    QStringLiteral(
        "(sleep 300 & echo orphan $!) ; sleep 301 & echo child $! ; echo ready $$ ; exec sleep 302") };

/// Waits until a process has ended, however busy the machine is; false when it lives on.
bool ends(pid_t pid)
{
    const int held = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (held < 0) {
        return errno == ESRCH;
    }
    pollfd polled { held, POLLIN, 0 };
    const bool ended = poll(&polled, 1, 30'000) == 1;
    close(held);
    return ended;
}

/// The pids of the orphan, of the other child and of the program.
std::array<pid_t, 3> start(RunningProgram& program)
{
    return { program.waitForLine("orphan ").toInt(), program.waitForLine("child ").toInt(),
        program.waitForLine("ready ").toInt() };
}

} // namespace

class TestRunningProgram : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatItStartedEndsWithIt()
    {
        std::array<pid_t, 3> pids {};
        {
            RunningProgram program(QStringLiteral("sh"), family);
            pids = start(program);
            QVERIFY(pids[0] > 0 && pids[1] > 0);
            QCOMPARE(pids[2], static_cast<pid_t>(program.pid()));
        }
        for (const pid_t pid : pids) {
            QVERIFY2(ends(pid), qPrintable(QString::number(pid)));
        }
    }

    /// A test that is killed cannot tidy up.
    void itEndsWithATestThatIsKilled()
    {
        QProcess test;
        test.start(QCoreApplication::applicationFilePath(), { QStringLiteral("--killed") });
        QVERIFY(test.waitForFinished(60'000));
        QCOMPARE(test.exitStatus(), QProcess::CrashExit);
        const QList<QByteArray> words = test.readAllStandardOutput().simplified().split(' ');
        QCOMPARE(words.size(), 3);
        for (const QByteArray& word : words) {
            QVERIFY(word.toInt() > 0);
            QVERIFY2(ends(word.toInt()), word.constData());
        }
    }
};

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    if (QCoreApplication::arguments().contains(QStringLiteral("--killed"))) {
        RunningProgram program(QStringLiteral("sh"), family);
        const auto pids = start(program);
        std::printf("%d %d %d\n", pids[0], pids[1], pids[2]);
        std::fflush(stdout);
        raise(SIGKILL);
    }
    TestRunningProgram test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_running_program.moc"
