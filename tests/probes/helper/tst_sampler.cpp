// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/gpu.h"
#include "probes/helper/sampler.h"
#include "probes/helper/silence.h"
#include "tests/support/observation.h"

#include <QtTest>

using namespace prism;
using namespace prism::test;
using namespace prism::probes;

namespace {

std::optional<double> valueOf(const std::vector<Measured>& samples, wire::SampleMetric metric)
{
    for (const Measured& sample : samples) {
        if (sample.metric == metric) {
            return sample.value;
        }
    }
    return std::nullopt;
}

std::uint64_t cpuNsOf(pid_t pid)
{
    clockid_t clock {};
    timespec used {};
    clock_getcpuclockid(pid, &clock);
    clock_gettime(clock, &used);
    return std::uint64_t(used.tv_sec) * 1'000'000'000U + std::uint64_t(used.tv_nsec);
}

ProgramCounts noCounts()
{
    ProgramCounts counts {};
    for (auto& cpus : counts) {
        cpus.resize(2);
    }
    return counts;
}

} // namespace

class TestSampler : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Processor time of a process that computes, by the clock that the kernel keeps for it.
    void processorTimeIsThatOfTheProcess()
    {
        ForkedTarget target([] {
            volatile unsigned turns = 0;
            while (true) {
                const unsigned next = turns + 1;
                turns = next;
            }
        });
        const auto read = [&] { return std::vector { *readProcess(std::uint32_t(target.pid())) }; };
        FamilySampler sampler;
        const std::uint64_t begin = nowNs();
        const std::uint64_t usedBefore = cpuNsOf(target.pid());
        const auto first = sampler.sample(read(), begin);
        QVERIFY(!valueOf(first, wire::SampleMetric::CpuCores)); // there is no time to divide by yet
        QVERIFY(*valueOf(first, wire::SampleMetric::ResidentBytes) > 0);
        const std::uint64_t usedThen = cpuNsOf(target.pid());
        while (cpuNsOf(target.pid()) < usedThen + 100'000'000) {
            poll(nullptr, 0, 1);
        }
        const std::uint64_t end = nowNs();
        const auto second = sampler.sample(read(), end);
        const std::uint64_t used = cpuNsOf(target.pid()) - usedBefore;
        const double cores = *valueOf(second, wire::SampleMetric::CpuCores);
        // At least what it used between the two calls, at most what it used around them.
        QVERIFY(cores >= 100e6 / double(end - begin) && cores <= double(used) / double(end - begin));
        const double waited = *valueOf(second, wire::SampleMetric::RunQueueWait);
        QVERIFY2(waited >= 0 && cores + waited <= 1.05, qPrintable(QString::number(cores + waited)));
    }

    /// A number that another process has taken over does not go on with the old one's time.
    void aReusedNumberBeginsAnew()
    {
        auto process = *readProcess(std::uint32_t(getpid()));
        FamilySampler sampler;
        sampler.sample({ process }, nowNs());
        const std::uint64_t all = cpuNsOf(getpid());
        process.startTicks += 1;
        const auto samples = sampler.sample({ process }, nowNs() + 1'000'000'000);
        QVERIFY(*valueOf(samples, wire::SampleMetric::CpuCores) >= double(all) / 2e9);
    }

    void theHelperMeasuresItself()
    {
        MachineSampler sampler;
        sampler.sample(nowNs(), 0);
        sampler.noteProbes(0.002);
        const auto samples = sampler.sample(nowNs() + 1'000'000'000, 0);
        QVERIFY(valueOf(samples, wire::SampleMetric::HelperCores));
        QVERIFY(*valueOf(samples, wire::SampleMetric::HelperBytes) > 1e6);
        QCOMPARE(*valueOf(samples, wire::SampleMetric::ProbeCores), 0.002);
        // Told once.
        QVERIFY(!valueOf(sampler.sample(nowNs() + 2'000'000'000, 0), wire::SampleMetric::ProbeCores));
    }

    /// Against a library that stands for NVIDIA's: units, numbers of devices, and what a GPU does not tell.
    void gpusAreMeasured()
    {
        const auto gpus
            = GpuSampler::open(qPrintable(QCoreApplication::applicationDirPath() + "/libfake_nvml.so"));
        QVERIFY(gpus);
        std::map<std::pair<int, wire::SampleMetric>, double> values;
        for (const Measured& sample : gpus->sample()) {
            values[{ sample.device, sample.metric }] = sample.value;
        }
        const std::map<std::pair<int, wire::SampleMetric>, double> expected {
            { { 0, wire::SampleMetric::GpuUtilization }, 0.87 },
            { { 0, wire::SampleMetric::GpuMemoryBytes }, 120e9 },
            { { 0, wire::SampleMetric::GpuPowerWatts }, 512.345 },
            { { 0, wire::SampleMetric::GpuTemperatureCelsius }, 61 },
            { { 0, wire::SampleMetric::GpuClockHz }, 1.98e9 },
            { { 2, wire::SampleMetric::GpuMemoryBytes }, 120e9 },
        };
        QVERIFY(values == expected);
        QVERIFY(!GpuSampler::open("libthere-is-none.so.1"));
    }

    void aStoppedProcessIsTold()
    {
        Rope rope;
        ForkedTarget target([&] { Rope::awaitPull(rope.theirs); });
        kill(target.pid(), SIGSTOP);
        int status = 0;
        waitpid(target.pid(), &status, WUNTRACED);
        const auto stopped = readProcess(std::uint32_t(target.pid()));
        QVERIFY(stopped && stopped->stopped());
        QCOMPARE(stopped->parent, std::uint32_t(getpid()));
        QVERIFY(stopped->belongsTo(getuid()));
        kill(target.pid(), SIGKILL);
        const auto pid = std::uint32_t(target.pid());
        target.wait();
        QVERIFY(!readProcess(pid));
    }

    void silenceNeedsTrafficAndNoCalls()
    {
        using Silent = SilenceWatch::Silent;
        ProgramCounts counts = noCounts();
        SilenceWatch watch;
        for (int second = 0; second < 10; ++second) {
            QCOMPARE(watch.fellSilent(counts), Silent::None); // nothing flows: idle, not silent
        }
        for (int second = 0; second < 2; ++second) {
            counts[PRISM_ON_PACKET_IN][1].attempted += 5;
            QCOMPARE(watch.fellSilent(counts), Silent::None);
        }
        counts[PRISM_ON_CALLS][0].attempted += 1; // a server that was slow to read
        QCOMPARE(watch.fellSilent(counts), Silent::None);
        for (int second = 0; second < 2; ++second) {
            counts[PRISM_ON_PACKET_IN][0].attempted += 5;
            QCOMPARE(watch.fellSilent(counts), Silent::None);
        }
        counts[PRISM_ON_PACKET_IN][0].attempted += 5;
        QCOMPARE(watch.fellSilent(counts), Silent::Calls);
        counts[PRISM_ON_PACKET_IN][0].attempted += 5;
        QCOMPARE(watch.fellSilent(counts), Silent::None); // told once
    }

    void anEngineIsSilentWhenTextComesWithoutIt()
    {
        using Silent = SilenceWatch::Silent;
        ProgramCounts counts = noCounts();
        SilenceWatch watch;
        for (int second = 0; second < 10; ++second) {
            counts[PRISM_ON_CALLS][0].attempted += 1000;
            counts[PRISM_ON_ENGINE][0].attempted += 1;
            watch.noteText(SilenceWatch::mostUnmade);
            QCOMPARE(watch.fellSilent(counts), Silent::None);
        }
        counts[PRISM_ON_CALLS][0].attempted += 1000; // its state was asked for
        QCOMPARE(watch.fellSilent(counts), Silent::None);
        watch.noteText(SilenceWatch::mostUnmade - 1);
        QCOMPARE(watch.fellSilent(counts), Silent::None);
        watch.noteText(1);
        QCOMPARE(watch.fellSilent(counts), Silent::Engine);
        watch.noteText(SilenceWatch::mostUnmade);
        QCOMPARE(watch.fellSilent(counts), Silent::None); // told once
    }

    /// An answer that streams for minutes brings no packets in: only requests without one tell.
    void packetsAreSilentWhenRequestsComeWithoutThem()
    {
        using Silent = SilenceWatch::Silent;
        ProgramCounts counts = noCounts();
        SilenceWatch watch;
        for (int second = 0; second < 10; ++second) {
            counts[PRISM_ON_CALLS][0].attempted += 100;
            QCOMPARE(watch.fellSilent(counts), Silent::None);
        }
        // Some came before they could be seen; a packet of another shows that they can.
        for (int request = 0; request < 2 * SilenceWatch::mostUnseen; ++request) {
            watch.noteRequest(false);
        }
        counts[PRISM_ON_PACKET_IN][0].attempted += 1;
        QCOMPARE(watch.fellSilent(counts), Silent::None);
        for (int request = 1; request < SilenceWatch::mostUnseen; ++request) {
            watch.noteRequest(false);
        }
        QCOMPARE(watch.fellSilent(counts), Silent::None);
        watch.noteRequest(true);
        watch.noteRequest(false);
        QCOMPARE(watch.fellSilent(counts), Silent::None);
        for (int request = 1; request < SilenceWatch::mostUnseen; ++request) {
            watch.noteRequest(false);
        }
        QCOMPARE(watch.fellSilent(counts), Silent::Packets);
        watch.noteRequest(false);
        QCOMPARE(watch.fellSilent(counts), Silent::None); // told once
    }
};

QTEST_GUILESS_MAIN(TestSampler)
#include "tst_sampler.moc"
