// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/made_points.h"

#include "core/store/database.h"
#include "core/store/source_rows.h"

#include <QtTest>

#include <limits>

namespace prism::test {

LoadPoint madePoint(std::uint32_t index, int seed)
{
    const double n = 10.0 * seed + index;
    LoadPoint point;
    point.index = index;
    point.label = "sweep";
    point.group = "experiment-7";
    point.attributes = {
        { "model", std::string("meta-llama/Llama-3.1-8B"), "/models/llama-3.1-8b", Origin::Reported,
            "/model_id" },
        { "accelerator", std::string("H100"), {}, Origin::User, {} },
        { "concurrency", std::int64_t { 1 } << index % 10, {}, Origin::Reported, "/max_concurrency" },
        { "request_rate", 2.5, "2.50", Origin::Derived, "/rate" },
        { "prefix_caching", true, {}, Origin::Reported, "/enable_prefix_caching" },
        { "isl_target", std::int64_t { 1024 }, {}, Origin::Reported, {} },
        { "osl_target", std::int64_t { 128 }, {}, Origin::Reported, {} },
        { "started_at", std::string("2026-03-04T05:06:07Z"), "20260304-050607", Origin::Reported, "/date" },
        { "x-unlisted", std::int64_t { -3 }, {}, Origin::Reported, "/x" },
    };
    const auto measure = [](const char* metric, Stat stat, double value) {
        Measure m;
        m.metric = findMetric(metric);
        m.stat = stat;
        m.value = value;
        m.path = std::string("/") + metric;
        m.given = std::string(metric) + "_ms";
        return m;
    };
    point.measures = { measure("ttft", Stat::mean(), n + 0.125),
        measure("ttft", Stat::percentile(99), n + 0.1), measure("ttft", Stat::percentile(99.9), n + 0.3),
        measure("output_throughput", Stat::value(), n * 100), measure("requests", Stat::value(), 100),
        measure("tpot", Stat::mean(), 0), measure("e2e", Stat::max(), 0), measure("itl", Stat::min(), 0),
        measure("power", Stat::mean(), 0) };
    point.measures[3].origin = Origin::Derived;
    point.measures[3].formula = "output_tokens / duration";
    point.measures[2].semantics = "token-weighted";
    point.measures[5].status = Status::Missing;
    point.measures[6].status = Status::Infinite;
    point.measures[7].status = Status::NotANumber;
    point.measures[8].status = Status::Failed;
    point.measures[8].origin = Origin::Estimated;
    point.extras = { { "/backend", "openai" }, { "/tokenizer", "ä" } };
    point.warnings = { { "rate-disagrees", "100 against 90.", "/rate", Severity::Warning },
        { "note", "A note.", {}, Severity::Note } };
    return point;
}

RequestRow madeRequest(std::uint32_t index, std::size_t gaps)
{
    RequestRow row;
    row.index = index;
    row.start = Seconds { 0.25 * index };
    row.ttft = Milliseconds { 20.5 + index };
    if (index % 2 == 0) {
        row.e2e = Milliseconds { 500.0 + index };
        row.isl = 1000 + index;
    }
    row.osl = 0;
    row.ok = index % 3 != 0;
    row.error = row.ok ? "" : "503";
    row.id = index % 5 == 0 ? "" : "chatcmpl-" + std::to_string(index);
    for (std::size_t i = 0; i < gaps; ++i) {
        row.gapsMs.push_back(0.1 * static_cast<double>(i) + index);
    }
    return row;
}

RunKey madeRun(const std::string& key)
{
    return { key, "label of " + key, "vllm-serve" };
}

NewSource madeSource(const std::string& path)
{
    std::string sha = store::shortHash(path);
    sha = sha + sha + sha + sha;
    return { path, sha, 1000, "vllm-serve", 2 };
}

std::unique_ptr<StoreWriter> TemporaryStore::writer() const
{
    auto writer = StoreWriter::open(file());
    if (!writer) {
        QTest::qFail(writer.error().text().c_str(), __FILE__, __LINE__);
        return nullptr;
    }
    return std::move(*writer);
}

std::unique_ptr<StoreReader> TemporaryStore::reader() const
{
    auto reader = StoreReader::open(file());
    if (!reader) {
        QTest::qFail(reader.error().text().c_str(), __FILE__, __LINE__);
        return nullptr;
    }
    return std::move(*reader);
}

SourceId TemporaryStore::add(
    const std::string& path, const std::vector<LoadPoint>& points, const std::string& run) const
{
    auto into = writer();
    auto source = into->begin(madeSource(path));
    Result<void> done = source ? Result<void>() : Result<void>(source.error());
    for (std::size_t i = 0; done && i < points.size(); ++i) {
        done = into->addPoint(*source, points[i], madeRun(run));
    }
    if (done) {
        done = into->finish(*source, {});
    }
    if (done) {
        done = into->commit();
    }
    if (!done) {
        QTest::qFail(done.error().text().c_str(), __FILE__, __LINE__);
        return 0;
    }
    return *source;
}

std::int64_t rawCount(const std::string& file, const std::string& fromWhere)
{
    auto database = store::Database::open(file, store::Access::Read);
    auto count = database ? (*database)->integer("SELECT count(*) FROM " + fromWhere)
                          : Result<std::int64_t>(database.error());
    return count ? *count : -1;
}

std::string rawText(const std::string& file, const std::string& sql)
{
    auto database = store::Database::open(file, store::Access::Read);
    auto text = database ? (*database)->text(sql) : Result<std::string>(database.error());
    return text ? *text : text.error().text();
}

} // namespace prism::test
