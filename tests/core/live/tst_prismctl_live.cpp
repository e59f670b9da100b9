// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_helper.h"
#include "tests/support/prismctl_live.h"

#include "core/live/session.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <cstring>

using namespace prism;
using namespace prism::test;

class TestPrismctlLive : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!hasPrismctl()) {
            QSKIP("this configuration does not build prismctl");
        }
    }

    void listIsTheContract()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        const Ran ran
            = prismctl({ "live", "list", "--json", "--helper", QString::fromStdString(helper.socket()) });
        QCOMPARE(ran.status, 0);
        QCOMPARE(ran.out.trimmed(),
            QStringLiteral(
                R"({"pid":4711,"user":"alice","engine":"vllm","engine_version":"0.32.0","model":"tiny",)"
                R"("ports":[8000],"accelerators":[],"tiers":[{"tier":"T1","possible":true,"reason":""}]})"));
        const Ran table = prismctl({ "live", "list", "--helper", QString::fromStdString(helper.socket()) });
        QVERIFY(table.out.contains("vllm 0.32.0"));
    }

    void reasonsAndRemediesAreSentences()
    {
        FakeHelper helper({ .attach = wire::Status::Refused });
        live::FoundServer server = tinyServer();
        server.tiers = { { 1, false, "The process belongs to root, and you are nobody", "Use the service" },
            { 2, false, "Not on this kernel", {} } };
        helper.setServers({ server });
        const QString socket = QString::fromStdString(helper.socket());
        const Ran table = prismctl({ "live", "list", "--helper", socket });
        QVERIFY2(
            table.error.contains("T1: The process belongs to root, and you are nobody. Use the service.\n"),
            qPrintable(table.error));
        QVERIFY2(table.error.contains("T2: Not on this kernel.\n"), qPrintable(table.error));
        const Ran refused = prismctl({ "live", "record", ":8000", "--helper", socket });
        QVERIFY2(refused.error.contains("belongs to another user.\n"), qPrintable(refused.error));
    }

    void theHelperIsASettingAndAListNeedsOne()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        qputenv("PRISM_HELPER", QByteArray::fromStdString(helper.socket()));
        const Ran found = prismctl({ "live", "list", "--json" });
        const Ran said = prismctl({ "doctor" });
        qputenv("PRISM_HELPER", "/nonexistent");
        const Ran over = prismctl({ "live", "list", "--helper", QString::fromStdString(helper.socket()) });
        qunsetenv("PRISM_HELPER");
        QVERIFY2(found.status == 0 && found.out.contains("4711"), qPrintable(found.error));
        QVERIFY2(said.out.contains("PRISM_HELPER"), qPrintable(said.out));
        QCOMPARE(over.status, 0); // the command line wins
        const Ran none = prismctl({ "live", "list", "--helper", "none" });
        QCOMPARE(none.status, 1);
        QVERIFY2(none.error.contains("without a helper nothing can be listed"), qPrintable(none.error));
        QVERIFY(!prismctl({ "live", "list", "--help" }).out.contains("none"));
        QVERIFY(prismctl({ "live", "record", "--help" }).out.contains("none"));
    }

    void recordIsTheContractAndReplaysToTheSame()
    {
        QTemporaryDir folder;
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        helper.onAttach([](live::TargetNumber) { return story(); });
        const QString file = folder.filePath("a.prismlive");
        const Ran ran = prismctl({ "live", "record", ":8000", "--chunks", "--json", "-o", file, "--helper",
            QString::fromStdString(helper.socket()) });
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        const QStringList lines = ran.out.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 5);
        QCOMPARE(lines[0],
            QStringLiteral(
                R"({"type":"attached","pid":4711,"start_ns":1000000000,"start_unix_ns":1700000001000000000,)"
                R"("tiers":["T0","T1"],"programs":12,"engine":"vllm","model":"tiny"})"));
        QCOMPARE(lines[1],
            QStringLiteral(
                R"({"type":"request","id":1,"pid":4711,"method":"POST","path":"/v1/chat/completions","status":200,)"
                R"("streamed":true,"arrival_ns":2000000000,"read_ns":2001000000,"first_event_ns":2049000000,)"
                R"("first_token_ns":2050000000,"end_ns":2071000000,"events":7,"token_events":3,"input_tokens":120,)"
                R"("output_tokens":3,"bytes_in":812,"bytes_out":1185,"ttft_ms":50,"chunk_gap_ms":10,"tpot_ms":10,)"
                R"("e2e_ms":71,"ended":"complete","event_ns":[2049000000,2050000000,2060000000,2070000000,)"
                R"(2071000000,2071000000,2071000000]})"));
        const QJsonObject second = ran.lines().at(2);
        QVERIFY(!second.contains("tpot_ms")); // events are no tokens
        QVERIFY(!second.contains("output_tokens"));
        QCOMPARE(second["chunk_gap_ms"].toDouble(), 10.0);
        QCOMPARE(lines[3],
            QStringLiteral(
                R"({"type":"loss","program":"http_send","cpu":1,"reason":"ring_full","attempted":120000,)"
                R"("emitted":119988,"dropped":12})"));
        const QJsonObject summary = ran.lines().at(4);
        QCOMPARE(summary["type"].toString(), QStringLiteral("summary"));
        QCOMPARE(summary["requests"].toInt(), 2);
        QCOMPARE(summary["dropped"].toInt(), 12); // as the loss lines have it
        QVERIFY(summary["emitted"].toInt() > 0);
        QCOMPARE(summary["attempted"].toInt(), summary["emitted"].toInt() + 12);
        QCOMPARE(summary["cpu_ms"].toDouble(), 41.2);
        const Ran again = prismctl({ "live", "replay", file, "--json", "--chunks" });
        QVERIFY2(again.status == 0, qPrintable(again.error));
        QCOMPARE(again.out, ran.out);
    }

    void limitsJudgeEveryRequestAndStayInTheRecording()
    {
        QTemporaryDir folder;
        FakeHelper helper;
        helper.onAttach([](live::TargetNumber) { return story(); });
        const QString socket = QString::fromStdString(helper.socket());
        const QString file = folder.filePath("a.prismlive");
        const Ran ran = prismctl({ "live", "record", "4711", "--json", "-o", file, "--helper", socket,
            "--limit", "ttft<=40", "--limit", "e2e<=1000" });
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        const QJsonObject first = ran.lines().at(1);
        QCOMPARE(first["verdict"].toString(), QStringLiteral("breaks"));
        QCOMPARE(first["broke"].toArray(), QJsonArray({ "ttft:p99<=40" }));
        const Ran again = prismctl({ "live", "replay", file, "--json" });
        QCOMPARE(again.out, ran.out);
        const Ran others = prismctl({ "live", "replay", file, "--json", "--limit", "ttft<=60" });
        QCOMPARE(others.lines().at(1)["verdict"].toString(), QStringLiteral("holds"));
        QVERIFY(!others.lines().at(1).contains("broke"));
        const Ran told = prismctl({ "live", "replay", file });
        QVERIFY2(told.out.contains("0 requests held ttft:p99<=40, e2e:p99<=1000, 2 broke a limit"),
            qPrintable(told.out));
        const Ran wrong = prismctl({ "live", "record", "4711", "--helper", socket, "--limit", "often<=3" });
        QCOMPARE(wrong.status, 2);
        QVERIFY(wrong.error.contains("ttft:p99<=500"));
    }

    void aTargetThatEndsIsToldAndFailsWhatWasAskedFor()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        helper.onAttach([](live::TargetNumber t) { return story(t); });
        const QString socket = QString::fromStdString(helper.socket());
        const QString told = QStringLiteral("prismctl: vllm (pid 4711): The process ended.\n");
        const Ran cut = prismctl({ "live", "record", ":8000", "--for", "60s", "--json", "--helper", socket });
        QCOMPARE(cut.status, 1);
        QCOMPARE(cut.error.count(told), 1);
        QCOMPARE(cut.lines().last()["type"].toString(), QStringLiteral("summary")); // all that came is there
        const Ran whole = prismctl({ "live", "record", ":8000", "--helper", socket });
        QCOMPARE(whole.status, 0); // until its end was asked for
        QCOMPARE(whole.error.count(told), 1);
        // A command goes on when the server has gone, and its own success is none of the recording's.
        const Terminal command
            = atTerminal({ "live", "record", "--helper", helper.socket(), "--", "sh", "-c", "read line" },
                "The process ended.", "\n");
        QCOMPARE(command.status, 1);
        QCOMPARE(command.seen.count("prismctl: vllm (pid 4711): The process ended."), 1);
    }

    void peopleGetALineARequest()
    {
        QTemporaryDir folder;
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        helper.onAttach([](live::TargetNumber) { return story(); });
        const QString file = folder.filePath("a.prismlive");
        const Ran ran = prismctl({ "live", "record", ":8000", "-o", file, "--limit", "ttft<=40", "--helper",
            QString::fromStdString(helper.socket()) });
        QCOMPARE(ran.status, 0);
        const QStringList lines = ran.out.split(QLatin1Char('\n'));
        QVERIFY2(lines[0].startsWith("arrival"), qPrintable(ran.out));
        // 2 s after the clock's zero of 1 700 000 000 s: 22:13:22 UTC.
        const QString spaced = QString(lines[1]).replace(QChar(0x2009), QLatin1Char('_'));
        QCOMPARE(spaced.simplified(),
            QStringLiteral("22:13:22.000 200 50.0_ms 10.0_ms 10.0_ms 71.0_ms 3 3 POST /v1/chat/completions "
                           "! ttft:p99<=40"));
        QCOMPARE(QString(lines[2]).replace(QChar(0x2009), QLatin1Char('_')).simplified().section(' ', 5, 7),
            QStringLiteral("71.0_ms – 3")); // events are no tokens
        QCOMPARE(lines[0].indexOf("request"), lines[1].indexOf("POST"));
        const Ran again = prismctl({ "live", "replay", file });
        QCOMPARE(again.out, ran.out);
    }

    void peopleGetASummary()
    {
        FakeHelper helper;
        helper.onAttach([](live::TargetNumber) { return story(); });
        const Ran ran
            = prismctl({ "live", "record", "4711", "--helper", QString::fromStdString(helper.socket()) });
        QCOMPARE(ran.status, 0);
        QVERIFY(ran.out.contains("2 requests"));
        QVERIFY(ran.out.contains("TTFT"));
        QVERIFY2(ran.out.contains("12 events lost; "), qPrintable(ran.out));
        QVERIFY(ran.out.contains(" records came"));
    }

    /// The same story, once with the helper's totals at the end and once without, as when its target ends or
    /// a recording is stopped: what came and what is missing is the same.
    void whatWasLostIsCountedOneWay()
    {
        const auto told = [](bool final) {
            FakeHelper helper;
            helper.setServers({ tinyServer() });
            helper.onAttach([final](live::TargetNumber t) {
                MadeStream stream;
                stream.target = t;
                (void)stream.text("on_received");
                const auto lost = [&](const char* program, wire::LossReason reason, std::uint64_t kept,
                                      std::uint64_t dropped, bool all) {
                    wire::Loss loss {};
                    loss.program = stream.text(program);
                    loss.cpu = wire::noCpu;
                    loss.reason = static_cast<std::uint16_t>(reason);
                    loss.final = all ? 1 : 0;
                    loss.attempted = kept + dropped;
                    loss.emitted = kept;
                    loss.dropped = dropped;
                    stream.add(wire::Source::Supervisor, 2 * second, loss);
                };
                lost("on_sent", wire::LossReason::RingFull, 990, 10, false);
                lost("http parser", wire::LossReason::Truncated, 7, 113, false);
                lost("http parser", wire::LossReason::BeforeAttach, 3, 4, false);
                // As many records either way.
                lost(final ? "on_sent" : "on_received", wire::LossReason::RingFull, 54'000, final ? 10 : 0,
                    final);
                stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
                std::vector<std::byte> all = stream.take();
                const auto end = shortStory(t, 2, 3 * second, 6 * second);
                all.insert(all.end(), end.begin(), end.end());
                return all;
            });
            return prismctl(
                { "live", "record", ":8000", "--json", "--helper", QString::fromStdString(helper.socket()) });
        };
        const Ran with = told(true), without = told(false);
        const QJsonObject summary = with.lines().last();
        QCOMPARE(summary["dropped"].toInt(), 10 + 113 + 4);
        QCOMPARE(summary["lost_events"].toInt(), 10);
        QCOMPARE(summary["truncated"].toInt(), 113);
        QCOMPARE(summary["before_attach"].toInt(), 4);
        QCOMPARE(summary["attempted"].toInt(), summary["emitted"].toInt() + 127);
        int lines = 0;
        for (const QJsonObject& line : with.lines()) {
            lines += line["type"].toString() == "loss" ? line["dropped"].toInt() : 0;
        }
        QCOMPARE(lines, 127);
        QCOMPARE(without.lines().last(), summary);
    }

    void whatIsNoKnownServerIsSaid()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        helper.onAttach([](live::TargetNumber t) { return story(t); });
        const QString socket = QString::fromStdString(helper.socket());
        const Ran other = prismctl({ "live", "record", "4712", "--helper", socket });
        QVERIFY2(other.error.contains("Process 4712 is none of the servers"), qPrintable(other.error));
        const Ran server = prismctl({ "live", "record", "4711", "--helper", socket });
        QVERIFY2(!server.error.contains("none of the servers"), qPrintable(server.error));
    }

    void notesAreReplayed()
    {
        QTemporaryDir folder;
        const QString file = folder.filePath("a.prismlive");
        {
            FakeHelper helper;
            helper.setServers({ tinyServer() });
            const auto session = live::Session::connect(helper.address());
            QVERIFY(session);
            QVERIFY((*session)->attach({ 4711, 0, { 1 }, true }));
            QVERIFY((*session)->record(file.toStdString()));
            const auto first = (*session)->addMark({ 2 * second }, std::nullopt, "slow here");
            (*session)->changeMark(first, "slow from here");
            (*session)->addMark({ 3 * second }, Nanoseconds { 4 * second }, "the neighbour ran");
            (*session)->changeMark((*session)->addMark({ 5 * second }, std::nullopt, "wrong"), {});
            QVERIFY((*session)->stopRecording());
        }
        QStringList notes;
        for (const QString& line :
            prismctl({ "live", "replay", file, "--json" }).out.split(QLatin1Char('\n'))) {
            if (line.contains(QLatin1String("note"))) {
                notes << line;
            }
        }
        QCOMPARE(notes,
            QStringList({ R"({"type":"note","at_ns":2000000000,"text":"slow from here"})",
                R"({"type":"note","at_ns":3000000000,"until_ns":4000000000,"text":"the neighbour ran"})" }));
        QVERIFY(prismctl({ "live", "replay", file }).out.contains("note: slow from here"));
    }

    /// The most that one thread waited in all is no pause.
    void whatAttachingCostIsNamed()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        live::Target target = helper.target();
        target.cpuWait = Nanoseconds { 2'718'000'000 };
        helper.setTarget(target);
        helper.onAttach([](live::TargetNumber t) { return story(t); });
        const Ran ran = prismctl(
            { "live", "record", ":8000", "--json", "--helper", QString::fromStdString(helper.socket()) });
        const QJsonObject attached = ran.lines().first();
        QCOMPARE(attached["cpu_wait_ms"].toDouble(), 2718.0);
        QVERIFY(!attached.contains("pause_ms"));
    }

    void withoutATargetTheOnlyServerIsMeant()
    {
        FakeHelper helper;
        helper.onAttach([](live::TargetNumber t) { return story(t); });
        const QStringList words { "live", "record", "--helper", QString::fromStdString(helper.socket()) };
        const Ran nobody = prismctl(words);
        QCOMPARE(nobody.status, 1);
        QVERIFY2(nobody.error.contains("no inference server is found"), qPrintable(nobody.error));
        helper.setServers({ tinyServer() });
        const Ran ran = prismctl(words);
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        QVERIFY2(ran.out.contains("2 requests"), qPrintable(ran.out));
    }

    /// A server that somebody stopped answers nothing, and its requests do not say why.
    void whatBecomesOfAProcessIsTold()
    {
        QTemporaryDir folder;
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        helper.onAttach([](live::TargetNumber t) {
            MadeStream stream;
            stream.target = t;
            wire::Process process {};
            process.pid = 4712;
            process.uid = 1000;
            std::strcpy(process.name, "EngineCore");
            std::int64_t at = second;
            for (const auto change :
                { wire::ProcessChange::Present, wire::ProcessChange::Stopped, wire::ProcessChange::Continued,
                    wire::ProcessChange::Executed, wire::ProcessChange::UidChanged }) {
                process.change = static_cast<std::uint16_t>(change);
                stream.add(wire::Source::Supervisor, at += 100 * millisecond, process);
            }
            std::vector<std::byte> all = stream.take();
            const std::vector<std::byte> rest = story(t);
            all.insert(all.end(), rest.begin(), rest.end());
            return all;
        });
        const QString socket = QString::fromStdString(helper.socket());
        const QString file = folder.filePath("a.prismlive");
        const Ran ran = prismctl({ "live", "record", "--json", "-o", file, "--helper", socket });
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        QStringList told;
        for (const QString& line : ran.out.split(QLatin1Char('\n'))) {
            if (line.contains("\"process\"")) {
                told << line;
            }
        }
        QCOMPARE(told.size(), 4);
        QCOMPARE(told[0],
            QStringLiteral(R"({"type":"process","pid":4712,"at_ns":1200000000,"change":"stopped",)"
                           R"("name":"EngineCore","uid":1000,"target_pid":4711})"));
        for (const auto& [i, change] :
            { std::pair(1, "continued"), std::pair(2, "exec"), std::pair(3, "uid") }) {
            QVERIFY2(told[i].contains(QStringLiteral("\"change\":\"%1\"").arg(change)), qPrintable(told[i]));
        }
        for (const char* text : { "process 4712 (EngineCore) is stopped, by a signal or a debugger: it "
                                  "answers nothing until it is continued",
                 "process 4712 (EngineCore) goes on", "process 4712 runs another program now: EngineCore",
                 "process 4712 (EngineCore) runs as user 1000 now" }) {
            QVERIFY2(ran.error.contains(QLatin1String(text)), qPrintable(ran.error));
        }
        const Ran again = prismctl({ "live", "replay", file, "--json" });
        QCOMPARE(again.out, ran.out);
    }

    void wrongUseIsToldApartFromFailure()
    {
        FakeHelper helper({ .attach = wire::Status::Refused });
        const QString socket = QString::fromStdString(helper.socket());
        QCOMPARE(prismctl({ "live", "record", "1", "--for", "soon", "--helper", socket }).status, 2);
        QCOMPARE(prismctl({ "live" }).status, 2);
        const Ran refused = prismctl({ "live", "record", "1", "--helper", socket });
        QCOMPARE(refused.status, 1);
        QVERIFY(refused.error.contains("belongs to another user"));
        const Ran nobody = prismctl({ "live", "record", ":9", "--helper", socket });
        QCOMPARE(nobody.status, 1);
        QVERIFY(nobody.error.contains("no inference server"));
        QCOMPARE(prismctl({ "live", "list", "--helper", "/nonexistent" }).status, 1);
        QCOMPARE(prismctl({ "live", "replay", "/nonexistent" }).status, 1);
    }
};

QTEST_GUILESS_MAIN(TestPrismctlLive)
#include "tst_prismctl_live.moc"
