// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_helper.h"
#include "tests/support/prismctl_live.h"

#include <QTest>

using namespace prism;
using namespace prism::test;

class TestLiveTop : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!hasPrismctl()) {
            QSKIP("this configuration does not build prismctl");
        }
    }

    void topIsOneScreenWithoutATerminal()
    {
        FakeHelper helper;
        live::FoundServer evil = tinyServer();
        evil.model = "evil\x1b]0;title";
        helper.setServers({ evil });
        MadeStream stream;
        stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.request(script);
        for (const auto& [metric, cores] : { std::pair(wire::SampleMetric::ProbeCores, 0.02),
                 std::pair(wire::SampleMetric::HelperCores, 0.015) }) {
            stream.add(wire::Source::Sampler, 3 * second,
                wire::Sample { static_cast<std::uint16_t>(metric), 0, 0, cores });
        }
        for (const auto& [reason, dropped] :
            { std::pair(wire::LossReason::RingFull, 12), std::pair(wire::LossReason::Truncated, 40) }) {
            wire::Loss loss {};
            loss.program = stream.text("on_sent");
            loss.reason = static_cast<std::uint16_t>(reason);
            loss.attempted = loss.dropped = static_cast<std::uint64_t>(dropped);
            stream.add(wire::Source::Supervisor, 3 * second, loss);
        }
        helper.onAttach([&stream](live::TargetNumber) { return stream.take(); });
        const Ran ran = prismctl(
            { "live", "top", "--once", "--no-metrics", "--helper", QString::fromStdString(helper.socket()) });
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        QVERIFY2(ran.out.startsWith("vllm 0.32.0  evil]0;title  pid 4711 :8000"), qPrintable(ran.out));
        QVERIFY(!ran.out.contains(QChar(0x1b)));
        QVERIFY(ran.out.contains("TTFT"));
        QVERIFY2(ran.out.contains("probing 3.50 % of a core (helper 1.50 %), "), qPrintable(ran.out));
        // What was looked at in part is known, and not lost.
        QVERIFY2(ran.out.contains(" %), 12 events lost (! some in this window); "), qPrintable(ran.out));
        QVERIFY(ran.out.contains("/v1/chat/completions"));
        QVERIFY(ran.out.split(QChar(10)).size() <= 25);
    }

    void topDividesByWhatWasObserved()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        const QString socket = QString::fromStdString(helper.socket());
        // Seven in the newest two seconds, of five that were observed.
        helper.onAttach(
            [](live::TargetNumber t) { return shortStory(t, 7, 4'200 * millisecond, 6 * second); });
        const Ran ran = prismctl({ "live", "top", "--once", "--no-metrics", "--helper", socket });
        QVERIFY2(ran.out.contains("requests 3.5/s   token events 10.5/s   failed 0   last 2.0 s"),
            qPrintable(ran.out));
        // Two in the half second that was observed at all.
        helper.onAttach(
            [](live::TargetNumber t) { return shortStory(t, 2, 1'100 * millisecond, 3 * second / 2); });
        const Ran brief = prismctl({ "live", "top", "--once", "--no-metrics", "--helper", socket });
        QVERIFY2(brief.out.contains("requests 4.0/s   token events 12.0/s   failed 0   last 0.5 s"),
            qPrintable(brief.out));
    }

    void topSaysWhatIsMissingAndWhatHasEnded()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        const std::string socket = helper.socket();
        const auto silent = [](live::TargetNumber number, std::int64_t slept) {
            MadeStream stream;
            stream.target = number;
            wire::State state {};
            state.name = stream.text("http_send");
            state.state = static_cast<std::uint16_t>(wire::ProbeState::Silent);
            state.hint = stream.text("The server speaks TLS: times and bytes only.");
            stream.add(wire::Source::Supervisor, 4 * second, state);
            if (slept != 0) {
                stream.clock(5 * second);
                stream.clock(6 * second, slept);
            }
            return stream.take();
        };
        helper.onAttach([&](live::TargetNumber t) { return silent(t, 0); });
        const QStringList once { "live", "top", "--once", "--no-metrics", "--helper",
            QString::fromStdString(socket) };
        const Ran told = prismctl(once);
        QCOMPARE(told.status, 0);
        QCOMPARE(
            told.out.split('\n').at(2), QStringLiteral("! The server speaks TLS: times and bytes only."));
        helper.onAttach([&](live::TargetNumber t) { return silent(t, 90 * second); });
        const Ran slept = prismctl(once);
        QVERIFY2(slept.out.contains("! the machine slept for 90.000 s"), qPrintable(slept.out));

        helper.onAttach([](live::TargetNumber t) {
            MadeStream stream;
            stream.target = t;
            wire::Process process {};
            process.pid = 4711;
            process.change = static_cast<std::uint16_t>(wire::ProcessChange::Stopped);
            stream.add(wire::Source::Supervisor, 2 * second, process);
            stream.clock(5 * second);
            return stream.take();
        });
        const Ran stopped = prismctl(once);
        QVERIFY2(stopped.out.contains("! process 4711 is stopped"), qPrintable(stopped.out));

        helper.onAttach([](live::TargetNumber t) { return shortStory(t, 1, 2 * second, 3 * second); });
        const Terminal gone
            = atTerminal({ "live", "top", "--no-metrics", "--helper", socket }, "no keys", {});
        QCOMPARE(gone.status, 1);
        // The last screen stays and the reason stands below it.
        const QByteArray after = gone.seen.mid(gone.seen.indexOf("\x1b[?1049l"));
        QVERIFY2(after.contains("! vllm (pid 4711): The process ended."), gone.seen.constData());
        QVERIFY(after.contains("(gone)"));
        QVERIFY(after.contains("prismctl: vllm (pid 4711): The process ended."));
    }

    /// A server that stands still makes one long gap, which no event has ended yet.
    void aGapThatIsRunningCounts()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        helper.onAttach([](live::TargetNumber t) {
            MadeStream stream;
            stream.target = t;
            stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
            ScriptedRequest script;
            script.arrival = 2 * second;
            stream.asked(script);
            stream.head(script, 2 * second + 10 * millisecond);
            stream.chunk(script, 0, 2 * second + 20 * millisecond, 0, 1);
            stream.chunk(script, 1, 2 * second + 30 * millisecond, 0, 1);
            stream.clock(6 * second);
            return stream.take();
        });
        const Ran ran = prismctl(
            { "live", "top", "--once", "--no-metrics", "--helper", QString::fromStdString(helper.socket()) });
        QVERIFY2(ran.status == 0, qPrintable(ran.error));
        const QStringList lines = ran.out.split(QLatin1Char('\n'));
        // As long as was told, however long it was waited for.
        const auto isLong = [&lines](const QString& line, int column) {
            const QStringList found = lines.filter(line);
            const QString gap = found.value(0)
                                    .replace(QChar(0x2009), QLatin1Char('_'))
                                    .simplified()
                                    .section(' ', column, column);
            return found.size() == 1 && gap.startsWith("3_970");
        };
        QVERIFY2(isLong(QStringLiteral("running"), 3), qPrintable(ran.out));
        QVERIFY2(isLong(QStringLiteral("Token gap"), 6), qPrintable(ran.out));
    }

    void topAttachesWhatRecordAttaches()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        helper.onAttach([](live::TargetNumber t) { return shortStory(t, 1, 2 * second, 3 * second); });
        const QString socket = QString::fromStdString(helper.socket());
        (void)prismctl(
            { "live", "top", "4711", "--once", "--with", "4712", "--tiers", "1", "--helper", socket });
        QCOMPARE(helper.attached(), 2);
        QCOMPARE(helper.tiersAsked(), std::uint64_t(2));
        const Ran wrong = prismctl({ "live", "top", "4711", "--with", "router", "--helper", socket });
        QCOMPARE(wrong.status, 2);
        QVERIFY(wrong.error.contains("--with takes a PID or :PORT"));
    }

    void topLeavesTheTerminalAsItWas()
    {
        FakeHelper helper;
        helper.setServers({ tinyServer() });
        const Terminal ran = atTerminal({ "live", "top", "--helper", helper.socket() }, "q quits", "q");
        QVERIFY2(ran.status == 0, ran.seen.constData());
        QVERIFY(ran.seen.startsWith("\x1b[?1049h"));
        QVERIFY(ran.seen.endsWith("\x1b[?25h\x1b[?1049l"));
    }
};

QTEST_GUILESS_MAIN(TestLiveTop)
#include "tst_live_top.moc"
