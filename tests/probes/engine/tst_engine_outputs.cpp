// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/engine/engine_outputs.h"
#include "tests/probes/engine/engine_message.h"

#include <QtTest>
#include <rapidcheck.h>

#include <string>

using namespace prism;
using namespace prism::probes::engine;
using namespace prism::test;

namespace {
Bytes asBytes(std::string_view text)
{
    return { reinterpret_cast<const std::uint8_t*>(text.data()), text.size() };
}

struct Bench {
    std::vector<std::byte> out;
    EngineOutputs outputs { 5, out };

    void send(std::string_view bytes) { outputs.send(asBytes(bytes), bytes.size(), 12); }
    std::vector<std::pair<wire::RecordHeader, wire::EngineStep>> steps() const
    {
        return all<wire::EngineStep>();
    }
    std::vector<std::pair<wire::RecordHeader, wire::EngineRequest>> requests() const
    {
        return all<wire::EngineRequest>();
    }
    template <class Body>
    std::vector<std::pair<wire::RecordHeader, Body>> all() const
    {
        std::vector<std::pair<wire::RecordHeader, Body>> found;
        wire::RecordWalk walk(out);
        while (const auto record = walk.next()) {
            if (const auto body = record->as<Body>()) {
                found.emplace_back(record->header, *body);
            }
        }
        return found;
    }
};

/// A step whose frame has exactly this many bytes.
std::string frameOfLength(std::size_t length)
{
    Step step;
    step.outputs.resize((length - 300) / 70);
    step.running = std::uint32_t(step.outputs.size());
    const std::size_t missing = length - frame(body(step)).size();
    for (std::size_t left = missing, i = 0; left > 0; ++i) {
        const auto more = std::min<std::size_t>(left, 150); // ids of 32 bytes and more have a length byte
        step.outputs[i % step.outputs.size()].id += std::string(more, 'x');
        left = length - frame(body(step)).size();
    }
    return frame(body(step));
}
} // namespace

