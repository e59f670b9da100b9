// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/made_sqlite.h"
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <algorithm>

using namespace prism;

namespace {

// process 1000, threads 1001 and 1002, in the producer's one number
constexpr std::int64_t global(std::int64_t pid, std::int64_t tid)
{
    return (std::int64_t { 1 } << 48) | pid << 24 | tid;
}

std::string schema(const std::string& meta = "META_DATA_EXPORT")
{
    const std::string thread = std::to_string(global(1000, 1001));
    const std::string process = std::to_string(global(1000, 0));
    return "CREATE TABLE " + meta
        + "(name TEXT, value TEXT);"
          "CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT);"
          "INSERT INTO StringIds VALUES (1, 'void gemm<float>()'), (2, 'gemm'), (3, 'cudaLaunchKernel'), (4, "
          "'worker'), (5, 'step');"
          "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INTEGER, end INTEGER, deviceId INTEGER, streamId "
          "INTEGER,"
          " correlationId INTEGER, globalPid INTEGER, demangledName INTEGER, shortName INTEGER);"
          "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1000, 1500, 0, 7, 42, "
        + process + ", 1, 2), (900, 800, 0, 7, 43, " + process + ", 99, 2), (NULL, 5, 0, 7, 44, " + process
        + ", 1, 2);"
          "CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY(start INTEGER, end INTEGER, deviceId INTEGER, streamId "
          "INTEGER,"
          " copyKind INTEGER, bytes INTEGER);"
          "INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (2000, 2100, 0, 7, 1, 16), (2200, 2300, 0, 7, 77, "
          "16);"
          "CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME(start INTEGER, end INTEGER, globalTid INTEGER,"
          " correlationId INTEGER, nameId INTEGER);"
          "INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (700, 750, "
        + thread
        + ", 42, 3);"
          "CREATE TABLE NVTX_EVENTS(start INTEGER, end INTEGER, eventType INTEGER, text TEXT, textId INTEGER,"
          " globalTid INTEGER);"
          "INSERT INTO NVTX_EVENTS VALUES (100, NULL, 75, 'domain', NULL, "
        + thread + "), (600, 3000, 59, NULL, 5, " + thread + "), (650, NULL, 34, 'mark', NULL, " + thread
        + "), (660, NULL, 59, 'open', NULL, " + thread
        + ");"
          "CREATE TABLE PROCESSES(globalPid INTEGER, pid INTEGER, name TEXT);"
          "INSERT INTO PROCESSES VALUES ("
        + process
        + ", 1000, 'python3');"
          "CREATE TABLE ThreadNames(nameId INTEGER, globalTid INTEGER);"
          "INSERT INTO ThreadNames VALUES (4, "
        + thread
        + ");"
          "CREATE TABLE TARGET_INFO_GPU(id INTEGER, name TEXT);"
          "INSERT INTO TARGET_INFO_GPU VALUES (0, 'Some GPU');"
          "CREATE TABLE TARGET_INFO_SESSION_START_TIME(utcEpochNs INTEGER);"
          "INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES (1696392839587175550);"
          "CREATE TABLE TARGET_INFO_GPU_METRICS(typeId INTEGER, metricId INTEGER, metricName TEXT);"
          "INSERT INTO TARGET_INFO_GPU_METRICS VALUES (72057594037927936, 1, 'SM Active [%]');"
          "CREATE TABLE GPU_METRICS(timestamp INTEGER, typeId INTEGER, metricId INTEGER, value INTEGER);"
          "INSERT INTO GPU_METRICS VALUES (1000, 72057594037927936, 1, 55), (2000, 72057594037927936, 1, "
          "60);";
}

test::Read readSql(const std::string& sql)
{
    return test::readText(test::madeSqlite(sql), "report.sqlite");
}

std::size_t spanNamed(const Trace& trace, const std::string& name)
{
    const SpanColumns& spans = trace.events.spans;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (trace.sheet.names[spans.name[i]].text == name) {
            return i;
        }
    }
    return spans.size();
}

const TraceSheet::Lane& laneOf(const Trace& trace, const std::string& span)
{
    return trace.sheet.lanes[trace.events.spans.lane[spanNamed(trace, span)]];
}

} // namespace

class NsysTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsAnExport();
    void oldExportsHaveAnotherTable();
    void tablesAndColumnsMayBeAbsent();
    void otherDatabasesAreNotOurs();
    void sumsAsCsv();
    void tracesAsCsv();
    void sumsAsText();
    void furtherSumsAsCsv_data();
    void furtherSumsAsCsv();
    void textOfOtherVersions_data();
    void textOfOtherVersions();
    void csvBetweenLinesOfTheProgram();
};

