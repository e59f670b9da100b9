// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/servers.h"
#include "tests/support/observer/comparison.h"
#include "tests/support/observer/test_servers.h"

#include "prism_test_paths.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <unistd.h>

using namespace prism::test;
using namespace prism;

namespace {

/// Standard output; where it fails (`code` is not 0) what it says of that.
QString run(const QString& program, const QStringList& arguments, int* code = nullptr)
{
    QProcess process;
    process.start(program, arguments);
    process.waitForFinished(60'000);
    const bool done = process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
    if (code != nullptr) {
        *code = done ? 0 : 1;
    }
    return QString::fromUtf8(done ? process.readAllStandardOutput() : process.readAllStandardError())
        .trimmed();
}

/// podman, where crun refuses to run beside both versions of control groups: it sees the first alone.
QString podman(const QStringList& arguments, int* code = nullptr)
{
    const QString script
        = QStringLiteral("mount --make-rprivate / && umount /sys/fs/cgroup/unified 2>/dev/null; "
                         "exec podman --cgroup-manager cgroupfs --events-backend none \"$@\"");
    return run(QStringLiteral("unshare"),
        QStringList {
            QStringLiteral("-m"), QStringLiteral("sh"), QStringLiteral("-c"), script, QStringLiteral("sh") }
            + arguments,
        code);
}

/// A file system with one program and the libraries that it needs. False when it cannot be made.
bool makeRoot(const QString& root, const QString& program, const QString& name)
{
    for (const char* folder : { "bin", "proc", "sys", "dev", "tmp", "etc", "run" }) {
        QDir().mkpath(root + QLatin1Char('/') + QLatin1String(folder));
    }
    static const QRegularExpression path(QStringLiteral("(/\\S+) \\(0x"));
    const QString libraries = run(QStringLiteral("ldd"), { program });
    for (auto found = path.globalMatch(libraries); found.hasNext();) {
        const QString library = found.next().captured(1);
        QDir().mkpath(root + QFileInfo(library).path());
        if (!QFile::copy(library, root + library)) {
            return false;
        }
    }
    return QFile::copy(program, root + QStringLiteral("/bin/") + name);
}

} // namespace

/// A server in a container that a real container runtime made.
class TestContainer : public QObject {
    Q_OBJECT

private:
    const QString m_name = QStringLiteral("prism-test-%1").arg(::getpid());
    QTemporaryDir m_folder;

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = ObservedSession::impossible(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        if (QStandardPaths::findExecutable(QStringLiteral("podman")).isEmpty()) {
            QSKIP("podman is not installed (packaging/test installs it)");
        }
        const QString root = m_folder.filePath(QStringLiteral("root"));
        QVERIFY(makeRoot(
            root, QStringLiteral(PRISM_BIN_DIR "/../tests/shaped_server"), QStringLiteral("llama-server")));
        int code = 0;
        // The limits are those that hold here: who may not raise them starts nothing with podman's own.
        const QString said = podman(
            { QStringLiteral("run"), QStringLiteral("--detach"), QStringLiteral("--name"), m_name,
                QStringLiteral("--ulimit=nofile=1024:1024"), QStringLiteral("--ulimit=nproc=1024:1024"),
                QStringLiteral("--network=none"), QStringLiteral("--log-driver=k8s-file"),
                QStringLiteral("--rootfs"), root, QStringLiteral("/bin/llama-server") },
            &code);
        if (code != 0) {
            QSKIP(qPrintable(QStringLiteral("podman runs no container here: ") + said));
        }
    }

    void cleanupTestCase()
    {
        podman({ QStringLiteral("rm"), QStringLiteral("--force"), QStringLiteral("--time=0"), m_name });
    }

    /// It is found with its container's name and its own process number, and every request is seen.
    void isFoundAndObserved()
    {
        int code = 0;
        const std::string id
            = podman({ QStringLiteral("inspect"), QStringLiteral("--format={{.Id}}"), m_name }, &code)
                  .toStdString();
        const int pid
            = podman({ QStringLiteral("inspect"), QStringLiteral("--format={{.State.Pid}}"), m_name })
                  .toInt();
        QVERIFY(code == 0 && pid > 0);
        probes::Server server;
        // Its port is told as soon as it listens.
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                for (const probes::Server& one : probes::findServers({}).servers) {
                    server = one.pid == pid ? one : server;
                }
                return !server.endpoints.empty();
            }(),
            20'000);
        QCOMPARE(server.innerPid, 1);
        QCOMPARE(server.container.runtime, std::string("podman"));
        QCOMPARE(server.container.id, id);
        QCOMPARE(server.container.name, m_name.toStdString());

        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(pid);
        QVERIFY2(attached.ok(), attached.text.c_str());
        const TimedLoad load = runLoad(server.endpoints.front().port,
            QStringLiteral("--connections 4 --requests 3 --body {} --network-of %1 "
                           "--path /v1/chat/completions?tokens=16&pace_us=1000")
                .arg(pid)
                .split(QLatin1Char(' ')));
        QVERIFY(helper.detach(attached.target).ok());
        QCOMPARE(load.complete, 12);
        const Comparison c = compare(load, helper);
        QVERIFY2(c.differences.isEmpty(), qPrintable(c.differences.mid(0, 8).join(QLatin1Char('\n'))));
        QCOMPARE(c.matched, 12);
        const std::vector<TimedRecord> processes = helper.all(wire::RecordType::Process);
        QVERIFY(std::any_of(processes.begin(), processes.end(), [&](const TimedRecord& record) {
            const auto process = record.as<wire::Process>();
            return process.pid == std::uint32_t(pid) && process.innerPid == 1;
        }));
    }
};

QTEST_GUILESS_MAIN(TestContainer)
#include "tst_container.moc"
