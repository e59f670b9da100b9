// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/sniff.h"

#include "prism_test_paths.h"
#include "tests/support/packed.h"
#include "tests/support/recording_sink.h"
#include "tests/support/vllm_results.h"

#include <QDir>
#include <QTest>
#include <set>

using namespace prism;

namespace {

read::OpenSource bytesOf(const std::string& bytes)
{
    return unpacked([bytes] { return Result<std::unique_ptr<read::ByteSource>>(read::memorySource(bytes)); },
        read::Budgets {});
}

std::string vllm()
{
    return test::vllmResult(QStringLiteral("org/model"), 4).toStdString();
}

/// One text for every way in which a file is no result.
std::vector<std::string> hostileTexts()
{
    const std::string good = vllm();
    return { "", " \n", "null", "[]", "{}", "[[[[", "{\"a\":", "a,b\n1,2\n", "a: [1\n", "- - - -\n",
        std::string("\0\1\2\3", 4), good.substr(0, good.size() / 2), std::string(100'000, '['),
        "{\"benchmarks\": 7, \"results\": \"x\", \"config\": []}", std::string("SQLite format 3\0junk", 20),
        std::string("\xff\xfe\x00\xd8", 4), "| a | b |\n|---|\n" };
}

} // namespace

class SniffTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void contentDecidesAndNotTheName()
    {
        for (const char* name : { "a.json", "a.csv", "guidellm.yaml", "no ending" }) {
            const auto found = sniff(name, bytesOf(vllm()));
            QVERIFY(found && found->importer);
            QCOMPARE(std::string(found->importer->info().id), std::string("vllm-serve"));
            QCOMPARE(found->family, Family::Json);
            QVERIFY(!found->match.why.empty());
        }
    }

    void packedTextIsReadThrough()
    {
        for (const auto packing : { test::Packing::Gzip, test::Packing::Zstd, test::Packing::Xz }) {
            const auto found = sniff("a", bytesOf(test::packed(vllm(), packing)));
            QVERIFY(found && found->importer);
        }
    }

    /// A server's log may be megabytes long before the benchmark prints its result.
    void aResultBehindALongLogIsFound()
    {
        std::string log;
        while (log.size() < (3u << 20)) {
            log += "INFO 01-01 00:00:00 [loggers.py:127] Engine 000: Avg prompt throughput: 1.0 tokens/s\n";
        }
        const auto text = sniff("server.log",
            bytesOf(log + "============ Serving Benchmark Result ============\nSuccessful requests: 4\n"));
        QVERIFY(text && text->importer);
        QCOMPARE(std::string(text->importer->info().id), std::string("serving-text"));
        const auto document = sniff("server.log", bytesOf(log + vllm() + '\n'));
        QVERIFY(document && document->importer);
        QCOMPARE(std::string(document->importer->info().id), std::string("vllm-serve"));
        QCOMPARE(document->family, Family::Json);
        const auto nothing = sniff("server.log", bytesOf(log));
        QVERIFY(nothing && !nothing->importer);
        QVERIFY(!nothing->refusal.reason.empty());
    }

    void anUnknownFileGetsAReason()
    {
        for (const std::string& text : { std::string("{\"weather\": \"fine\"}"), std::string("hello\n"),
                 std::string(), std::string("\0\1\2\3\4\5", 6) }) {
            const auto found = sniff("odd.json", bytesOf(text));
            QVERIFY(found);
            QVERIFY(!found->importer);
            QVERIFY(!found->refusal.reason.empty());
            QCOMPARE(found->refusal.file, std::string("odd.json"));
        }
    }

    /// What nobody recognises because it is broken is refused with the place of the damage.
    /// What a machine leaves that stopped before the bytes were on its disk.
    void zeroBytesAreNotNothing()
    {
        const auto zeros = sniff("a.json", bytesOf(std::string(5000, '\0')));
        QVERIFY(zeros && !zeros->importer);
        QVERIFY2(zeros->refusal.reason.find("binary") != std::string::npos, zeros->refusal.reason.c_str());
    }

    void damageIsToldWithItsPlace_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("place");
        QTest::addColumn<QByteArray>("reason");
        const QByteArray head = QByteArray::fromStdString(vllm()).left(60);
        QTest::newRow("cut off") << QByteArray("a.json") << head << QByteArray("4:")
                                 << QByteArray("the file ends inside");
        QTest::newRow("too deep") << QByteArray("a.json") << QByteArray("{\"a\":").repeated(20'000)
                                  << QByteArray("1:") << QByteArray("nested deeper");
        QByteArray aliases("a: &a [x,x,x,x,x,x,x,x,x]\n");
        for (char c = 'b'; c < 'k'; ++c) {
            aliases += QByteArray(1, c) + ": &" + c + " [";
            for (int i = 0; i < 9; ++i) {
                aliases += QByteArray(i > 0 ? ",*" : "*") + static_cast<char>(c - 1);
            }
            aliases += "]\n";
        }
        QTest::newRow("alias bomb") << QByteArray("a.yaml") << aliases << QByteArray(":")
                                    << QByteArray("alias");
    }
    void damageIsToldWithItsPlace()
    {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, place);
        QFETCH(QByteArray, reason);
        const auto found = sniff(name.toStdString(), bytesOf(text.toStdString()));
        QVERIFY(found && !found->importer);
        QVERIFY2(
            QByteArray::fromStdString(found->refusal.place).contains(place), found->refusal.place.c_str());
        QVERIFY2(
            QByteArray::fromStdString(found->refusal.reason).contains(reason), found->refusal.reason.c_str());
    }

