// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "probes/helper/access/relay.h"
#include "tests/support/activated_helper.h"
#include "tests/support/fake_server.h"
#include "tests/support/observer/test_servers.h"

#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace prism::test;

/// A machine that is reached by ssh as somebody without rights, and whose service has them. In the place of
/// ssh stands a program that starts the other end here, as such a user.
class TestSshService : public QObject {
    Q_OBJECT

private:
    struct Listed {
        int code = -1;
        QByteArray out;
        QByteArray errors;
        /// How many are said to listen and not to have been asked.
        int unasked() const
        {
            static const QRegularExpression said(QStringLiteral("(\\d+) more process"));
            return said.match(QString::fromUtf8(errors)).captured(1).toInt();
        }
    };
    static Listed list()
    {
        QProcess prismctl;
        prismctl.setStandardInputFile(QProcess::nullDevice());
        prismctl.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"),
            { QStringLiteral("live"), QStringLiteral("list"), QStringLiteral("--json"),
                QStringLiteral("--helper"), QStringLiteral("ssh:there") });
        prismctl.waitForFinished(120'000);
        return { prismctl.exitCode(), prismctl.readAllStandardOutput(), prismctl.readAllStandardError() };
    }

    /// Under a name that an inference server of unknown make may have; its pid, 0 when it does not run.
    qint64 startUnnamed(QProcess& server)
    {
        const QString program = m_folder.filePath(QStringLiteral("local-llm"));
        QFile::link(QStringLiteral(PRISM_TEST_DIR "/shaped_server"), program);
        server.start(program, { QString::number(fake::freePort()) });
        return server.waitForReadyRead() && server.readAllStandardOutput().startsWith("listening")
            ? server.processId()
            : 0;
    }

    QTemporaryDir m_folder;

private Q_SLOTS:
    void initTestCase()
    {
        if (::geteuid() != 0) {
            QSKIP("needs root: the service is to have the rights that its user has not");
        }
        if (QStandardPaths::findExecutable(QStringLiteral("setpriv")).isEmpty()) {
            QSKIP("needs setpriv, which is not installed");
        }
        if (!QFileInfo(QStringLiteral(PRISM_BIN_DIR "/prismctl")).isExecutable()) {
            QSKIP("this configuration does not build prismctl");
        }
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
            || ::mount("tmpfs", "/run", "tmpfs", 0, "mode=755") != 0 || ::mkdir("/run/prism", 0755) != 0) {
            QSKIP("needs a mount namespace, which this machine does not allow");
        }
        // As ssh: what follows the host is a line for the shell of the user there.
        QFile ssh(m_folder.filePath(QStringLiteral("ssh")));
        QVERIFY(ssh.open(QIODevice::WriteOnly));
        ssh.write(
            "#!/bin/sh\nwhile [ \"$1\" != there ]; do shift; done\nshift\n"
            "exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "
            "env PATH=" PRISM_BIN_DIR ":/usr/bin:/bin ASAN_OPTIONS=detect_leaks=0 sh -c \"$*\"\n");
        ssh.setPermissions(QFile::Permissions(0x7700));
        ssh.close();
        qputenv("PATH", m_folder.path().toUtf8() + ':' + qgetenv("PATH"));
    }

    void cleanup() { ::unlink(prism::probes::servicePath); }

    /// The service is in a network of its own and asks nobody, and from here the other machine's loopback is
    /// out of reach: what no name tells is left out, and counted.
    void serversThatNobodyCouldAskAreCounted()
    {
        const ActivatedHelper service;
        QCOMPARE(::symlink(service.path().c_str(), prism::probes::servicePath), 0);
        bool counted = false;
        Listed with;
        // Others on this machine come and go.
        for (int attempt = 0; attempt < 5 && !counted; ++attempt) {
            const Listed without = list();
            QVERIFY2(without.code == 0, without.errors.constData());
            QProcess server;
            const qint64 pid = startUnnamed(server);
            QVERIFY(pid != 0);
            with = list();
            QVERIFY2(with.code == 0, with.errors.constData());
            counted = with.unasked() == without.unasked() + 1;
            QVERIFY2(!with.out.contains("\"pid\":" + QByteArray::number(pid) + ','), with.out.constData());
            server.kill();
            server.waitForFinished();
        }
        QVERIFY2(counted, with.errors.constData());
        QVERIFY(with.errors.contains("another machine"));
    }

    /// Its own user's rights do not matter: the service decides, by who asks.
    void anothersProcessIsRefusedWithASentence()
    {
        const ActivatedHelper service;
        QCOMPARE(::symlink(service.path().c_str(), prism::probes::servicePath), 0);
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        QProcess prismctl;
        prismctl.setStandardInputFile(QProcess::nullDevice());
        prismctl.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"),
            { QStringLiteral("live"), QStringLiteral("record"), QStringLiteral("--helper"),
                QStringLiteral("ssh:there"), QString::number(server.pid()), QStringLiteral("--for"),
                QStringLiteral("1s") });
        QVERIFY(prismctl.waitForFinished(120'000));
        const QByteArray said = prismctl.readAllStandardError();
        QVERIFY(prismctl.exitCode() != 0);
        QVERIFY2(said.contains("belongs to root"), said.constData());
    }
};

QTEST_GUILESS_MAIN(TestSshService)
#include "tst_ssh_service.moc"
