// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <cmath>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

const TimeSeries* find(const Read& r, const std::string& name)
{
    const auto all = r.sink.seriesOf.find(0);
    if (all == r.sink.seriesOf.end()) {
        return nullptr;
    }
    for (const TimeSeries& s : all->second) {
        if (s.name == name) {
            return &s;
        }
    }
    return nullptr;
}

} // namespace

class TestTelemetryCsv : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void amdMonitor()
    {
        const Read r = readText(
            "'CTRL' + 'C' to stop watching output:\n"
            "timestamp,gpu,power_usage,hotspot_temperature,gfx_clk,gfx,mem,encoder,vram_used\n"
            "1777789841,0,650,60,2100,97,40,N/A,170000\n1777789842,0,655,60,2100,98,41,N/A,170000\n",
            "amd.csv");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QVERIFY(!r.error);
        QVERIFY(find(r, "power"));
        QCOMPARE(find(r, "power")->values[1], 655.0);
        QVERIFY(find(r, "gpu_utilization"));
        QCOMPARE(find(r, "gpu_utilization")->values[0], 0.97);
        QVERIFY(find(r, "gpu_memory"));
        QCOMPARE(find(r, "gpu_memory")->values[0], 170000.0 * 1048576);
    }

    /// NVML counts milliwatts, and scripts name the column as its function.
    void powerUsageOfAScriptHasNoUnit()
    {
        const Read r = readText("timestamp,gpu,power_usage,gfx,temp\n"
                                "1715000000,0,315250,1800,60\n1715000001,0,315260,1810,61\n",
            "gpu.csv");
        QVERIFY(!r.error);
        QVERIFY(!find(r, "power"));
        QVERIFY(!find(r, "gpu_utilization"));
        QVERIFY(find(r, "power_usage"));
        QCOMPARE(find(r, "power_usage")->values[0], 315250.0);
        QCOMPARE(find(r, "power_usage")->unit, std::string());
        QVERIFY(find(r, "gfx"));
    }

    void unclearCommasAreMissing()
    {
        const Read r = readText("timestamp; index; power.draw [W]; utilization.gpu [%]\n"
                                "2026/05/03 06:30:41.123; 0; 315,212 W; 97 %\n"
                                "2026/05/03 06:30:42.123; 0; 325,211 W; 98 %\n",
            "smi.csv");
        QVERIFY(!r.error);
        QVERIFY(r.sink.warned("unclear-comma"));
        for (const auto& [point, all] : r.sink.seriesOf) {
            for (const TimeSeries& series : all) {
                for (const double value : series.values) {
                    QVERIFY(!(value > 1000));
                }
            }
        }
    }

    void unclearNumbersAloneAreNoSamples()
    {
        const Read r = readText("timestamp;gpu;power_w;utilization_pct\n"
                                "1715000000;0;315,250;61,125\n1715000001;0;316,250;62,125\n",
            "smi.csv");
        QVERIFY(r.error);
        QVERIFY2(r.error->text().find("commas") != std::string::npos, r.error->text().c_str());
        QVERIFY(r.sink.warned("unclear-comma"));
    }

    void quotedDecimalCommas()
    {
        const Read r = readText("timestamp,gpu,power_w,utilization_pct\n"
                                "1715000000,0,\"315,250\",50\n1715000001,0,\"99,5\",51\n",
            "smi.csv");
        QVERIFY(!r.error);
        QVERIFY(find(r, "power"));
        QCOMPARE(find(r, "power")->values, (std::vector<double> { 315.25, 99.5 }));
    }

    void gpusOfAQueryInterleave()
    {
        const Read r = readText(
            "timestamp, index, name, uuid, power.draw [W], utilization.gpu [%], memory.used [MiB], "
            "clocks.current.sm [MHz]\n"
            "2026/05/03 06:30:41.500, 0, NVIDIA X100, GPU-a, 315.25 W, 96 %, 1024 MiB, 1980 MHz\n"
            "2026/05/03 06:30:41.500, 1, NVIDIA X100, GPU-b, [N/A], 50 %, 2048 MiB, [Not Supported]\n"
            "2026/05/03 06:30:42.750, 0, NVIDIA X100, GPU-a, 320.75 W, 97 %, 1024 MiB, 1980 MHz\n"
            "2026/05/03 06:30:42.750, 1, NVIDIA X100, GPU-b, 100.50 W, 51 %, 2048 MiB, [Not Supported]\n",
            "gpu.csv");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QVERIFY(!r.error);
        QVERIFY(r.sink.attached && r.sink.points.empty());
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(4));
        const TimeSeries* power = find(r, "power [0]");
        QVERIFY(power);
        QCOMPARE(power->unit, std::string("W"));
        QCOMPARE(power->values, (std::vector<double> { 315.25, 320.75 }));
        QCOMPARE(power->path, std::string("1:30"));
        // A local time dates nothing: the series begins at its first sample.
        QCOMPARE(power->seconds, (std::vector<double> { 0, 1.25 }));
        QVERIFY(!power->absolute);
        QVERIFY(r.sink.warned("local-time"));
        const TimeSeries* other = find(r, "power [1]");
        QVERIFY(other && std::isnan(other->values[0]) && other->values[1] == 100.5);
        QCOMPARE(find(r, "gpu_utilization [1]")->values, (std::vector<double> { 0.5, 0.51 }));
        QCOMPARE(find(r, "gpu_memory [0]")->values[0], 1024 * 1048576.0);
        QVERIFY(find(r, "clocks.sm [0]") && !find(r, "clocks.sm [1]"));
    }

    void nounitsKeepTheTitle()
    {
        const Read r = readText(
            "timestamp, power.draw [W], utilization.gpu [%]\n2026/05/03 06:30:41.500, 315.25, 96\n",
            "gpu.csv");
        QCOMPARE(find(r, "power")->values, (std::vector<double> { 315.25 }));
        QCOMPARE(find(r, "gpu_utilization")->values, (std::vector<double> { 0.96 }));
    }

    void unitsAreNeverGuessed()
    {
        const Read r
            = readText("elapsed_s,power_w,temp_c,sm_mhz,gpu_util,mem_used_mb\n10,38.05,53,2528,96,122875\n"
                       "20,38.25,55,2509,96,122832\n",
                "01-telemetry.csv");
        QVERIFY(r.sink.attached);
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(2));
        const TimeSeries* power = find(r, "power");
        QCOMPARE(power->unit, std::string("W"));
        QCOMPARE(power->seconds, (std::vector<double> { 10, 20 }));
        QVERIFY(!power->absolute);
        const TimeSeries* util = find(r, "gpu_util"); // 96 of what, the file does not say
        QVERIFY(util && util->unit.empty() && util->values[0] == 96);
        const TimeSeries* memory = find(r, "mem_used_mb"); // 10^6 or 2^20
        QVERIFY(memory && memory->unit == "MB" && memory->values[0] == 122875);
        QVERIFY(!r.sink.warned("local-time"));
    }

    void times_data()
    {
        QTest::addColumn<QString>("title");
        QTest::addColumn<QString>("time");
        QTest::addColumn<double>("seconds");
        QTest::addColumn<bool>("absolute");
        QTest::newRow("epoch") << "timestamp"
                               << "1772323200" << 1772323200.0 << true;
        QTest::newRow("epoch, milliseconds by the title") << "timestamp_ms"
                                                          << "1772323200500" << 1772323200.5 << true;
        QTest::newRow("epoch, milliseconds by the digits") << "timestamp"
                                                           << "1772323200500" << 1772323200.5 << true;
        QTest::newRow("zone") << "timestamp"
                              << "2026-03-01T00:00:00Z" << 1772323200.0 << true;
        QTest::newRow("offset") << "time"
                                << "2026-03-01T02:00:00+02:00" << 1772323200.0 << true;
        QTest::newRow("no zone") << "timestamp"
                                 << "2026-03-01 02:00:00" << 0.0 << false;
        QTest::newRow("elapsed") << "elapsed_ms"
                                 << "2500" << 2.5 << false;
    }
    void times()
    {
        QFETCH(QString, title);
        QFETCH(QString, time);
        QFETCH(double, seconds);
        QFETCH(bool, absolute);
        const Read r = readText(
            title.toStdString() + ",power_w,gpu_util\n" + time.toStdString() + ",100.5,50\n", "a.csv");
        const TimeSeries* power = find(r, "power");
        QVERIFY(power);
        QCOMPARE(power->seconds, (std::vector<double> { seconds }));
        QCOMPARE(power->absolute, absolute);
    }

    void amd()
    {
        const Read r
            = readText("timestamp,gpu,gfx_activity,umc_activity,vcn_activity,socket_power,edge,hotspot,mem\n"
                       "1772323200,0,92,10,\"['N/A', 'N/A']\",535,N/A,65,40\n"
                       "1772323200,1,50,10,\"['N/A', 'N/A']\",N/A,N/A,65,40\n",
                "a.csv");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QCOMPARE(find(r, "power [0]")->values, (std::vector<double> { 535 }));
        QVERIFY(find(r, "power [0]")->absolute);
        QCOMPARE(find(r, "gpu_utilization [1]")->values, (std::vector<double> { 0.5 }));
        QVERIFY(!find(r, "power [1]"));
    }

    void dcgmFieldAlone()
    {
        const Read r = readText(
            "timestamp,DCGM_FI_DEV_POWER_USAGE\n1701412591,71.25\n1701412606,72.5\n", "x_DCGM.csv");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QCOMPARE(find(r, "power")->values, (std::vector<double> { 71.25, 72.5 }));
        QVERIFY(find(r, "power")->absolute);
    }

    void dmonRepeatsItsTitles()
    {
        const Read r = readText("#Date       Time        gpu   pwr gtemp mtemp    sm   mem  mclk\n"
                                "#YYYYMMDD   HH:MM:SS    Idx     W     C     C     %     %   MHz\n"
                                " 20210102   23:59:59      0    37    19     -    10     0  4006\n"
                                " 20210102   23:59:59      1    47    19     -    20     0  4006\n"
                                "#Date       Time        gpu   pwr gtemp mtemp    sm   mem  mclk\n"
                                "#YYYYMMDD   HH:MM:SS    Idx     W     C     C     %     %   MHz\n"
                                " 20210103   00:00:01      0    39    19     -    30     0  4006\n",
            "dmon.txt");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(3));
        QCOMPARE(find(r, "power [0]")->values, (std::vector<double> { 37, 39 }));
        QCOMPARE(find(r, "power [0]")->seconds, (std::vector<double> { 0, 2 }));
        QCOMPARE(find(r, "gpu_utilization [1]")->values, (std::vector<double> { 0.2 }));
        QVERIFY(!find(r, "mtemp [0]"));
        QCOMPARE(find(r, "mclk [0]")->unit, std::string("MHz"));
    }

    void aClockWithoutDatePassesMidnight()
    {
        const Read r = readText("#Time        gpu   pwr\n#HH:MM:SS    Idx     W\n 23:59:59      0    37\n "
                                "00:00:02      0    38\n",
            "d.txt");
        QCOMPARE(find(r, "power")->seconds, (std::vector<double> { 0, 3 }));
    }

    /// The interval of dmon is an option that its text does not tell.
    void withoutTimesThereIsNoSeries()
    {
        const Read r = readText("# gpu   pwr gtemp mtemp    sm   mem   enc   dec  mclk  pclk\n"
                                "# Idx     W     C     C     %     %     %     %   MHz   MHz\n"
                                "    0    70    48     -     5     1     0     0  7000  1350\n"
                                "    0    68    48     -    11     1     0     0  7000  1350\n",
            "dmon.txt");
        QVERIFY(r.sink.attached);
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(2));
        QVERIFY(r.sink.seriesOf.empty());
        QVERIFY(r.sink.warned("no-times"));
    }

    void aNumberOfTheRowIsNoDevice()
    {
        std::string text = "index,timestamp,power_w,gpu_util\n";
        for (int i = 0; i < 3000; ++i) {
            text += std::to_string(i) + ',' + std::to_string(1772323200 + i) + ",100,50\n";
        }
        const Read r = readText(text, "a.csv");
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(3000));
        QVERIFY(r.sink.seriesOf.at(0).size() < 2100);
    }

    void dcgmi()
    {
        const Read r = readText(
            "#Entity   POWER           GPUTL\nID          W               %\nGPU 0     71.234          15\n"
            "GPU 1     72.234          25\n",
            "dcgmi.txt");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(2));
    }

    /// Fields of profiling have short names that nothing else knows.
    void dcgmiOfProfilingFields()
    {
        const Read r = readText("#Entity   GRACT        SMACT        SMOCC        \n"
                                "ID                                               \n"
                                "GPU 0     N/A          N/A          N/A          \n"
                                "GPU 0     0.952        0.902        0.421        \n"
                                "GPU 0 LINK 1 0.952     0.902        0.421        \n",
            "dcgmi.txt");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(2));
        QVERIFY(r.sink.warned("no-times"));
    }

    /// What a process uses is no utilisation of its device.
    void pmonHasAProcessARow()
    {
        const Read r
            = readText("#Date       Time        gpu         pid   type     sm    mem    fb    command \n"
                       "#YYYYMMDD   HH:MM:SS    Idx           #    C/G      %      %    MB    name \n"
                       " 20250301   10:00:00      0         123     C     45     20   512    python \n"
                       " 20250301   10:00:00      0         456     C     30     10   256    my server \n"
                       " 20250301   10:00:00      1           -     -      -      -     -    - \n"
                       " 20250301   10:00:01      0         123     C     46     20   512    python \n",
                "pmon.txt");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(3));
        const TimeSeries* sm = find(r, "sm [0 123]");
        QVERIFY(sm);
        QCOMPARE(sm->values, (std::vector<double> { 45, 46 }));
        QCOMPARE(sm->unit, std::string("%"));
        QCOMPARE(find(r, "sm [0 456]")->values, (std::vector<double> { 30 }));
        QVERIFY(find(r, "fb [0 123]"));
        for (const TimeSeries& series : r.sink.seriesOf.at(0)) {
            QVERIFY2(
                !series.name.starts_with("gpu_") && !series.name.starts_with("pid"), series.name.c_str());
        }
    }

    void memoryOfProcesses()
    {
        const Read r = readText("timestamp, gpu_uuid, pid, process_name, used_gpu_memory [MiB]\n"
                                "2025/03/01 10:00:00.100, GPU-a, 12, python, 1024 MiB\n"
                                "2025/03/01 10:00:00.100, GPU-a, 13, python, 2048 MiB\n"
                                "2025/03/01 10:00:01.100, GPU-a, 12, python, 1025 MiB\n",
            "apps.csv");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QVERIFY(find(r, "used_gpu_memory [GPU-a 12]"));
        QCOMPARE(find(r, "used_gpu_memory [GPU-a 12]")->values, (std::vector<double> { 1024, 1025 }));
        QVERIFY(!find(r, "gpu_memory [GPU-a 12]"));
    }

    void dmonWithCommas()
    {
        const Read r = readText("#Date, Time, gpu, pwr, sm, mclk\n#YYYYMMDD, HH:MM:SS, Idx, W, %, MHz\n"
                                "20250301, 10:00:00, 0, 65, 10, 2619\n20250301, 10:00:01, 0, 66, 20, 2619\n",
            "dmon.csv");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QVERIFY(find(r, "power"));
        QCOMPARE(find(r, "power")->unit, std::string("W"));
        QCOMPARE(find(r, "power")->seconds, (std::vector<double> { 0, 1 }));
        QCOMPARE(find(r, "gpu_utilization")->values, (std::vector<double> { 0.1, 0.2 }));
    }

    void aQueryWithoutATimeIsAttached()
    {
        const Read r
            = readText("utilization.gpu [%], memory.used [MiB]\n12 %, 1024 MiB\n15 %, 1024 MiB\n", "smi.csv");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(2));
        QVERIFY(r.sink.warned("no-times"));
    }

    void devicesThatNothingTellsApart_data()
    {
        QTest::addColumn<QString>("title");
        QTest::addColumn<QString>("first");
        QTest::addColumn<QString>("second");
        QTest::addColumn<bool>("warned");
        QTest::newRow("no column") << ""
                                   << ""
                                   << "" << true;
        QTest::newRow("a kind") << ", name"
                                << ", X100"
                                << ", X100" << true;
        QTest::newRow("an index") << ", index"
                                  << ", 0"
                                  << ", 1" << false;
    }
    void devicesThatNothingTellsApart()
    {
        QFETCH(QString, title);
        QFETCH(QString, first);
        QFETCH(QString, second);
        QString text = "timestamp" + title + ", power.draw [W]\n";
        for (int i = 0; i < 4; ++i) {
            const QString second0 = QStringLiteral("2025/03/01 10:00:0%1").arg(i);
            text += second0 + ".100" + first + ", 100.0 W\n" + second0 + ".102" + second + ", 300.0 W\n";
        }
        const Read r = readText(text.toStdString(), "smi.csv");
        QCOMPARE(r.importer, std::string("telemetry-csv"));
        QTEST(r.sink.warned("several-devices"), "warned");
    }

    void oneDeviceIsNoGroup()
    {
        QString text = QStringLiteral("timestamp,power_w,gpu_util\n");
        for (const char* time : { "0", "0.1", "1.0", "2.1", "3.0", "9.0", "10.1", "11" }) {
            text += QLatin1String(time) + QStringLiteral(",100,50\n");
        }
        QVERIFY(!readText(text.toStdString(), "a.csv").sink.warned("several-devices"));
    }

    void aCommaInATime_data()
    {
        QTest::addColumn<QString>("first");
        QTest::addColumn<QString>("second");
        QTest::addColumn<double>("seconds");
        QTest::newRow("with a zone") << "2026-03-01T00:00:00,250000000+00:00"
                                     << "2026-03-01T00:00:01,750000000+00:00" << 1772323200.25;
        QTest::newRow("without") << "2026-03-01 00:00:00,250"
                                 << "2026-03-01 00:00:01,750" << 0.0;
        QTest::newRow("in quotes") << "\"2026-03-01 00:00:00,250\""
                                   << "\"2026-03-01 00:00:01,750\"" << 0.0;
    }
    void aCommaInATime()
    {
        QFETCH(QString, first);
        QFETCH(QString, second);
        QFETCH(double, seconds);
        const Read r = readText("timestamp,utilization.gpu,utilization.memory,memory.used,power.draw\n"
                + first.toStdString() + ",12,3,1024,65.2\n" + second.toStdString() + ",15,4,1024,66.5\n",
            "gpu_log.csv");
        QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
        QVERIFY(find(r, "power"));
        QCOMPARE(find(r, "power")->values, (std::vector<double> { 65.2, 66.5 }));
        QCOMPARE(find(r, "power")->seconds, (std::vector<double> { seconds, seconds + 1.5 }));
        QCOMPARE(find(r, "gpu_utilization")->values, (std::vector<double> { 0.12, 0.15 }));
    }

    void rowsThatAreTooWideAreLeftOut()
    {
        const Read r = readText("timestamp,gpu,gpu_util_pct,power_w\n1772323200,0,50,100\n"
                                "1772323201,0,[1, 2],50,100\n1772323202,0,51,101,\n",
            "gpu.csv");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(2));
        QCOMPARE(find(r, "power")->values, (std::vector<double> { 100, 101 }));
        QVERIFY(r.sink.warned("too-many-cells"));
        const Read all = readText("timestamp,gpu_util_pct,power_w\n1772323200,0,50,100\n", "gpu.csv");
        QVERIFY(all.error && all.error->reason.find("cells") != std::string::npos);
    }

    void notTelemetry_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("list of fields")
            << "# Format\n# DCGM FIELD, Prometheus metric type, help message\n\n# Clocks\n"
               "DCGM_FI_DEV_SM_CLOCK,  gauge, SM clock frequency (in MHz).\n";
        QTest::newRow("exposition of a DCGM exporter")
            << "# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).\n# TYPE DCGM_FI_DEV_GPU_UTIL gauge\n"
               "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"} 96\n";
        QTest::newRow("benchmark") << "model,power_w,throughput\nm,100,5\n";
        QTest::newRow("results with a time") << "timestamp,power_w,ttft_ms\n1,100,5\n";
    }
    void notTelemetry()
    {
        QFETCH(QString, text);
        const Read r = readText(text.toStdString(), "a.csv");
        QVERIFY(r.importer != "telemetry-csv");
    }

    void aHeaderAloneIsRefused() { QVERIFY(readText("timestamp,power_w,gpu_util\n", "a.csv").error); }
};

QTEST_GUILESS_MAIN(TestTelemetryCsv)
#include "tst_telemetry_csv.moc"
