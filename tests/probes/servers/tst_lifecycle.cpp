// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/comparison.h"
#include "tests/support/observer/test_servers.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

using namespace prism::test;
using namespace prism;

namespace {

const QString shaped = QStringLiteral("shaped");

QStringList words(const QString& text)
{
    return text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

QStringList load(const QString& arguments, const QString& query = QStringLiteral("tokens=8"))
{
    return words(arguments)
        + QStringList { QStringLiteral("--body"), QStringLiteral("{}"), QStringLiteral("--path"),
              QStringLiteral("/v1/chat/completions?") + query };
}

/// Starts the client and does not wait for it.
std::unique_ptr<RunningProgram> startLoad(std::uint16_t port, const QStringList& arguments)
{
    return std::make_unique<RunningProgram>(
        clockedClient(), QStringList { QStringLiteral("--port"), QString::number(port) } + arguments);
}

int timesTold(const ObservedSession& helper, wire::ProcessChange change, std::int64_t pid)
{
    int times = 0;
    for (const TimedRecord& record : helper.all(wire::RecordType::Process)) {
        const auto process = record.as<wire::Process>();
        times += process.change == static_cast<std::uint16_t>(change) && process.pid == pid ? 1 : 0;
    }
    return times;
}

bool has(const ObservedSession& helper, wire::ProcessChange change, std::int64_t pid)
{
    return timesTold(helper, change, pid) > 0;
}

bool gone(const ObservedSession& helper)
{
    for (const TimedRecord& record : helper.all(wire::RecordType::State)) {
        if (record.as<wire::State>().state == static_cast<std::uint16_t>(wire::ProbeState::Gone)) {
            return true;
        }
    }
    return false;
}

} // namespace

/// Targets that end, change, multiply or stand still while their requests are watched.
class TestLifecycle : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = ObservedSession::impossible(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
    }

    void targetExits()
    {
        RunningServer server = startServer(shaped);
        QVERIFY(server);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        const std::int64_t pid = server.pid();
        const auto client = startLoad(
            server.port, load(QStringLiteral("--connections 4"), QStringLiteral("tokens=-1&pace_us=1000")));
        QVERIFY(helper.readUntil([&] { return helper.requests.size() == 4; }));
        server.program->signal(SIGKILL);
        QVERIFY(
            helper.readUntil([&] { return has(helper, wire::ProcessChange::Exited, pid) && gone(helper); }));
        // That it is gone is the last word: what was under way ended with it, and what was lost is told.
        QCOMPARE(helper.endedRequests(), std::size_t(4));
        for (const auto& [key, request] : helper.requests) {
            QVERIFY(request.ended(wire::EndReason::ServerClosed));
        }
        QVERIFY(!helper.finalCounts().empty());
        QVERIFY(helper.attach(pid).status != wire::Status::Ok);
        QVERIFY(helper.leave());
    }

    void targetExecutesAnotherProgram()
    {
        RunningServer server = startServer(shaped);
        QVERIFY(server);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        server.program->forgetOutput();
        server.program->signal(SIGUSR1);
        const std::uint16_t port = server.program->waitForLine("listening ").toUShort();
        QVERIFY(port != 0);
        QVERIFY(helper.readUntil([&] { return has(helper, wire::ProcessChange::Executed, server.pid()); }));
        // The same process, the same user: it stays observed.
        const TimedLoad seen = runLoad(port, load(QStringLiteral("--connections 2 --requests 2")));
        QVERIFY(helper.detach(attached.target).ok());
        QCOMPARE(seen.complete, 4);
        const Comparison c = compare(seen, helper);
        QVERIFY2(c.differences.isEmpty(), qPrintable(c.differences.join(QLatin1Char('\n'))));
    }

    void workersThatAreThereAndLaterOnesAreFollowed()
    {
        RunningServer server = startServer(shaped, { QStringLiteral("0"), QStringLiteral("2") });
        QVERIFY(server);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        server.program->forgetOutput();
        server.program->signal(SIGUSR2);
        const std::int64_t worker = server.program->waitForLine("worker ").toLongLong();
        QVERIFY(worker > 0);
        QVERIFY(helper.readUntil([&] { return has(helper, wire::ProcessChange::Forked, worker); }));
        const TimedLoad seen = runLoad(server.port,
            load(QStringLiteral("--connections 12 --requests 4 --header Connection:close"),
                QStringLiteral("tokens=8&pace_us=500")));
        QVERIFY(helper.detach(attached.target).ok());
        QCOMPARE(seen.complete, 48);
        const Comparison c = compare(seen, helper);
        QVERIFY2(c.differences.isEmpty(), qPrintable(c.differences.mid(0, 8).join(QLatin1Char('\n'))));
    }