void NsysTest::readsAnExport()
{
    const auto r = readSql(schema());
    QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
    QCOMPARE(r.importer, std::string("nsys-sqlite"));
    QVERIFY(r.sink.attached);
    QCOMPARE(r.sink.counts.at("kernels"), 3u);
    QCOMPARE(r.sink.counts.at("memcpys"), 2u);
    QCOMPARE(r.sink.counts.at("runtime_calls"), 1u);
    QCOMPARE(r.sink.counts.at("nvtx"), 4u);
    const Trace& trace = r.sink.trace;
    const SpanColumns& spans = trace.events.spans;
    QCOMPARE(spans.size(), 8u); // without the domain and the kernel without a start
    const std::size_t gemm = spanNamed(trace, "void gemm<float>()");
    QVERIFY(gemm < spans.size());
    QCOMPARE(spans.startNs[gemm], 1000);
    QCOMPARE(spans.durationNs[gemm], 500);
    QCOMPARE(spans.place[gemm], 1u);
    QCOMPARE(laneOf(trace, "void gemm<float>()").process, std::string("GPU 0, Some GPU (process 1000)"));
    QCOMPARE(laneOf(trace, "void gemm<float>()").thread, std::string("stream 7"));
    QCOMPARE(laneOf(trace, "cudaLaunchKernel").process, std::string("python3 (1000)"));
    QCOMPARE(laneOf(trace, "cudaLaunchKernel").thread, std::string("worker (1001)"));
    QCOMPARE(laneOf(trace, "step").thread, std::string("worker (1001), NVTX"));
    QCOMPARE(spans.durationNs[spanNamed(trace, "step")], 2400);
    QCOMPARE(spans.durationNs[spanNamed(trace, "mark")], 0);
    QCOMPARE(spans.durationNs[spanNamed(trace, "open")], SpanColumns::open);
    QVERIFY(spanNamed(trace, "Memcpy HtoD") < spans.size());
    QVERIFY(spanNamed(trace, "Memcpy of kind 77") < spans.size());
    QCOMPARE(trace.sheet.unixNs.value_or(0), 1'696'392'839'587'175'550);
    QVERIFY(r.sink.warned("negative-duration"));
    QVERIFY(r.sink.warned("no-time"));
    const FlowColumns& flows = trace.events.flows;
    QCOMPARE(std::count(flows.id.begin(), flows.id.end(), flows.id[0]), 2); // the call and its kernel
    QCOMPARE(r.sink.seriesOf.at(0).size(), 1u);
    QCOMPARE(r.sink.seriesOf.at(0)[0].values, (std::vector<double> { 55, 60 }));
    QCOMPARE(r.sink.seriesOf.at(0)[0].name, std::string("GPU 0: SM Active [%]"));
}

void NsysTest::oldExportsHaveAnotherTable()
{
    const auto r = readSql(schema("EXPORT_META_DATA"));
    QCOMPARE(r.importer, std::string("nsys-sqlite"));
}

void NsysTest::tablesAndColumnsMayBeAbsent()
{
    const auto r = readSql("CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INTEGER, end INTEGER);"
                           "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1, 2);");
    QCOMPARE(r.importer, std::string("nsys-sqlite"));
    QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
    QCOMPARE(r.sink.counts.at("kernels"), 1u);
    QCOMPARE(r.sink.trace.sheet.names[0].text, std::string("kernel"));
    QVERIFY(!r.sink.trace.sheet.unixNs);
}

void NsysTest::otherDatabasesAreNotOurs()
{
    const auto r = readSql("CREATE TABLE StringIds(id INTEGER, value TEXT); CREATE TABLE other(a);");
    QVERIFY(r.importer != "nsys-sqlite");
}

void NsysTest::sumsAsCsv()
{
    const auto r = test::readText(
        "Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name\n"
        "60.0,600,2,300.0,300.0,200,400,1.0,\"void gemm<float, (int)2>()\"\n"
        "40.0,400,1,400.0,400.0,400,400,0.0,copy\n",
        "x_cuda_gpu_kern_sum.csv");
    QCOMPARE(r.importer, std::string("nsys-sqlite"));
    QVERIFY(r.sink.attached);
    QCOMPARE(r.sink.counts.at("rows"), 2u);
    QCOMPARE(r.sink.trace.events.spans.size(), 0u);
}

