// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/cross_checks.h"

#include "core/live/session.h"
#include "tests/support/fake_helper.h"
#include "tests/support/made_stream.h"

#include <QTest>

#include <algorithm>

using namespace prism;
using namespace prism::live;
using prism::test::FakeHelper;
using prism::test::MadeStream;
using prism::test::millisecond;
using prism::test::ScriptedRequest;
using prism::test::second;

namespace {

/// A server that answers one request a second, and what its /metrics say meanwhile.
class Scene {
public:
    explicit Scene(double tokensAnEvent)
        : m_tokensAnEvent(tokensAnEvent)
    {
    }

    struct Second {
        unsigned events = 100; ///< of the request that ends in it
        std::optional<std::uint64_t> usage;
        bool streamed = true;
        Ended ended = Ended::Complete;
        bool inProgress = false;
        bool seen = true; ///< false: the server answers it somewhere else
    };
    void play(int seconds) { play(seconds, {}); }
    void play(int seconds, const Second& how)
    {
        for (int i = 0; i < seconds; ++i) {
            one(how);
        }
    }
    void lose() { m_check.missing(0); }

    std::vector<ProbeFact> told;

private:
    void one(const Second& how)
    {
        Request request;
        request.id = ++m_id;
        request.target = 1;
        request.method = "POST";
        request.status = 200;
        request.streamed = how.streamed;
        request.inProgress = how.inProgress;
        request.arrival = request.seen = Nanoseconds { m_now };
        if (how.seen) {
            m_check.arrived(request);
            m_check.wrote(
                request, { Nanoseconds { m_now }, 1, static_cast<std::uint16_t>(how.events), 1, 0 });
            request.tokenEvents = how.events;
            request.outputTokens = how.usage;
            request.ended = how.ended;
            m_check.ended(request);
        }
        m_now += second;
        EngineReading reading;
        reading.at = Nanoseconds { m_now };
        reading.since = Nanoseconds { m_now - second };
        reading.target = 1;
        if (m_id > 1) { // of a counter's first value nothing is known
            reading.generationTokensPerSecond = how.events * m_tokensAnEvent;
        }
        if (const auto fact = m_check.reading(reading)) {
            told.push_back(*fact);
        }
    }

    TokenCheck m_check;
    double m_tokensAnEvent;
    RequestId m_id = 0;
    std::int64_t m_now = 100 * second;
};

} // namespace

