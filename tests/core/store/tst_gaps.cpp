// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"
#include "core/store/gap_blobs.h"
#include "core/store/schema.h"
#include "tests/support/made_points.h"

#include <QtTest>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

using namespace prism;
using namespace prism::test;

class Gaps : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepEveryBit_data();
    void keepEveryBit();
    void ofNonsenseAreNone();
    void ofOlderFilesAreRead();
};

void Gaps::keepEveryBit_data()
{
    QTest::addColumn<std::vector<double>>("gaps");
    QTest::addColumn<bool>("smaller");
    std::mt19937_64 random(3);
    std::vector<double> decimal;
    std::vector<double> whole;
    std::vector<double> bits;
    double at = 1000;
    for (int i = 0; i < 200; ++i) {
        const double next
            = std::round((at + 0.010 + 1e-9 * static_cast<double>(random() % 2'000'000)) * 1e9) / 1e9;
        decimal.push_back((next - at) * 1000);
        at = next;
        whole.push_back(static_cast<double>(random() % 40));
        bits.push_back(std::bit_cast<double>(random()));
    }
    QTest::newRow("none") << std::vector<double>() << false;
    QTest::newRow("one") << std::vector<double> { 12.5 } << false;
    QTest::newRow("of decimal times") << decimal << true;
    QTest::newRow("whole") << whole << true;
    QTest::newRow("all alike") << std::vector<double>(100, 1.0 / 3) << true;
    QTest::newRow("any bits") << bits << false;
    QTest::newRow("odd ones") << std::vector<double> { 0.0, -0.0, 5e-324, -1, std::nan(""), HUGE_VAL,
        -HUGE_VAL, 1e308 } << false;
    // Every size of the last bytes, with the zero that follows and without.
    for (std::size_t count = 2; count < 20; ++count) {
        std::vector<double> alike(count, 2.0);
        alike.back() = std::nextafter(2.0, 3.0);
        QTest::newRow(qPrintable(QString("%1 close ones").arg(count))) << alike << true;
    }
}

void Gaps::keepEveryBit()
{
    QFETCH(std::vector<double>, gaps);
    QFETCH(bool, smaller);
    std::string bytes = "what was there before";
    store::writeGaps(bytes, gaps);
    QCOMPARE(bytes.size() < gaps.size() * sizeof(double), smaller);
    std::vector<double> got { 1, 2, 3 };
    QVERIFY(store::readGaps(bytes, got));
    QCOMPARE(got.size(), gaps.size());
    QVERIFY(gaps.empty() || std::memcmp(got.data(), gaps.data(), gaps.size() * sizeof(double)) == 0);
}

void Gaps::ofNonsenseAreNone()
{
    std::mt19937 random(1);
    std::vector<double> got;
    for (int i = 0; i < 20'000; ++i) {
        std::string noise(random() % 64, '\0');
        std::generate(
            noise.begin(), noise.end(), [&] { return static_cast<char>(random() % (i % 2 ? 256 : 9)); });
        if (store::readGaps(noise, got)) {
            QVERIFY(got.size() <= noise.size());
        }
    }
    std::string bytes;
    store::writeGaps(bytes, std::vector<double>(50, 2.0));
    for (const auto& [at, wrong] : { std::pair(0, 64), std::pair(1, 0), std::pair(1, 9) }) {
        std::string damaged = bytes;
        damaged[static_cast<std::size_t>(at)] = static_cast<char>(wrong);
        QVERIFY(!store::readGaps(damaged, got));
    }
}

void Gaps::ofOlderFilesAreRead()
{
    const TemporaryStore store;
    {
        auto writer = store.writer();
        auto source = writer->begin(madeSource("a.json"));
        QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
        QVERIFY(writer->addRequests(*source, 0, std::vector { madeRequest(0, 300) }));
        QVERIFY(writer->finish(*source, {}));
        QVERIFY(writer->commit());
    }
    // As format 5 wrote them: the doubles themselves.
    const std::vector<double> gaps = madeRequest(0, 300).gapsMs;
    {
        auto database = store::Database::open(store.file(), store::Access::Write);
        QVERIFY(database);
        auto update = (*database)->prepare("UPDATE gap SET data = ?");
        QVERIFY(update);
        QVERIFY(update->run(store::Blob(
            std::span(reinterpret_cast<const char*>(gaps.data()), gaps.size() * sizeof(double)))));
        QVERIFY((*database)->exec("DROP TABLE point_local_time; DROP TABLE source_local_time"));
        // Before format 9 requests had no id.
        QVERIFY((*database)->exec("ALTER TABLE request DROP COLUMN request_id"));
        QVERIFY((*database)->exec("PRAGMA user_version = 5"));
    }
    {
        auto reader = store.reader();
        auto rows = reader->requests(1, 0, 1, true);
        QVERIFY2(rows, rows ? "" : rows.error().text().c_str());
        QVERIFY((*rows)[0].gapsMs == gaps);
        QCOMPARE((*rows)[0].id, std::string());
        QCOMPARE((*rows)[0].ttft, madeRequest(0, 300).ttft);
    }
    auto writer = store.writer();
    auto source = writer->begin(madeSource("b.json"));
    QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
    QVERIFY(writer->addRequests(*source, 0, std::vector { madeRequest(1) }));
    QVERIFY(writer->finish(*source, {}));
    QVERIFY(writer->commit());
    const auto fresh = store.reader()->requests(2, 0, 1);
    QVERIFY(fresh && *fresh == std::vector { madeRequest(1) });
    QCOMPARE(rawText(store.file(), "PRAGMA user_version"), std::to_string(store::schemaVersion()));
}

QTEST_GUILESS_MAIN(Gaps)
#include "tst_gaps.moc"