void NsysTest::tracesAsCsv()
{
    const auto r = test::readText(
        "Start (ns),Duration (ns),CorrId,Device,Ctx,Strm,Name\n"
        "1000,500,42,Some GPU (0),1,7,gemm\n2000,100,43,Some GPU (0),1,8,[CUDA memcpy Host-to-Device]\n",
        "x_cuda_gpu_trace.csv");
    QCOMPARE(r.importer, std::string("nsys-sqlite"));
    QCOMPARE(r.sink.counts.at("rows"), 2u);
    const Trace& trace = r.sink.trace;
    QCOMPARE(trace.events.spans.startNs, (std::vector<std::int64_t> { 1000, 2000 }));
    QCOMPARE(trace.events.spans.durationNs, (std::vector<std::int64_t> { 500, 100 }));
    QCOMPARE(trace.sheet.lanes[1].thread, std::string("stream 8"));
}

void NsysTest::sumsAsText()
{
    const auto r = test::readText(R"(Processing [x.sqlite] with [/opt/nsys/reports/cuda_gpu_kern_sum.py]...

 ** CUDA GPU Kernel Summary (cuda_gpu_kern_sum):

 Time (%)  Total Time (ns)  Instances  Avg (ns)  Med (ns)  Min (ns)  Max (ns)  StdDev (ns)  Name
 --------  ---------------  ---------  --------  --------  --------  --------  -----------  ----
     60.0        1,000,600          2     300.0     300.0       200       400          1.0  gemm
     40.0              400          1     400.0     400.0       400       400          0.0  copy

 ** CUDA API Summary (cuda_api_sum):

 Time (%)  Total Time (ns)  Num Calls  Name
 --------  ---------------  ---------  ----
    100.0               50          1  cudaLaunchKernel

)",
        "stats.txt");
    QCOMPARE(r.importer, std::string("nsys-sqlite"));
    QVERIFY(r.sink.attached);
    QCOMPARE(r.sink.counts.at("rows"), 3u);
}

void NsysTest::furtherSumsAsCsv_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("sizes") << QByteArray(
        "Total (MB),Count,Avg (MB),Med (MB),Min (MB),Max (MB),StdDev (MB),Operation\n"
        "3.821,196,0.019,0.002,0.000,1.600,0.161,[CUDA memcpy Host-to-Device]\n");
    QTest::newRow("projected ranges")
        << QByteArray("Range,Style,Total Proj Time (ns),Total Range Time (ns),Range Instances,Proj Avg (ns)\n"
                      ":step,PushPop,900,1000,3,300.0\n");
}

void NsysTest::furtherSumsAsCsv()
{
    QFETCH(QByteArray, text);
    const auto r = test::readText(text.toStdString(), "x.csv");
    QCOMPARE(r.importer, std::string("nsys-sqlite"));
    QVERIFY(r.sink.attached);
    QCOMPARE(r.sink.counts.at("rows"), 1u);
}

void NsysTest::textOfOtherVersions_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("2021") << QByteArray(
        "CUDA Kernel Statistics:\n\n"
        " Time(%)  Total Time (ns)  Instances   Average   Minimum  Maximum  Name\n"
        " -------  ---------------  ---------  ---------  -------  -------  ----\n"
        "   100.0          222,080          1  222,080.0  222,080  222,080  gemm\n\n");
    QTest::newRow("2022") << QByteArray(
        "[5/7] Executing 'gpukernsum' stats report\n\n"
        " Time (%)  Total Time (ns)  Instances  Avg (ns)  GridXYZ         Name\n"
        " --------  ---------------  ---------  --------  --------------  ----\n"
        "    100.0          222,080          1  222080.0     4    4    1  gemm\n\n");
}

void NsysTest::textOfOtherVersions()
{
    QFETCH(QByteArray, text);
    const auto r = test::readText(text.toStdString(), "profile.log");
    QCOMPARE(r.importer, std::string("nsys-sqlite"));
    QVERIFY(r.sink.attached);
    QCOMPARE(r.sink.counts.at("rows"), 1u);
}

void NsysTest::csvBetweenLinesOfTheProgram()
{
    const auto r = test::readText(
        "Generating SQLite file r.sqlite from r.nsys-rep\nProcessing [r.sqlite] with [kern_sum.py]...\n"
        "Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name\n"
        "60.0,600,2,300.0,300.0,200,400,1.0,\"k<float, 2>\"\n40.0,400,1,400.0,400.0,400,400,0.0,copy\n\n"
        "Processing [r.sqlite] with [mem_size_sum.py]...\n"
        "Total (MB),Count,Avg (MB),Med (MB),Min (MB),Max (MB),StdDev (MB),Operation\n"
        "3.821,196,0.019,0.002,0.000,1.600,0.161,[CUDA memset]\n",
        "stats.txt");
    QCOMPARE(r.importer, std::string("nsys-sqlite"));
    QCOMPARE(r.sink.counts.at("rows"), 3u);
}

QTEST_GUILESS_MAIN(NsysTest)
#include "tst_nsys.moc"
