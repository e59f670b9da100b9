// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "tests/support/fake_helper.h"
#include "tests/support/made_stream.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <functional>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace prism;
using prism::test::FakeHelper;
using prism::test::MadeStream;
using prism::test::millisecond;
using prism::test::ScriptedRequest;

namespace {

constexpr std::int64_t second = 1'000 * millisecond;

struct Ran {
    int status = -1;
    QString out;
    QString error;
    QList<QJsonObject> lines() const
    {
        QList<QJsonObject> objects;
        for (const QString& line : out.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            objects << QJsonDocument::fromJson(line.toUtf8()).object();
        }
        return objects;
    }
};

Ran prismctl(const QStringList& arguments)
{
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("TZ", "UTC");
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"), arguments);
    if (!process.waitForFinished(60000)) {
        process.kill();
    }
    return { process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
        QString::fromUtf8(process.readAllStandardOutput()),
        QString::fromUtf8(process.readAllStandardError()) };
}

live::FoundServer server()
{
    live::FoundServer s;
    s.pid = 4711;
    s.user = "alice";
    s.engine = "vllm";
    s.engineVersion = "0.32.0";
    s.model = "tiny";
    s.ports = { 8000 };
    s.tiers = { { 1, true, {}, {} } };
    return s;
}

/// Two requests that end, a loss, and the end of the target: what a recording by prismctl waits for.
std::vector<std::byte> story(live::TargetNumber target = 1)
{
    MadeStream stream;
    stream.target = target;
    stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
    for (int i = 0; i < 2; ++i) {
        ScriptedRequest script;
        script.number = static_cast<std::uint32_t>(i);
        script.arrival = (2 + i) * second;
        script.tokens = 3;
        script.usage = i == 0;
        stream.request(script);
    }
    wire::Loss loss {};
    loss.program = stream.text("http_send");
    loss.cpu = 1;
    loss.reason = static_cast<std::uint16_t>(wire::LossReason::RingFull);
    loss.final = 1;
    loss.attempted = 120000;
    loss.emitted = 119988;
    loss.dropped = 12;
    stream.add(wire::Source::Supervisor, 5 * second, loss);
    wire::Cost cost {};
    cost.program = stream.text("http_send");
    cost.runs = 120000;
    cost.runNs = 41'200'000;
    stream.add(wire::Source::Supervisor, 5 * second, cost);
    wire::State state {};
    state.name = stream.text("target");
    state.state = static_cast<std::uint16_t>(wire::ProbeState::Gone);
    state.hint = stream.text("The process ended.");
    stream.add(wire::Source::Supervisor, 6 * second, state);
    return stream.take();
}

/// `count` requests of 71 ms, the first at `first`, one every 200 ms; the target ends at `end`.
std::vector<std::byte> shortStory(live::TargetNumber target, int count, std::int64_t first, std::int64_t end)
{
    MadeStream stream;
    stream.target = target;
    stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
    for (int i = 0; i < count; ++i) {
        ScriptedRequest script;
        script.number = static_cast<std::uint32_t>(i);
        script.arrival = first + i * 200 * millisecond;
        script.tokens = 3;
        stream.request(script);
    }
    wire::State state {};
    state.name = stream.text("http_send");
    state.state = static_cast<std::uint16_t>(wire::ProbeState::Silent);
    state.hint = stream.text("The server speaks TLS: times and bytes only.");
    stream.add(wire::Source::Supervisor, end - 1, state);
    state.name = stream.text("target");
    state.state = static_cast<std::uint16_t>(wire::ProbeState::Gone);
    state.hint = stream.text("The process ended.");
    stream.add(wire::Source::Supervisor, end, state);
    return stream.take();
}

struct Terminal {
    int status = -1;
    QByteArray seen;
};

/// Runs it at a terminal; types `keys` once `at` was seen, and again whenever `again` of all that was seen
/// says so.
Terminal atTerminal(const std::vector<std::string>& words, const QByteArray& at, const QByteArray& keys,
    const std::function<bool(const QByteArray&)>& again = {})
{
    const winsize size { 24, 80, 0, 0 };
    std::vector<char*> arguments;
    std::vector<std::string> all { "prismctl" };
    all.insert(all.end(), words.begin(), words.end());
    for (std::string& word : all) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    int master = -1;
    const pid_t pid = forkpty(&master, nullptr, nullptr, &size);
    if (pid == 0) {
        execv(PRISM_BIN_DIR "/prismctl", arguments.data());
        _exit(127);
    }
    Terminal terminal;
    std::array<char, 4096> buffer {};
    bool asked = false;
    for (ssize_t n = 0; pid > 0 && (n = read(master, buffer.data(), buffer.size())) > 0;) {
        terminal.seen.append(buffer.data(), n);
        const bool now = asked ? again && again(terminal.seen) : terminal.seen.contains(at);
        if (now) {
            asked = write(master, keys.constData(), static_cast<std::size_t>(keys.size())) == keys.size();
        }
    }
    int status = -1;
    if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
        terminal.status = WEXITSTATUS(status);
    }
    close(master);
    return terminal;
}

} // namespace

