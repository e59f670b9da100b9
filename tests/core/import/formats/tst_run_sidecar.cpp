// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

class TestRunSidecar : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatSaysHowARunWasMadeIsAttached_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("rows");
        QTest::newRow("manifest of Kubernetes") << "a/pods.yaml"
                                                << "apiVersion: v1\nkind: Pod\nmetadata:\n  name: server\n"
                                                << 3;
        QTest::newRow("configuration") << "a/config.yaml"
                                       << "model: org/m\nmax_num_seqs: 256\n"
                                       << 2;
        QTest::newRow("metadata") << "a/run_metadata.yaml"
                                  << "model: org/m\naccelerator: x100\n"
                                  << 2;
        QTest::newRow("arguments") << "a/server_args.json"
                                   << "{\"tp\": 4, \"model\": \"org/m\"}" << 2;
        QTest::newRow("objectives and choices")
            << "a/config.yaml"
            << "model: org/m\nslo:\n  ttft_ms: 500\n  max_latency: 2\ngoodput: ttft:500\n"
               "percentile_metrics: ttft,tpot\nmetric-percentiles: 99\ntarget_throughput: 10\n"
            << 6;
        QTest::newRow("Compose") << "a/docker-compose.yml"
                                 << "services:\n  server:\n    image: org/server:1\n"
                                 << 1;
        QTest::newRow("command line") << "a/started.txt"
                                      << "vllm serve org/m \\\n  --tensor-parallel-size 4\n"
                                      << 2;
    }
    void whatSaysHowARunWasMadeIsAttached()
    {
        QFETCH(QString, name);
        QFETCH(QString, text);
        QFETCH(int, rows);
        const Read r = readText(text.toStdString(), name.toStdString());
        QCOMPARE(r.importer, std::string("sidecar"));
        QVERIFY(!r.error);
        QVERIFY(r.sink.attached && r.sink.points.empty());
        QCOMPARE(r.sink.counts.at("rows"), std::uint64_t(rows));
    }

    void resultsAreNone_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("text");
        QTest::newRow("results under that name") << "config.json"
                                                 << "{\"run\": {\"stats\": {\"mean_ttft_ms\": 4}}}";
        QTest::newRow("numbers as texts") << "config.yaml"
                                          << "slow_latency: 12.5 ms\n";
        QTest::newRow("numbers in a list") << "config.json"
                                           << "{\"latency\": [1.5, 2.5]}";
        QTest::newRow("services of another kind") << "services.yaml"
                                                  << "services:\n  a: 1\n";
        QTest::newRow("another name") << "notes.yaml"
                                      << "model: org/m\nowner: me\n";
        QTest::newRow("a log") << "server.log"
                               << "vllm serve org/m --port 8000\nstarting\nready\nGET /\nGET /\nGET /\n"
                                  "GET /\nGET /\nGET /\nGET /\nGET /\nGET /\nGET /\nGET /\nGET /\nGET /\n";
    }
    void resultsAreNone()
    {
        QFETCH(QString, name);
        QFETCH(QString, text);
        QVERIFY(readText(text.toStdString(), name.toStdString()).importer != "sidecar");
    }
};

QTEST_GUILESS_MAIN(TestRunSidecar)
#include "tst_run_sidecar.moc"
