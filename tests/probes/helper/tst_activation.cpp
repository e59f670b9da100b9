// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/activated_helper.h"
#include "tests/support/probed_client.h"
#include "tests/support/throwing_server.h"

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace prism;
using namespace prism::test;

/// The helper as systemd starts it on the first connection, until nobody needs it.
class TestActivation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }

    void itEndsWhenNobodyComes()
    {
        const std::uint64_t begin = probes::nowNs();
        ActivatedHelper helper([] { return true; }, "1");
        QCOMPARE(helper.waitForEnd(), 0);
        QVERIFY(probes::nowNs() - begin >= 1'000'000'000U);
    }

    /// Two clients one after the other, the second within the time that it waits; then nothing is left.
    void itServesAndEndsWhenTheLastHasGone()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        ActivatedHelper helper([] { return true; }, "2");
        std::vector<std::uint32_t> family;
        std::uint64_t left = 0;
        for (int round = 0; round < 2; ++round) {
            ProbedClient client(helper.connect());
            const auto attached = client.attach(server.pid());
            QVERIFY(attached);
            QCOMPARE(int(attached->status()), int(wire::Status::Ok));
            QVERIFY(attached->number(wire::AttachKey::Programs) >= 8);
            QVERIFY(client.waitFor([&] { return client.count<wire::HttpEnd>() > 20; }));
            family = probes::familyOf(static_cast<std::uint32_t>(helper.pid()));
            QVERIFY(family.size() >= 2); // itself and the parser
            left = probes::nowNs();
        } // goes without a word
        QCOMPARE(helper.waitForEnd(), 0);
        QVERIFY(probes::nowNs() - left >= 2'000'000'000U);
        for (const std::uint32_t pid : family) {
            QVERIFY(!exists(pid));
        }
        QVERIFY(server.alive());
        QCOMPARE(shared->failed.load(), std::uint64_t(0));
    }

    void whoStaysKeepsItAlive()
    {
        ActivatedHelper helper([] { return true; }, "0");
        ProbedClient client(helper.connect());
        // Longer than it waits for another.
        QVERIFY(client.attach(::getpid(), 1));
        QVERIFY(client.waitFor([&] { return client.count<wire::ClockSync>() >= 3; }));
        QVERIFY(exists(static_cast<std::uint32_t>(helper.pid())));
    }

    /// By the tool that does as systemd does: it listens, and starts the program with the first connection.
    void systemdsOwnToolStartsIt()
    {
        const QString tool = QStandardPaths::findExecutable(QStringLiteral("systemd-socket-activate"));
        if (tool.isEmpty()) {
            QSKIP("needs systemd-socket-activate, which is not installed");
        }
        const QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("socket"));
        QProcess service;
        service.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        service.start(tool,
            { "--listen=" + path, "--setenv=ASAN_OPTIONS=detect_leaks=0", PRISM_BIN_DIR "/prism-probed",
                "--idle", "1" });
        QVERIFY(service.waitForStarted());
        QVERIFY(eventually([&] { return QFile::exists(path); }));
        {
            ProbedClient client(ProbedClient::connectTo(path.toStdString()));
            const auto answer = client.await(client.ask(wire::Verb::Ping, wire::FieldWriter()));
            QVERIFY(answer);
            QCOMPARE(int(answer->status()), int(wire::Status::Ok));
            std::ifstream file("/proc/" + std::to_string(service.processId()) + "/comm");
            std::string name;
            std::getline(file, name);
            QCOMPARE(name, std::string("prism-probed"));
        }
        QVERIFY(service.waitForFinished(60'000));
        QCOMPARE(service.exitStatus(), QProcess::NormalExit);
        QCOMPARE(service.exitCode(), 0);
    }

    void wrongSecondsAreRefused_data()
    {
        QTest::addColumn<QString>("seconds");
        for (const char* seconds : { "", "x", "-1", "1s", "100000", "99999999999999999999" }) {
            QTest::newRow(seconds) << QString::fromUtf8(seconds);
        }
    }
    void wrongSecondsAreRefused()
    {
        QFETCH(const QString, seconds);
        QProcess helper;
        helper.start(QStringLiteral(PRISM_BIN_DIR "/prism-probed"), { "--idle", seconds });
        QVERIFY(helper.waitForFinished());
        QCOMPARE(helper.exitCode(), 2);
    }
};

QTEST_GUILESS_MAIN(TestActivation)
#include "tst_activation.moc"