class TestPrismctlLive : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!QFile::exists(QStringLiteral(PRISM_BIN_DIR "/prismctl"))) {
            QSKIP("this configuration does not build prismctl");
        }
    }

    void listIsTheContract()
    {
        FakeHelper helper;
        helper.setServers({ server() });
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

    void theHelperIsASettingAndAListNeedsOne()
    {
        FakeHelper helper;
        helper.setServers({ server() });
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
        helper.setServers({ server() });
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
        QCOMPARE(lines[4],
            QStringLiteral(
                R"({"type":"summary","requests":2,"attempted":120000,"emitted":119988,"dropped":12,)"
                R"("cpu_ms":41.2})"));
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
        helper.setServers({ server() });
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
        const Ran command = prismctl({ "live", "record", "--helper", socket, "--", "true" });
        QVERIFY(command.status == 0 || command.error.contains(told));
    }

    void peopleGetALineARequest()
    {
        QTemporaryDir folder;
        FakeHelper helper;
        helper.setServers({ server() });
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
        QVERIFY(ran.out.contains("12 of 120000 records were lost"));
    }

    void wrongUseIsToldApartFromFailure()
    {
        FakeHelper helper({ .attach = wire::Status::Refused });
        const QString socket = QString::fromStdString(helper.socket());
        QCOMPARE(prismctl({ "live", "record", "--helper", socket }).status, 2);
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

    void recordsForTheLifeOfACommand()
    {
        FakeHelper helper;
        helper.setServers({ server() });
        helper.onAttach([](live::TargetNumber) { return MadeStream().take(); });
        helper.onDetach([] { return story(); });
        QTemporaryDir folder;
        const QString mark = folder.filePath("ran");
        const Ran ran = prismctl({ "live", "record", "--json", "--helper",
            QString::fromStdString(helper.socket()), "--", "sh", "-c", "touch " + mark });
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        QVERIFY(QFile::exists(mark));
        QCOMPARE(ran.lines().last()["type"].toString(), QStringLiteral("summary"));
        QCOMPARE(ran.lines().last()["requests"].toInt(), 2);
        const Ran failing = prismctl({ "live", "record", ":8000", "--helper",
            QString::fromStdString(helper.socket()), "--", "sh", "-c", "exit 3" });
        QCOMPARE(failing.status, 1);
    }

    void aCommandThatCannotStartIsToldApartFromOneThatFails()
    {
        FakeHelper helper;
        helper.setServers({ server() });
        const QString socket = QString::fromStdString(helper.socket());
        const Ran none = prismctl({ "live", "record", "--helper", socket, "--", "/nonexistent/bench" });
        QCOMPARE(none.status, 1);
        QVERIFY2(none.error.contains("it cannot be started: No such file"), qPrintable(none.error));
        const Ran its = prismctl({ "live", "record", "--helper", socket, "--", "sh", "-c", "exit 127" });
        QCOMPARE(its.status, 1);
        QVERIFY2(its.error.contains("sh ended with status 127"), qPrintable(its.error));
        QVERIFY(!its.error.contains("cannot be started"));
    }

    void ctrlCReachesTheCommandOnce()
    {
        FakeHelper helper;
        helper.setServers({ server() });
        QTemporaryDir folder;
        const std::string goes = folder.filePath("goes").toStdString();
        const std::string script = "trap 'echo [INT]' INT; : >" + goes + "; echo [ready]; while [ -e " + goes
            + " ]; do sleep 0.05; done";
        const Terminal ran
            = atTerminal({ "live", "record", "--helper", helper.socket(), "--", "sh", "-c", script },
                "[ready]", "\x03", [&](const QByteArray& seen) {
                    if (seen.contains("[INT]") && seen.contains("waiting for sh to end")) {
                        QFile::remove(QString::fromStdString(goes));
                    }
                    return false;
                });
        QCOMPARE(ran.seen.count("[INT]"), 1);
        QVERIFY2(ran.seen.contains("0 requests"), ran.seen.constData());
    }

    void aSecondCtrlCEndsACommandThatDoesNot()
    {
        FakeHelper helper;
        helper.setServers({ server() });
        bool again = false;
        const Terminal ran = atTerminal({ "live", "record", "--helper", helper.socket(), "--", "sh", "-c",
                                            "trap '' INT; echo [ready]; while :; do sleep 1; done" },
            "[ready]", "\x03", [&](const QByteArray& seen) {
                const bool now = !again && seen.contains("waiting for sh to end");
                again = again || now;
                return now;
            });
        QCOMPARE(ran.status, 1);
        QVERIFY2(ran.seen.contains("sh was ended by signal 9"), ran.seen.constData());
        QVERIFY(ran.seen.contains("0 requests")); // and what was seen is told
    }

    void aBenchmarkClientsNumbersStandBesideOurs()
    {
        if (!QFile::exists(QStringLiteral(PRISM_BIN_DIR "/prism-import"))) {
            QSKIP("this configuration does not build prism-import");
        }
        FakeHelper helper;
        // Ten of the client's, whose TTFT is 3 ms longer for it, and a stranger's in the middle.
        MadeStream stream;
        QJsonArray startTimes, ttfts, itls, outputs, inputs, errors, texts;
        for (int i = 0; i < 10; ++i) {
            ScriptedRequest script;
            script.connection = static_cast<std::uint64_t>(i) + 1;
            stream.connection(second, script.connection, wire::ConnectionRole::Server, 8000,
                static_cast<std::uint16_t>(40000 + i));
            script.arrival = 2 * second + i * 300 * millisecond + i * i % 5 * 11 * millisecond;
            script.firstTokenAfter = (50 + i) * millisecond;
            script.tokens = 4;
            stream.request(script);
            startTimes.append(1000 + double(script.arrival) / 1e9 - 0.003);
            ttfts.append((50 + i + 3) / 1e3);
            itls.append(QJsonArray { 0.010, 0.010, 0.010 });
            outputs.append(4);
            inputs.append(120);
            errors.append("");
            texts.append("four words of text");
            if (i == 4) {
                script.connection = 99;
                script.arrival += 100 * millisecond;
                stream.connection(script.arrival - 1, 99, wire::ConnectionRole::Server, 8000, 41000);
                stream.request(script);
            }
        }
        const std::vector<std::byte> records = stream.take();
        FakeHelper other; // numbers its targets from 1 too
        for (FakeHelper* one : { &helper, &other }) {
            one->setServers({ server() });
            one->onDetach([&records] { return records; });
        }
        const QJsonObject result { { "date", "20261128-101010" }, { "endpoint_type", "openai-chat" },
            { "backend", "openai-chat" }, { "model_id", "tiny" }, { "tokenizer_id", "tiny" },
            { "num_prompts", 10 }, { "request_rate", "inf" }, { "max_concurrency", 1 }, { "duration", 3.5 },
            { "completed", 10 }, { "failed", 0 }, { "total_input_tokens", 1200 },
            { "total_output_tokens", 40 }, { "request_throughput", 10 / 3.5 },
            { "output_throughput", 40 / 3.5 }, { "total_token_throughput", 1240 / 3.5 },
            { "input_lens", inputs }, { "output_lens", outputs }, { "ttfts", ttfts }, { "itls", itls },
            { "start_times", startTimes }, { "generated_texts", texts }, { "errors", errors },
            { "mean_ttft_ms", 57.5 }, { "median_ttft_ms", 57.5 }, { "std_ttft_ms", 2.9 },
            { "p99_ttft_ms", 62 } };
        QTemporaryDir folder;
        const QString made = folder.filePath("made.txt");
        QFile file(made);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QJsonDocument(result).toJson(QJsonDocument::Compact));
        file.close();
        const QString target = folder.filePath("result.json");
        const QStringList words { "live", "record", "--helper", QString::fromStdString(helper.socket()), "--",
            "cp", made, target };
        const Ran ran = prismctl(words);
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        QVERIFY2(ran.out.contains("10 requests joined by their starts"), qPrintable(ran.out + ran.error));
        QVERIFY2(
            ran.out.contains("0 of the client and 1 of the server have no counterpart"), qPrintable(ran.out));
        for (const char* row : { "TTFT p50", "TTFT p99", "TPOT p90", "ITL p50", "E2E p99" }) {
            QVERIFY2(ran.out.contains(QLatin1String(row)), qPrintable(ran.out));
        }
        const Ran told = prismctl({ "live", "record", "--json", "--helper",
            QString::fromStdString(other.socket()), "--", "cp", made, target });
        const QJsonObject comparison = told.lines().last();
        QCOMPARE(comparison["type"].toString(), QStringLiteral("comparison"));
        QCOMPARE(comparison["producer"].toString(), QStringLiteral("vllm-serve"));
        QCOMPARE(comparison["joined"].toInt(), 10);
        QCOMPARE(comparison["client_alone"].toInt(), 0);
        QCOMPARE(comparison["server_alone"].toInt(), 1);
        QVERIFY(comparison["residual_ms"].toDouble() < 0.01);
        const auto close = [&comparison](const char* metric, const char* stat, double theirs, double ours) {
            const QJsonObject cell = comparison[metric].toObject()[stat].toObject();
            return qAbs(cell["client_ms"].toDouble() - theirs) < 0.01
                && qAbs(cell["server_ms"].toDouble() - ours) < 0.01
                && comparison[metric].toObject()["requests"].toInt() == 10;
        };
        QVERIFY2(close("ttft", "p50", 57.5, 54.5), qPrintable(told.out));
        QVERIFY2(close("itl", "p50", 10, 10), qPrintable(told.out));
        QVERIFY2(close("tpot", "p50", 10, 10), qPrintable(told.out));
        QVERIFY2(qAbs(comparison["ttft_difference"].toObject()["p99_ms"].toDouble() - 3) < 0.01,
            qPrintable(told.out));
    }

    void topIsOneScreenWithoutATerminal()
    {
        FakeHelper helper;
        live::FoundServer evil = server();
        evil.model = "evil\x1b]0;title";
        helper.setServers({ evil });
        MadeStream stream;
        stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.request(script);
        helper.onAttach([&stream](live::TargetNumber) { return stream.take(); });
        const Ran ran = prismctl(
            { "live", "top", "--once", "--no-metrics", "--helper", QString::fromStdString(helper.socket()) });
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        QVERIFY2(ran.out.startsWith("vllm 0.32.0  evil]0;title  pid 4711 :8000"), qPrintable(ran.out));
        QVERIFY(!ran.out.contains(QChar(0x1b)));
        QVERIFY(ran.out.contains("TTFT"));
        QVERIFY(ran.out.contains("/v1/chat/completions"));
        QVERIFY(ran.out.split(QChar(10)).size() <= 25);
    }

    void topDividesByWhatWasObserved()
    {
        FakeHelper helper;
        helper.setServers({ server() });
        const QString socket = QString::fromStdString(helper.socket());
        // Seven in the newest two seconds, of five that were observed.
        helper.onAttach(
            [](live::TargetNumber t) { return shortStory(t, 7, 4'200 * millisecond, 6 * second); });
        const Ran ran = prismctl({ "live", "top", "--once", "--no-metrics", "--helper", socket });
        QVERIFY2(ran.out.contains("requests 3.5/s   token events 10.5/s   failed 0   last 2.0 s"),
            qPrintable(ran.out));
        // Two in the half second that was observed at all.
        helper.onAttach(
            [](live::TargetNumber t) { return shortStory(t, 2, 1'100 * millisecond, 3 * second / 2); });
        const Ran brief = prismctl({ "live", "top", "--once", "--no-metrics", "--helper", socket });
        QVERIFY2(brief.out.contains("requests 4.0/s   token events 12.0/s   failed 0   last 0.5 s"),
            qPrintable(brief.out));
    }

    void topSaysWhatIsMissingAndWhatHasEnded()
    {
        FakeHelper helper;
        helper.setServers({ server() });
        const std::string socket = helper.socket();
        const auto silent = [](live::TargetNumber number, std::int64_t slept) {
            MadeStream stream;
            stream.target = number;
            wire::State state {};
            state.name = stream.text("http_send");
            state.state = static_cast<std::uint16_t>(wire::ProbeState::Silent);
            state.hint = stream.text("The server speaks TLS: times and bytes only.");
            stream.add(wire::Source::Supervisor, 4 * second, state);
            if (slept != 0) {
                stream.clock(5 * second);
                stream.clock(6 * second, slept);
            }
            return stream.take();
        };
        helper.onAttach([&](live::TargetNumber t) { return silent(t, 0); });
        const QStringList once { "live", "top", "--once", "--no-metrics", "--helper",
            QString::fromStdString(socket) };
        const Ran told = prismctl(once);
        QCOMPARE(told.status, 0);
        QCOMPARE(
            told.out.split('\n').at(2), QStringLiteral("! The server speaks TLS: times and bytes only."));
        helper.onAttach([&](live::TargetNumber t) { return silent(t, 90 * second); });
        const Ran slept = prismctl(once);
        QVERIFY2(slept.out.contains("! the machine slept for 90.000 s"), qPrintable(slept.out));

        helper.onAttach([](live::TargetNumber t) { return shortStory(t, 1, 2 * second, 3 * second); });
        const Terminal gone
            = atTerminal({ "live", "top", "--no-metrics", "--helper", socket }, "no keys", {});
        QCOMPARE(gone.status, 1);
        // The last screen stays and the reason stands below it.
        const QByteArray after = gone.seen.mid(gone.seen.indexOf("\x1b[?1049l"));
        QVERIFY2(after.contains("! vllm (pid 4711): The process ended."), gone.seen.constData());
        QVERIFY(after.contains("(gone)"));
        QVERIFY(after.contains("prismctl: vllm (pid 4711): The process ended."));
    }

    void topAttachesWhatRecordAttaches()
    {
        FakeHelper helper;
        helper.setServers({ server() });
        helper.onAttach([](live::TargetNumber t) { return shortStory(t, 1, 2 * second, 3 * second); });
        const QString socket = QString::fromStdString(helper.socket());
        (void)prismctl(
            { "live", "top", "4711", "--once", "--with", "4712", "--tiers", "1", "--helper", socket });
        QCOMPARE(helper.attached(), 2);
        QCOMPARE(helper.tiersAsked(), std::uint64_t(2));
        const Ran wrong = prismctl({ "live", "top", "4711", "--with", "router", "--helper", socket });
        QCOMPARE(wrong.status, 2);
        QVERIFY(wrong.error.contains("--with takes a PID or :PORT"));
    }

    void topLeavesTheTerminalAsItWas()
    {
        FakeHelper helper;
        helper.setServers({ server() });
        const Terminal ran = atTerminal({ "live", "top", "--helper", helper.socket() }, "q quits", "q");
        QVERIFY2(ran.status == 0, ran.seen.constData());
        QVERIFY(ran.seen.startsWith("\x1b[?1049h"));
        QVERIFY(ran.seen.endsWith("\x1b[?25h\x1b[?1049l"));
    }
};

QTEST_GUILESS_MAIN(TestPrismctlLive)
#include "tst_prismctl_live.moc"
