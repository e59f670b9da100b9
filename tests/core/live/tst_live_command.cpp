// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "tests/support/fake_helper.h"
#include "tests/support/prismctl_live.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace prism;
using namespace prism::test;

class TestLiveCommand : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!hasPrismctl()) {
            QSKIP("this configuration does not build prismctl");
        }
    }

    void recordsForTheLifeOfACommand()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
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

    /// A mistyped target is no program: who records is root, and what is run then runs as root.
    void onlyWhatStandsBehindTheDashesIsRun()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        helper.onDetach([] { return story(); });
        const QString socket = QString::fromStdString(helper.socket());
        QTemporaryDir folder;
        const QString mark = folder.filePath("ran");
        QFile program(folder.filePath("program"));
        QVERIFY(program.open(QIODevice::WriteOnly));
        program.write(("#!/bin/sh\ntouch " + mark + "\n").toLocal8Bit());
        QVERIFY(program.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
        program.close();
        const QString name = program.fileName();
        for (const QStringList& words : { QStringList { name }, QStringList { name, "--", "true" },
                 QStringList { ":8000", name }, QStringList { ":8000", name, "--", "true" } }) {
            const Ran ran = prismctl(QStringList { "live", "record", "--helper", socket } + words);
            QCOMPARE(ran.status, 2);
            QVERIFY2(ran.error.contains(name), qPrintable(ran.error));
            QVERIFY(!QFile::exists(mark));
        }
        QCOMPARE(helper.attached(), 0);
        const Ran mistyped = prismctl({ "live", "record", "800O", "--helper", socket, "--", "true" });
        QCOMPARE(mistyped.status, 2);
        QVERIFY2(mistyped.error.contains("800O is no PID or :PORT"), qPrintable(mistyped.error));
        // An option that may be given several times leaves the dashes and what is before them alone.
        const Ran ran = prismctl({ "live", "record", "--helper", socket, "--limit", "ttft<=50", ":8000",
            "--with", "4712", "--", name, "-x", "--json", "--", "y" });
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        QVERIFY(QFile::exists(mark));
    }

    void aCommandThatCannotStartIsToldApartFromOneThatFails()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
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
        helper.setServers({ tinyServer() });
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
        helper.setServers({ tinyServer() });
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
            one->setServers({ tinyServer() });
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
        QVERIFY2(ran.out.contains("10 requests joined by their starts (all within"),
            qPrintable(ran.out + ran.error));
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
        QCOMPARE(comparison["joined_by_id"].toInt(), 0);
        QCOMPARE(comparison["joined_by_start"].toInt(), 10);
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

    /// What we record ourselves is no client's result, whichever file of ours it is.
    void aRecordingIsNotComparedWithItself()
    {
        if (!QFile::exists(QStringLiteral(PRISM_BIN_DIR "/prism-import"))) {
            QSKIP("this configuration does not build prism-import");
        }
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        helper.onDetach([] { return story(); });
        const QString socket = QString::fromStdString(helper.socket());
        QTemporaryDir folder;
        const QString before = QDir::currentPath();
        QVERIFY(QDir::setCurrent(folder.path()));
        const Ran ran
            = prismctl({ "live", "record", "-o", "c.prismlive", "--json", "--helper", socket, "--", "true" });
        const Ran copied = prismctl(
            { "live", "record", "--json", "--helper", socket, "--", "cp", "c.prismlive", "d.prismlive" });
        QVERIFY(QDir::setCurrent(before));
        for (const Ran* one : { &ran, &copied }) {
            QVERIFY2(one->status == 0, qPrintable(one->error));
            QCOMPARE(one->lines().last()["type"].toString(), QStringLiteral("summary"));
            QVERIFY2(
                one->error.contains("No result of a benchmark client was found"), qPrintable(one->error));
        }
    }

    /// A client that queues in one order and sends in another: time alone would join every request with its
    /// neighbour. Its rows have the X-Request-Id of all but two.
    void idsJoinWhatTimeWouldJoinWrongly()
    {
        if (!QFile::exists(QStringLiteral(PRISM_BIN_DIR "/prism-import"))) {
            QSKIP("this configuration does not build prism-import");
        }
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        MadeStream stream;
        QByteArray rows;
        std::vector<std::string> keys;
        for (int i = 0; i < 12; ++i) {
            keys.push_back("5a3c877c-37d8-4708-800d-" + std::to_string(i));
        }
        for (int i = 0; i < 12; ++i) {
            const bool named = i < 10;
            const int place = !named ? i : i % 2 == 0 ? i + 1 : i - 1; // where it stood in the client's queue
            ScriptedRequest script;
            script.connection = static_cast<std::uint64_t>(i) + 1;
            script.arrival = 2 * second + i * 8 * millisecond;
            script.firstTokenAfter = (50 + 10 * i) * millisecond;
            script.key = keys[static_cast<std::size_t>(i)];
            stream.connection(second, script.connection, wire::ConnectionRole::Server, 8000,
                static_cast<std::uint16_t>(40000 + i));
            stream.request(script);
            QJsonObject metadata { { "request_start_ns",
                                       qint64(1'795'394'178'000'000'000 + place * 8'000'000) },
                { "benchmark_phase", "profiling" }, { "was_cancelled", false } };
            if (named) {
                metadata["x_request_id"] = QString::fromLatin1(script.key.data(), int(script.key.size()));
            }
            const QJsonObject metrics { { "time_to_first_token",
                                            QJsonObject { { "value", 53 + 10 * i }, { "unit", "ms" } } },
                { "request_latency", QJsonObject { { "value", 124 + 10 * i }, { "unit", "ms" } } } };
            rows += QJsonDocument(QJsonObject { { "metadata", metadata }, { "metrics", metrics },
                                      { "error", QJsonValue::Null } })
                        .toJson(QJsonDocument::Compact)
                + '\n';
        }
        ScriptedRequest strangers;
        strangers.connection = 99;
        strangers.arrival = 4 * second;
        stream.connection(3 * second, 99, wire::ConnectionRole::Server, 8000, 41000);
        stream.request(strangers);
        helper.onDetach([&stream] { return stream.take(); });
        QTemporaryDir folder, results;
        QFile file(folder.filePath("made.txt"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(rows);
        file.close();
        const QString socket = QString::fromStdString(helper.socket());
        // The recording lies beside the result, has more requests, and is none of the client's.
        const Ran ran = prismctl(
            { "live", "record", "--json", "--helper", socket, "-o", results.filePath("a.prismlive"), "--",
                "sh", "-c", "cp \"$0\" \"$1/profile_export.jsonl\"", file.fileName(), results.path() });
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        const QJsonObject comparison = ran.lines().last();
        QCOMPARE(comparison["producer"].toString(), QStringLiteral("aiperf"));
        QCOMPARE(comparison["joined"].toInt(), 12);
        QCOMPARE(comparison["server_alone"].toInt(), 1);
        QVERIFY2(!ran.error.contains("load points"), qPrintable(ran.error));
        QCOMPARE(comparison["joined_by_id"].toInt(), 10);
        QCOMPARE(comparison["joined_by_start"].toInt(), 2);
        for (const char* stat : { "p50_ms", "p99_ms" }) {
            QVERIFY2(qAbs(comparison["ttft_difference"].toObject()[stat].toDouble() - 3) < 0.01,
                qPrintable(ran.out));
        }
    }
};

QTEST_GUILESS_MAIN(TestLiveCommand)
#include "tst_live_command.moc"
