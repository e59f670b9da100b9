// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/snapshot_pairs.h"

#include <QtTest>

using namespace prism;

namespace {

FileResult snapshot(const std::string& source, const std::string& sha256, Outcome outcome = Outcome::Attached)
{
    FileResult result;
    result.source = source;
    result.sha256 = sha256;
    result.outcome = outcome;
    result.producer = "prometheus";
    return result;
}

/// Of one process, unless it is "other", or "mute" as those of several processes are.
std::string exposition(const std::string& sha256)
{
    const std::string metric = "metric_of{x=\"" + sha256 + "\"} 1";
    return sha256.starts_with("mute")
        ? metric
        : std::string("process_start_time_seconds ") + (sha256 == "other" ? "8" : "7") + '\n' + metric;
}

std::optional<std::string> original(const std::string& sha256, std::size_t limit)
{
    const std::string text = sha256 == "zipped" ? std::string("\x1f\x8b...") : exposition(sha256);
    return text.size() <= limit ? std::optional(text) : std::nullopt;
}

} // namespace

class SnapshotPairsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pairsNeighboursOfAFolder();
    void sameBytesAndOtherFilesMakeNoPair();
    void theSameFilesMakeTheSameBytes();
    void neighboursOfTwoLivesMakeNoPair();
};

void SnapshotPairsTest::pairsNeighboursOfAFolder()
{
    const std::vector<FileResult> results { snapshot("a/1.prom", "1"), snapshot("b/1.prom", "4"),
        snapshot("a/2.prom", "2", Outcome::Unchanged), snapshot("a/3.prom", "3") };
    const auto pairs = pairSnapshots(results, { "a/1.prom", "a/2.prom" }, original);
    QCOMPARE(pairs.size(), 2u);
    QCOMPARE(pairs[0].name, std::string("a/1.prom → 2.prom"));
    QVERIFY(pairs[0].asked);
    QCOMPARE(pairs[0].text,
        "prism_snapshot{file=\"1.prom\"} 1\n" + exposition("1") + "\nprism_snapshot{file=\"2.prom\"} 1\n"
            + exposition("2") + '\n');
    QCOMPARE(pairs[1].name, std::string("a/2.prom → 3.prom"));
    QVERIFY(!pairs[1].asked);
}

void SnapshotPairsTest::sameBytesAndOtherFilesMakeNoPair()
{
    FileResult answer = snapshot("a/3.json", "3");
    answer.counts["series"] = 2;
    FileResult measured = snapshot("a/4.prom", "4", Outcome::Imported); // a difference already
    FileResult foreign = snapshot("a/5.json", "5");
    foreign.producer = "otel";
    const std::vector<FileResult> results { snapshot("a/1.prom", "1"), snapshot("a/2.prom", "1"), answer,
        measured, foreign, snapshot("a/6.prom.gz", "zipped") };
    QVERIFY(pairSnapshots(results, {}, original).empty());
}

void SnapshotPairsTest::theSameFilesMakeTheSameBytes()
{
    const std::vector<FileResult> here { snapshot("/home/a/1.prom", "1"), snapshot("/home/a/2.prom", "2") };
    const std::vector<FileResult> there { snapshot("x/1.prom", "1"), snapshot("x/2.prom", "2") };
    QCOMPARE(pairSnapshots(here, {}, original)[0].text, pairSnapshots(there, {}, original)[0].text);
}

void SnapshotPairsTest::neighboursOfTwoLivesMakeNoPair()
{
    const std::vector<FileResult> replicas { snapshot("a/1.prom", "1"), snapshot("a/other.prom", "other") };
    QVERIFY(pairSnapshots(replicas, {}, original).empty());
    QCOMPARE(pairSnapshots(replicas, { "a/1.prom", "a/other.prom" }, original).size(), 1u);
    const std::vector<FileResult> silent { snapshot("a/mute 1.prom", "mute 1"),
        snapshot("a/mute 2.prom", "mute 2") };
    QVERIFY(pairSnapshots(silent, {}, original).empty());
    QCOMPARE(pairSnapshots(silent, { "a/mute 1.prom", "a/mute 2.prom" }, original).size(), 1u);
}

QTEST_GUILESS_MAIN(SnapshotPairsTest)
#include "tst_snapshot_pairs.moc"
