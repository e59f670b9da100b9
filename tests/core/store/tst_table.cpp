// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/made_points.h"

#include <QtTest>

#include <algorithm>
#include <cmath>

using namespace prism;
using namespace prism::test;

/// All points as columns, and one after another.
class Table : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void holdsWhatThePointsHold();
    void theDateIsThatOfTheMeasurement();
    void ranksByLoad();
    void manyPointsInOrder();
};

void Table::holdsWhatThePointsHold()
{
    const TemporaryStore store;
    store.add("dir/a.json", { madePoint(0), madePoint(1) });
    LoadPoint other = madePoint(0);
    other.attributes = { { "model", std::string("Qwen"), {}, Origin::Reported, {} },
        { "prefill_instances", std::int64_t(2), {}, Origin::Reported, {} },
        { "decode_instances", std::int64_t(1), {}, Origin::Reported, {} } };
    other.measures.resize(1);
    store.add("b.json", { other }, "run-b");
    auto reader = store.reader();
    auto made = reader->table();
    QVERIFY(made);
    const ColumnTable& table = **made;
    QCOMPARE(table.rows(), 3u);
    QCOMPARE(table.text("model", 0), std::string_view("meta-llama/Llama-3.1-8B"));
    QCOMPARE(table.text("model", 2), std::string_view("Qwen"));
    QCOMPARE(table.text("concurrency", 1), std::string_view("2"));
    QCOMPARE(table.text("concurrency", 2), std::string_view(""));
    QCOMPARE(table.text("prefix_caching", 0), std::string_view("true"));
    QCOMPARE(table.text("source", 0), std::string_view("dir/a.json"));
    QCOMPARE(table.text("producer", 2), std::string_view("vllm-serve"));
    QCOMPARE(table.text("date", 0), std::string_view("2026-03-04"));
    QCOMPARE(table.text("date", 2), std::string_view()); // not that of the import
    QCOMPARE(table.text("pd", 2), std::string_view("2:1"));
    QCOMPARE(table.text("pd", 0), std::string_view(""));
    QCOMPARE(table.text("isl_osl", 0), std::string_view("1024 \u2192 128"));
    QCOMPARE(table.text("run", 2), std::string_view(std::to_string(table.run(2))));
    QVERIFY(!table.category("x-unlisted"));
    QVERIFY(!table.category("dataset"));
    const CategoryColumn* concurrency = table.category("concurrency");
    QCOMPARE(concurrency->numbers[concurrency->codes[1]], 2.0);
    QVERIFY(std::isnan(concurrency->numbers[0]));
    QVERIFY(table.category("model")->numbers.empty());

    const auto p999 = table.measures(*findMetric("ttft"), Stat::percentile(99.9));
    QCOMPARE(p999->values[1], 1.3);
    QCOMPARE(p999->present, 2u);
    QVERIFY(std::isnan(p999->values[2]));
    QCOMPARE(p999->status[2], Status::Missing);
    QCOMPARE(table.semanticsTexts()[p999->semantics[0]], std::string("token-weighted"));
    const auto failed = table.measures(*findMetric("power"), Stat::mean());
    QCOMPARE(failed->status[0], Status::Failed);
    QCOMPARE(failed->origin[0], Origin::Estimated);
    QVERIFY(std::isnan(failed->values[0]));
    QCOMPARE(failed->present, 0u);
    const auto listed = [&](const char* metric, Stat stat) {
        return std::count(
            table.available().begin(), table.available().end(), std::pair(findMetric(metric), stat));
    };
    QCOMPARE(listed("ttft", Stat::percentile(99)), 1);
    QCOMPARE(listed("power", Stat::mean()), 0); // no point has a number
    QVERIFY(*reader->table(*made) == *made);
}

void Table::theDateIsThatOfTheMeasurement()
{
    const TemporaryStore store;
    LoadPoint undated = madePoint(0);
    std::erase_if(undated.attributes, [](const Attribute& a) { return a.name == "started_at"; });
    std::vector<LoadPoint> points { undated, undated, undated, madePoint(3) };
    auto writer = store.writer();
    const auto source = writer->begin(madeSource("a.json"));
    QVERIFY(source);
    for (std::uint32_t i = 0; i < points.size(); ++i) {
        points[i].index = i;
        // 2026-03-01 10:00:00 on a clock that names no zone.
        const auto locally
            = i == 1 || i == 3 ? std::optional(TimeSpan { 1772359200, 1772359260 }) : std::nullopt;
        QVERIFY(writer->addPoint(*source, points[i], madeRun("run-a"), {}, locally));
    }
    QVERIFY(writer->finish(*source, {}));
    QVERIFY(writer->commit());
    const auto table = store.reader()->table();
    QVERIFY(table);
    QCOMPARE((*table)->text("date", 0), std::string_view());
    QCOMPARE((*table)->text("date", 1), std::string_view("2026-03-01 (its own clock)"));
    QCOMPARE((*table)->text("date", 2), std::string_view());
    QCOMPARE((*table)->text("date", 3), std::string_view("2026-03-04"));
}

void Table::ranksByLoad()
{
    const TemporaryStore store;
    std::vector<LoadPoint> points;
    for (const std::int64_t concurrency : { 64, 4, 16 }) {
        LoadPoint point = madePoint(static_cast<std::uint32_t>(points.size()));
        point.attributes = { { "concurrency", concurrency, {}, Origin::Reported, {} } };
        points.push_back(point);
    }
    store.add("a.json", points);
    auto table = store.reader()->table();
    QVERIFY(table);
    QCOMPARE((*table)->loadRank(0), 2u);
    QCOMPARE((*table)->loadRank(1), 0u);
    QCOMPARE((*table)->loadRank(2), 1u);
}

void Table::manyPointsInOrder()
{
    const TemporaryStore store;
    std::vector<LoadPoint> points;
    for (std::uint32_t i = 500; i-- > 0;) {
        points.push_back(madePoint(i));
    }
    store.add("a.json", points);
    std::uint32_t expected = 0;
    QVERIFY(store.reader()->points([&](const SourceRecord&, PointDetail&& point) {
        if (point.record.index != expected) {
            return false;
        }
        ++expected;
        return expected < 400;
    }));
    QCOMPARE(expected, 400u); // false ended the walk
}

QTEST_GUILESS_MAIN(Table)
#include "tst_table.moc"