class TestEngineOutputs : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aStepIsTold()
    {
        Bench bench;
        bench.send(
            frame(body({ { { "1_chatcmpl-abc-0badcafe", 1, -1, 99.5, 99.75 }, { "cmpl-9-12345678", 2, 1 } },
                2, 3, 100.5 })));
        const auto steps = bench.steps();
        QCOMPARE(steps.size(), 1u);
        QCOMPARE(steps[0].first.timeNs, 100'500'000'000u);
        QCOMPARE(steps[0].first.durationNs, 0u);
        QCOMPARE(steps[0].first.target, 5u);
        QCOMPARE(steps[0].first.source, std::uint8_t(wire::Source::Engine));
        QCOMPARE(steps[0].second.tokens, 3u);
        QCOMPARE(steps[0].second.outputs, 2);
        QCOMPARE(steps[0].second.running, 2);
        QCOMPARE(steps[0].second.waiting, 3);
        QCOMPARE(steps[0].second.kvPermille, 250);
        QCOMPARE(steps[0].second.phase, std::uint8_t(wire::StepPhase::Mixed));
        const auto requests = bench.requests();
        QCOMPARE(requests.size(), 2u);
        QCOMPARE(requests[0].second.key, requestKey("chatcmpl-abc"));
        QCOMPARE(requests[0].second.queuedNs, 99'500'000'000u);
        QCOMPARE(requests[0].second.scheduledNs, 99'750'000'000u);
        QCOMPARE(requests[0].second.finish, 0);
        QCOMPARE(requests[1].second.newTokens, 2);
        QCOMPARE(requests[1].second.finish, 2); // length
        QCOMPARE(bench.outputs.finished(), 1u);
    }

    void beginIsTheEndBefore()
    {
        Bench bench;
        bench.send(frame(body({ { {} }, 1, 0, 100.0 })));
        bench.send(frame(body({ { {} }, 0, 0, 100.25 })));
        bench.send(frame(body({ {}, 0, 0, 100.5 }))); // closes the burst: no step
        bench.send(frame(body({ {}, 1, 0, 200.0 }))); // a part of a prompt
        const auto steps = bench.steps();
        QCOMPARE(steps.size(), 3u);
        QCOMPARE(steps[1].first.timeNs, 100'000'000'000u);
        QCOMPARE(steps[1].first.durationNs, 250'000'000u);
        QCOMPARE(steps[2].first.durationNs, 0u); // idle before: when it began is not known
        QCOMPARE(steps[2].second.phase, std::uint8_t(wire::StepPhase::Prefill));
        QCOMPARE(bench.outputs.steps(), 3u);
    }

    void iterationDetails()
    {
        Pack details;
        details.map(5).text("num_ctx_requests").integer(1).text("num_ctx_tokens").integer(500);
        details.text("num_generation_requests").integer(7).text("num_generation_tokens").integer(7);
        details.text("elapsed_ms").number(12.5);
        Bench bench;
        bench.send(frame(body({ { {} }, 8, 0, 100.0, details.bytes })));
        const auto steps = bench.steps();
        QCOMPARE(steps.at(0).second.tokens, 507u);
        QCOMPARE(steps[0].second.sequences, 8);
        QCOMPARE(steps[0].second.outputs, 1);
        QCOMPARE(steps[0].second.phase, std::uint8_t(wire::StepPhase::Mixed));
        QCOMPARE(steps[0].first.durationNs, 12'500'000u);
    }

    /// T7: 8192 bytes, then a last one of its own.
    void frameOf8193Bytes()
    {
        const std::string whole = frameOfLength(8193);
        QCOMPARE(whole.size(), 8193u);
        Bench bench;
        bench.send(whole.substr(0, 8192));
        QCOMPARE(bench.steps().size(), 0u);
        bench.send(whole.substr(8192));
        bench.send(whole);
        QCOMPARE(bench.steps().size(), 2u);
    }

    /// T8
    void attachedInTheMiddleOfAFrame()
    {
        const std::string whole = frameOfLength(10'000);
        Bench bench;
        bench.send(whole.substr(8192));
        QCOMPARE(bench.outputs.stream().skippedBytes(), 10'000u - 8192u);
        bench.send(whole.substr(0, 8192));
        bench.send(whole.substr(8192));
        QCOMPARE(bench.steps().size(), 1u);
    }

    void furtherFramesOfAMessageArePassedOver()
    {
        Bench bench;
        bench.send(
            frame(body({ { {} }, 1, 0, 100.0 }), 1) + frame(std::string(70'000, '\x99'), 1) + frame("tail"));
        bench.send(frame(body({ { {} }, 1, 0, 101.0 })));
        QCOMPARE(bench.steps().size(), 2u);
        QCOMPARE(bench.outputs.misshapen(), 0u);
    }

    void unseenBytes()
    {
        const std::string whole = frameOfLength(40'000);
        Bench bench;
        bench.outputs.send(asBytes(whole).first(32'768), whole.size(), 1);
        QCOMPARE(bench.steps().size(), 0u);
        QCOMPARE(bench.outputs.stream().skippedMessages(), 1u);
        bench.send(frame(body({ { {} } }))); // the next one is found by the length
        QCOMPARE(bench.steps().size(), 1u);
        QVERIFY(bench.outputs.stream().synchronised());
    }

    void lostSends()
    {
        Bench bench;
        bench.send(frame(body({ { {} }, 1, 0, 100.0 })));
        bench.outputs.lose();
        bench.send("\x07 in the middle of something");
        bench.send(frame(body({ { {} }, 1, 0, 102.0 })));
        const auto steps = bench.steps();
        QCOMPARE(steps.size(), 2u);
        QCOMPARE(steps[1].first.durationNs, 0u); // others may have been between
    }

    /// However frames fall into sends, the steps are the same.
    void anySplitTellsTheSame()
    {
        std::string stream;
        for (int i = 0; i < 6; ++i) {
            stream += frame(body({ std::vector<Output>(std::size_t(i * 20 + 1)), 1, 0, 100.0 + i }));
        }
        Bench whole;
        whole.send(stream);
        QCOMPARE(whole.steps().size(), 6u);
        QVERIFY(rc::check([&] {
            Bench split;
            std::string_view rest = stream;
            std::size_t first = 10; // enough of the first to be told
            while (!rest.empty()) {
                const auto size = std::min(rest.size(), first + *rc::gen::inRange<std::size_t>(1, 9000));
                split.send(rest.substr(0, size));
                rest.remove_prefix(size);
                first = 0;
            }
            RC_ASSERT(split.out == whole.out);
        }));
    }

    void hostileMessages()
    {
        Bench bench;
        Pack deep;
        deep.array(9).integer(0).bytes += std::string(300, char(0x91));
        bench.send(frame(deep.bytes));
        Pack large;
        large.array(9).integer(0).byte(0xdd).bigEndian(0xffffffff, 4).bytes += std::string(20, char(0xc0));
        bench.send(frame(large.bytes));
        QCOMPARE(bench.steps().size(), 0u);
        QCOMPARE(bench.outputs.misshapen(), 2u);
        Pack endless;
        endless.byte(2).bigEndian(std::uint64_t(1) << 63, 8).array(9);
        bench.outputs.lose();
        bench.send(endless.bytes);
        QVERIFY(!bench.outputs.stream().synchronised());

        const std::string good = body({ { {}, { "x", 3, 0, 1, 2 } }, 2, 1, 5.0 });
        QVERIFY(rc::check([&] {
            std::string bad = good;
            const auto changes = *rc::gen::inRange(1, 6);
            for (int i = 0; i < changes; ++i) {
                bad[*rc::gen::inRange<std::size_t>(1, bad.size())] = char(*rc::gen::inRange(0, 256));
            }
            bad.resize(*rc::gen::inRange<std::size_t>(11, bad.size() + 1));
            Bench tried;
            tried.send(frame(bad));
            wire::RecordWalk walk(tried.out);
            while (walk.next()) { }
            RC_ASSERT(walk.wellFormed());
            RC_ASSERT(tried.outputs.steps() <= 1u);
        }));
    }

    void requestKeys()
    {
        QCOMPARE(requestKey("chatcmpl-b24a7b0ace190e7b-0badcafe"), requestKey("chatcmpl-b24a7b0ace190e7b"));
        QCOMPARE(requestKey("0_cmpl-1-0badcafe"), requestKey("cmpl-1"));
        QVERIFY(requestKey("cmpl-1") != requestKey("cmpl-2"));
        QVERIFY(requestKey("_a") != requestKey("a"));
    }
};

QTEST_GUILESS_MAIN(TestEngineOutputs)
#include "tst_engine_outputs.moc"
