// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "tests/support/observer/test_servers.h"
#include "tests/support/observer/timed_load.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace prism::test;

namespace {

void write(const QString& path, const QString& text,
    QFile::Permissions permissions = QFile::ReadOwner | QFile::WriteOwner)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text.toUtf8()) != text.toUtf8().size()) {
        qFatal("%s", qPrintable(path));
    }
    file.setPermissions(permissions);
}

QString readAll(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

} // namespace

/// A server "on another machine": the helper is started by a real sshd on the loopback, with keys and
/// settings of the test's own, and prismctl observes through it.
class TestSsh : public QObject {
    Q_OBJECT

private:
    /// sshd gives its rights up to a user of its own and works in a folder of its own; where they are missing
    /// they are made in a mount namespace of this process.
    QString makeRoom()
    {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
            || ::mount("tmpfs", "/run", "tmpfs", 0, "mode=755") != 0 || ::mkdir("/run/sshd", 0755) != 0) {
            return QStringLiteral("needs a mount namespace, which this machine does not allow");
        }
        if (::getpwnam("sshd") == nullptr) {
            const QString users = m_folder.filePath(QStringLiteral("passwd"));
            write(users,
                readAll(QStringLiteral("/etc/passwd"))
                    + QStringLiteral("sshd:x:64999:65534::/run/sshd:/bin/false\n"),
                QFile::Permissions(0x6444));
            if (::mount(users.toUtf8().constData(), "/etc/passwd", nullptr, MS_BIND, nullptr) != 0) {
                return QStringLiteral("a user for sshd cannot be made");
            }
        }
        return {};
    }

    void makeKeys()
    {
        for (const char* name : { "host", "user" }) {
            QProcess keygen;
            keygen.start(QStringLiteral("ssh-keygen"),
                { QStringLiteral("-q"), QStringLiteral("-t"), QStringLiteral("ed25519"), QStringLiteral("-N"),
                    QString(), QStringLiteral("-f"), m_folder.filePath(QLatin1String(name)) });
            keygen.waitForFinished();
        }
        QFile::copy(
            m_folder.filePath(QStringLiteral("user.pub")), m_folder.filePath(QStringLiteral("authorized")));
    }

    QTemporaryDir m_folder;
    std::unique_ptr<RunningProgram> m_sshd;

private Q_SLOTS:
    void initTestCase()
    {
        if (::geteuid() != 0) {
            QSKIP("needs root: the helper is to load kernel programs");
        }
        const QString named = qEnvironmentVariable("PRISM_TEST_SSHD");
        const QString sshd = named.isEmpty() ? QStringLiteral("/usr/sbin/sshd") : named;
        if (!QFileInfo(sshd).isExecutable()
            || QStandardPaths::findExecutable(QStringLiteral("ssh")).isEmpty()) {
            QSKIP("openssh-server or openssh-client is not installed");
        }
        if (!QFileInfo(QStringLiteral(PRISM_BIN_DIR "/prismctl")).isExecutable()) {
            QSKIP("this configuration does not build prismctl");
        }
        if (const QString why = makeRoom(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        makeKeys();
        const QString port = QString::number(freePort());
        const auto in = [this](const char* name) { return m_folder.filePath(QLatin1String(name)); };
        write(in("sshd.conf"),
            QStringLiteral(
                "Port %1\nListenAddress 127.0.0.1\nHostKey %2\nAuthorizedKeysFile %3\nPidFile none\n"
                "UsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n"
                "SetEnv PATH=" PRISM_BIN_DIR ":/usr/bin:/bin\n")
                .arg(port, in("host"), in("authorized")));
        const QStringList hostKey = readAll(in("host.pub")).split(QLatin1Char(' '));
        write(in("known"),
            QStringLiteral("[127.0.0.1]:%1 %2 %3\n").arg(port, hostKey.value(0), hostKey.value(1)));
        write(in("ssh.conf"),
            QStringLiteral("Host there\n HostName 127.0.0.1\n Port %1\n User root\n IdentityFile %2\n "
                           "IdentitiesOnly yes\n"
                           " UserKnownHostsFile %3\n StrictHostKeyChecking yes\n")
                .arg(port, in("user"), in("known")));
        // Settings are the user's: found by ssh under its own name.
        write(in("ssh"),
            QStringLiteral("#!/bin/sh\nexec %1 -F %2 \"$@\"\n")
                .arg(QStandardPaths::findExecutable(QStringLiteral("ssh")), in("ssh.conf")),
            QFile::Permissions(0x7700));
        qputenv("PATH", m_folder.path().toUtf8() + ':' + qgetenv("PATH"));
        m_sshd = std::make_unique<RunningProgram>(sshd,
            QStringList {
                QStringLiteral("-D"), QStringLiteral("-e"), QStringLiteral("-f"), in("sshd.conf") });
        while (m_sshd->running() && !get(port.toUShort(), "/").starts_with("SSH-")) {
            m_sshd->waitForEnd(50);
        }
        QVERIFY2(m_sshd->running(), "sshd has ended at once");
    }

    void requestsOfTheOtherMachineAreSeen()
    {
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        QProcess prismctl;
        prismctl.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"),
            { QStringLiteral("live"), QStringLiteral("record"), QStringLiteral("--helper"),
                QStringLiteral("ssh:there"), QString::number(server.pid()), QStringLiteral("--json"),
                QStringLiteral("--"), clockedClient(), QStringLiteral("--port"), QString::number(server.port),
                QStringLiteral("--requests"), QStringLiteral("3"), QStringLiteral("--body"),
                QStringLiteral("{}") });
        QVERIFY(prismctl.waitForFinished(120'000));
        const QByteArray errors = prismctl.readAllStandardError();
        int complete = 0;
        QJsonArray tiers;
        for (const QByteArray& line : prismctl.readAllStandardOutput().split('\n')) {
            const QJsonObject object = QJsonDocument::fromJson(line).object();
            const QString type = object.value(QLatin1String("type")).toString();
            complete += type == QLatin1String("request")
                    && object.value(QLatin1String("ended")).toString() == QLatin1String("complete")
                ? 1
                : 0;
            tiers
                = type == QLatin1String("attached") ? object.value(QLatin1String("tiers")).toArray() : tiers;
        }
        QVERIFY2(complete == 3, errors.constData());
        QCOMPARE(tiers, QJsonArray({ "T0", "T1" }));
    }

    void aMachineThatKnowsNobodyIsSaid()
    {
        QFile::remove(m_folder.filePath(QStringLiteral("authorized")));
        QProcess prismctl;
        prismctl.setStandardInputFile(QProcess::nullDevice()); // nobody could type a password
        prismctl.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"),
            { QStringLiteral("live"), QStringLiteral("list"), QStringLiteral("--helper"),
                QStringLiteral("ssh:there") });
        QVERIFY(prismctl.waitForFinished(120'000));
        QVERIFY(prismctl.exitCode() != 0);
        const QByteArray said = prismctl.readAllStandardError();
        QVERIFY2(said.contains("Permission denied"), said.constData());
    }
};

QTEST_GUILESS_MAIN(TestSsh)
#include "tst_ssh.moc"