    void targetGivesItsUserUp()
    {
        RunningServer server = startServer(shaped);
        QVERIFY(server);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        server.program->signal(SIGHUP);
        QCOMPARE(server.program->waitForLine("uid "), QByteArray("65534"));
        QVERIFY(helper.readUntil([&] { return has(helper, wire::ProcessChange::UidChanged, server.pid()); }));
        QCOMPARE(runLoad(server.port, load(QStringLiteral("--connections 2"))).complete, 2);
        QVERIFY(helper.detach(attached.target).ok());
    }

    void targetIsStopped()
    {
        RunningServer server = startServer(shaped);
        QVERIFY(server);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        const auto client = startLoad(server.port, load(QStringLiteral("--connections 1")));
        QVERIFY(helper.readUntil([&] { return helper.endedRequests() == 1; }));
        server.program->signal(SIGSTOP);
        QVERIFY(helper.readUntil([&] { return has(helper, wire::ProcessChange::Stopped, server.pid()); }));
        // Detaching and attaching need nothing of the target.
        QVERIFY(helper.detach(attached.target).ok());
        const ObservedSession::Reply again = helper.attach(server.pid());
        QVERIFY2(again.ok(), again.text.c_str());
        // That it is stopped is told to who comes while it is.
        QVERIFY(helper.readUntil(
            [&] { return timesTold(helper, wire::ProcessChange::Stopped, server.pid()) == 2; }));
        server.program->signal(SIGCONT);
        QVERIFY(helper.readUntil([&] { return has(helper, wire::ProcessChange::Continued, server.pid()); }));
        QCOMPARE(runLoad(server.port, load(QStringLiteral("--connections 2"))).complete, 2);
        QVERIFY(helper.readUntil([&] { return helper.endedRequests() == 3; }));
        QVERIFY(helper.detach(again.target).ok());
    }

    /// Hidden from the helper by a mount of its own; the passive tier works, the other is refused with the
    /// reason.
    void kernelWithoutBtfIsSaid()
    {
        const RunningServer server = startServer(shaped);
        QVERIFY(server);
        QTemporaryDir folder;
        QFile script(folder.filePath(QStringLiteral("helper")));
        QVERIFY(script.open(QIODevice::WriteOnly));
        script.write("#!/bin/sh\nexec unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "
            + ObservedSession::program().toUtf8() + " --stdio'\n");
        script.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        script.close();
        ObservedSession helper(script.fileName());
        QVERIFY(helper.greeted());
        const ObservedSession::Reply active = helper.attach(server.pid(), 2);
        std::string told = active.text;
        for (const TimedRecord& record : helper.all(wire::RecordType::State)) {
            told += record.text;
        }
        QVERIFY2(told.find("BTF") != std::string::npos, told.c_str());
        const ObservedSession::Reply passive = helper.attach(server.pid(), 1);
        QVERIFY2(passive.ok(), passive.text.c_str());
        QVERIFY(helper.readUntil([&] { return !helper.all(wire::RecordType::Sample).empty(); }));
        QVERIFY(helper.detach(passive.target).ok());
    }

    void twinsOnOnePortAreToldApart()
    {
        const QString port = QString::number(freePort());
        const RunningServer one = startServer(shaped, { port });
        const RunningServer other = startServer(shaped, { port });
        QVERIFY(one && other);
        ObservedSession helper;
        const ObservedSession::Reply first = helper.attach(one.pid());
        QVERIFY2(first.ok(), first.text.c_str());
        const QStringList arguments
            = load(QStringLiteral("--connections 24 --requests 1 --header Connection:close"));
        const TimedLoad seen = runLoad(one.port, arguments);
        QCOMPARE(seen.complete, 24);
        QVERIFY(helper.detach(first.target).ok());
        const std::size_t ofOne = helper.requests.size();
        QVERIFY2(ofOne > 0 && ofOne < 24, qPrintable(QString::number(ofOne)));
        for (const QString& difference : compare(seen, helper).differences) {
            QVERIFY2(difference.endsWith(QStringLiteral("not observed")), qPrintable(difference));
        }
        helper.requests.clear();
        const ObservedSession::Reply again = helper.attach(one.pid());
        const ObservedSession::Reply second = helper.attach(other.pid());
        QVERIFY(again.ok() && second.ok());
        const TimedLoad both = runLoad(one.port, arguments);
        QVERIFY(helper.detach(again.target).ok() && helper.detach(second.target).ok());
        QCOMPARE(both.complete, 24);
        // Which of the two a packet is for shows only when one of them uses the connection; it is told then.
        QVERIFY2(helper.requests.size() == 24,
            qPrintable(QStringLiteral("%1 requests; %2").arg(helper.requests.size()).arg(helper.losses())));
        const QStringList differences = compare(both, helper).differences;
        QVERIFY2(differences.isEmpty(), qPrintable(differences.join(QLatin1Char('\n'))));
        for (const auto& [key, request] : helper.requests) {
            QVERIFY(request.begin.arrivalNs != 0 && (request.begin.flags & wire::ArrivalUnknown) == 0);
        }
    }
};

QTEST_GUILESS_MAIN(TestLifecycle)
#include "tst_lifecycle.moc"