    void aLogIsNoDamagedDocument()
    {
        const auto found = sniff("a.log", bytesOf("[INFO] ready\n[INFO] done\n"));
        QVERIFY(found && !found->importer);
        QVERIFY2(found->refusal.place.empty(), found->refusal.place.c_str());
    }

    void invalidCharactersAreCounted()
    {
        std::string text = vllm();
        text.replace(text.find("org/model"), 9, "org/\xe9\xe9");
        test::RecordingSink sink;
        const ImportedText done = importText("a.json", bytesOf(text), sink);
        QVERIFY(done.importer && !done.error);
        QVERIFY(std::any_of(sink.warnings.begin(), sink.warnings.end(),
            [](const Warning& w) { return w.code == "invalid-characters"; }));
    }

    void forcedOverrules()
    {
        const auto forced = sniff("a.json", bytesOf(vllm()), "guidellm");
        QVERIFY(forced && forced->importer);
        QCOMPARE(std::string(forced->importer->info().id), std::string("guidellm"));
        QVERIFY(!sniff("a.json", bytesOf(vllm()), "no-such-importer"));
    }

    void textsBesideResultsAreNoFault_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("beside");
        QTest::newRow("pip freeze") << QByteArray("vllm==0.11.0\ntorch==2.5\n-e git+https://x#egg=y\n")
                                    << true;
        QTest::newRow("requirements")
            << QByteArray("# server\nvllm>=0.11\nray[serve]==2.9 ; extra\n\n") << true;
        QTest::newRow("nvidia-smi") << QByteArray(
            "Sun Mar  1 10:00:00 2026\n+----+\n| NVIDIA-SMI 550.1  Driver Version: 550.1 |\n+----+\n")
                                    << true;
        QTest::newRow("a server's log") << QByteArray(
            "INFO 06-13 13:20:59 [api_server.py:90] vLLM API server version 0.11.0\n"
            "INFO 06-13 13:20:59 [api_server.py:91] args: Namespace(model='org/m', tensor_parallel_size=4)\n")
                                        << true;
        QTest::newRow("words") << QByteArray("we ran it and it was fast\n") << false;
        QTest::newRow("names alone") << QByteArray("alpha\nbeta\n") << false;
        QTest::newRow("a document that speaks of a server")
            << QByteArray("{\"latency\": 1.5, \"log\": \"Uvicorn running on http://x\"}") << false;
        QTest::newRow("a table that speaks of a server")
            << QByteArray("step,ms,note\n1,2.5,Uvicorn running on http://x\n2,2.6,\n") << false;
        QTest::newRow("a text that speaks of a server far below") << "we ran it" + QByteArray(5000, '\n')
                + "Uvicorn running on http://x\n" << false;
        // Of a tool that nobody here knows they may be the result that somebody expects.
        QTest::newRow("a table of numbers") << QByteArray("step,ms\n1,2.5\n2,2.6\n") << false;
        QTest::newRow("a document of numbers") << QByteArray("{\"latency\": {\"p50\": \"12 ms\"}}") << false;
    }
    void textsBesideResultsAreNoFault()
    {
        QFETCH(QByteArray, text);
        QFETCH(bool, beside);
        test::RecordingSink sink;
        const ImportedText done = importText("some.txt", bytesOf(text.toStdString()), sink);
        QVERIFY(!done.importer && done.error);
        QCOMPARE(done.beside, beside);
        QCOMPARE(done.error->file, std::string("some.txt"));
    }

    void aHeadThatIsNotEnoughIsReadOn()
    {
        // The fields that tell the producer stand behind more than the head.
        std::string text = vllm();
        text.insert(1, "\"generated_texts\": [\"" + std::string(3u << 20, 'x') + "\"],");
        const auto found = sniff("a.json", bytesOf(text));
        QVERIFY(found && found->importer);
        QCOMPARE(std::string(found->importer->info().id), std::string("vllm-serve"));
    }

    void idsAreUnique()
    {
        std::set<std::string_view> ids;
        for (const Importer* importer : importers()) {
            QVERIFY2(ids.insert(importer->info().id).second, std::string(importer->info().id).c_str());
            QVERIFY(findImporter(importer->info().id) == importer);
        }
        QVERIFY(!ids.empty());
    }

    /// What its fuzz target starts from, and CTest replays.
    void everyImporterHasACorpus()
    {
        for (const Importer* importer : importers()) {
            const QDir corpus(QStringLiteral(PRISM_SOURCE_DIR "/tests/fuzz/corpus/importer/")
                + QString::fromStdString(std::string(importer->info().id)));
            QVERIFY2(!corpus.isEmpty(), qPrintable(corpus.path()));
        }
    }

    /// Forced on what is not its own, an importer answers with a reason or with no numbers at all.
    void everyImporterRefusesGracefully()
    {
        for (const Importer* importer : importers()) {
            for (const std::string& text : hostileTexts()) {
                test::RecordingSink sink;
                const std::string id(importer->info().id);
                const ImportedText done = importText("odd", bytesOf(text), sink, id);
                const std::string what = id + ": " + text.substr(0, 40);
                QVERIFY2(!done.error || !done.error->reason.empty(), what.c_str());
                QVERIFY2(done.error || !sink.points.empty() || sink.attached, what.c_str());
            }
        }
    }
};

QTEST_GUILESS_MAIN(SniffTest)
#include "tst_sniff.moc"