class TestCrossChecks : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatFitsIsNotSpokenOf()
    {
        Scene scene(1);
        scene.play(60);
        QVERIFY(scene.told.empty());
        Scene withEndOfText(1.02); // each answer ends in a token without an event
        withEndOfText.play(60);
        QVERIFY(withEndOfText.told.empty());
        Scene told(2); // the server tells the tokens of each request itself
        told.play(60, { 100, 200 });
        QVERIFY(told.told.empty());
    }

    void severalTokensAnEventAreSaid()
    {
        Scene scene(2.5);
        scene.play(12); // a window alone may be an accident of its borders
        QVERIFY(scene.told.empty());
        scene.play(20);
        QCOMPARE(scene.told.size(), std::size_t(1));
        QCOMPARE(scene.told[0].name, std::string(tokenCounter));
        QCOMPARE(scene.told[0].state, wire::ProbeState::Silent);
        QVERIFY2(
            scene.told[0].hint.starts_with(
                "In 10 s the server counted 2500 generated tokens, and 1000 token events were seen: it puts "
                "several tokens into an event"),
            scene.told[0].hint.c_str());
    }

    void aServerThatCountsLessIsSaid()
    {
        Scene scene(0.5);
        scene.play(40);
        QCOMPARE(scene.told.size(), std::size_t(1));
        QVERIFY2(scene.told[0].hint.find("one of several processes") != std::string::npos,
            scene.told[0].hint.c_str());
    }

    void requestsThatNobodySeesAreSaid()
    {
        Scene scene(1);
        Scene::Second elsewhere;
        elsewhere.seen = false;
        scene.play(40, elsewhere);
        QCOMPARE(scene.told.size(), std::size_t(1));
        QVERIFY2(scene.told[0].hint.ends_with(
                     "0 token events were seen: it answers requests that are not read here"),
            scene.told[0].hint.c_str());
    }

    void whatIsOverIsTakenBack()
    {
        Scene scene(2);
        scene.play(40);
        scene.play(40, { 100, 200 });
        QCOMPARE(scene.told.size(), std::size_t(2));
        QCOMPARE(scene.told[1].state, wire::ProbeState::Ready);
        QVERIFY(scene.told[1].hint.empty());
    }

    void whereSomethingIsNotKnownNothingIsSaid_data()
    {
        QTest::addColumn<int>("what");
        QTest::newRow("left by its client") << 0;
        QTest::newRow("not streamed, without usage") << 1;
        QTest::newRow("from before the attach") << 2;
        QTest::newRow("records lost") << 3;
        QTest::newRow("few tokens") << 4;
    }
    void whereSomethingIsNotKnownNothingIsSaid()
    {
        QFETCH(int, what);
        Scene scene(3);
        Scene::Second odd;
        odd.ended = what == 0 ? Ended::ClientClosed : Ended::Complete;
        odd.streamed = what != 1;
        odd.inProgress = what == 2;
        odd.events = what == 4 ? 2 : 100;
        for (int i = 0; i < 6; ++i) {
            scene.play(what == 4 ? 9 : 4, what == 4 ? odd : Scene::Second());
            scene.play(1, odd);
            if (what == 3) {
                scene.lose();
            }
        }
        QVERIFY(scene.told.empty());
    }

    /// Servers that count when a request ends are ahead of, and behind, what is seen of those that run.
    void aCounterThatMovesAtTheEndFits()
    {
        TokenCheck check;
        std::int64_t now = 100 * second;
        for (int i = 0; i < 200; ++i, now += second) {
            Request request;
            request.id = static_cast<RequestId>(i / 25 + 1); // one after the other, 25 s each
            request.target = 1;
            request.method = "POST";
            request.status = 200;
            request.streamed = true;
            if (i % 25 == 0) {
                check.arrived(request);
            }
            check.wrote(request, { Nanoseconds { now }, 60, 60, 1, 0 });
            const bool last = i % 25 == 24;
            if (last) {
                request.tokenEvents = 25 * 60;
                request.ended = Ended::Complete;
                check.ended(request);
            }
            EngineReading reading;
            reading.at = Nanoseconds { now + second / 2 };
            reading.since = Nanoseconds { now - second / 2 };
            reading.target = 1;
            if (i > 0) {
                reading.generationTokensPerSecond = last ? 25 * 60 : 0;
            }
            QVERIFY(!check.reading(reading));
        }
    }

    void arrivalsThatAreNotSeenAreSaid()
    {
        ArrivalCheck check;
        Request request;
        request.target = 1;
        for (int i = 0; i < 2; ++i) {
            QVERIFY(!check.arrived(request));
        }
        Request pipelined = request;
        pipelined.pipelined = true;
        Request early = request;
        early.inProgress = true;
        QVERIFY(!check.arrived(pipelined) && !check.arrived(early));
        const auto fact = check.arrived(request);
        QVERIFY(fact);
        QCOMPARE(fact->state, wire::ProbeState::Silent);
        QCOMPARE(fact->tier, 1);
        QVERIFY(fact->hint.find("packets are not seen") != std::string::npos);
        QVERIFY(!check.arrived(request)); // told once
        request.arrival = Nanoseconds { 5 };
        const auto back = check.arrived(request);
        QVERIFY(back);
        QCOMPARE(back->state, wire::ProbeState::Ready);
        QVERIFY(!check.arrived(request));
    }

    void aSessionTellsBoth()
    {
        FakeHelper helper;
        helper.onAttach([](TargetNumber target) {
            MadeStream stream;
            stream.target = target;
            stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
            double counted = 0;
            for (std::uint32_t i = 0; i < 32; ++i) {
                ScriptedRequest script;
                script.number = i;
                script.arrival = (2 + i) * second;
                script.tokens = 60;
                script.gap = 5 * millisecond;
                script.usage = false;
                stream.asked(script, wire::ArrivalUnknown);
                stream.head(script, script.arrival + millisecond);
                for (std::uint32_t k = 0; k < script.tokens; ++k) {
                    stream.chunk(script, k, script.arrival + (2 + 5 * k) * millisecond, 0, 1);
                }
                stream.end(script, script.end(), script.tokens, script.tokens, script.tokens);
                counted += 180;
                stream.add(wire::Source::Sampler, script.arrival + second / 2,
                    wire::Sample { static_cast<std::uint16_t>(wire::SampleMetric::EngineGenerationTokens), 0,
                        0, counted });
            }
            return stream.take();
        });
        const auto session = Session::connect(helper.address());
        QVERIFY(session);
        QVERIFY((*session)->attach({ 4711, 0, { 0, 1 }, false, false, {} }));
        const auto told = [&](std::string_view name) {
            const auto probes = (*session)->since({}).probes;
            return std::count_if(probes.begin(), probes.end(), [name](const ProbeFact& fact) {
                return fact.name == name && fact.state == wire::ProbeState::Silent;
            });
        };
        QTRY_COMPARE_WITH_TIMEOUT(told(tokenCounter), 1, 60'000);
        QCOMPARE(told(unseenArrivals), 1);
    }
};

QTEST_GUILESS_MAIN(TestCrossChecks)
#include "tst_cross_checks.moc"
