// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/parser/engine_streams.h"

#include "probes/bpf/engine_send.h"
#include "probes/helper/parser_link.h"
#include "tests/probes/engine/engine_message.h"

#include <QtTest>

#include <cstring>

using namespace prism;
using namespace prism::probes;
using namespace prism::test;

namespace {

constexpr std::uint32_t text = 0x80000000;

/// A send as the kernel's program puts it into the ring: as much of it as was copied.
std::vector<std::byte> send(std::string_view bytes, std::uint32_t thread = 12, std::uint64_t socket = 70,
    std::size_t copied = std::string_view::npos, std::uint16_t flags = 0)
{
    prism_engine_send head {};
    head.event.kind = PRISM_ENGINE_SEND;
    head.event.target = 5;
    head.event.tid = thread;
    head.event.flags = flags;
    head.socket = socket;
    head.bytes = static_cast<std::uint32_t>(bytes.size());
    head.copied = static_cast<std::uint32_t>(std::min(copied, bytes.size()));
    std::vector<std::byte> out(sizeof head + head.copied);
    std::memcpy(out.data(), &head, sizeof head);
    std::memcpy(out.data() + sizeof head, bytes.data(), head.copied);
    return out;
}

struct Told {
    std::vector<wire::EngineStep> steps;
    std::vector<wire::EngineRequest> requests;
    std::vector<wire::Loss> losses;
    std::vector<std::string> texts;
    bool allowed = true;
};

Told told(EngineStreams& streams)
{
    Told out;
    wire::RecordWalk walk(streams.records());
    while (const auto record = walk.next()) {
        out.allowed = out.allowed && mayComeFromParser(*record) && record->header.target == 5;
        if (const auto step = record->as<wire::EngineStep>()) {
            out.steps.push_back(*step);
        } else if (const auto request = record->as<wire::EngineRequest>()) {
            out.requests.push_back(*request);
        } else if (const auto loss = record->as<wire::Loss>()) {
            out.losses.push_back(*loss);
        } else if (record->as<wire::Text>()) {
            out.texts.emplace_back(record->text());
        }
    }
    streams.records().clear();
    return out;
}

std::string stepFrame(double stamp, std::size_t outputs = 8)
{
    Step step;
    step.outputs.resize(outputs);
    step.running = static_cast<std::uint32_t>(outputs);
    step.stamp = stamp;
    return frame(body(step));
}

} // namespace

class TestEngineStreams : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void stepsOfTwoEnginesAreStreamsOfTheirOwn()
    {
        EngineStreams streams(text);
        streams.attach(5);
        const std::string first = stepFrame(100, 200); // longer than a piece of 8 KiB
        const std::string second = stepFrame(100.5);
        QVERIFY(first.size() > 8192);
        QVERIFY(streams.event(send(std::string_view(first).substr(0, 8192))));
        QVERIFY(streams.event(send(second, 13, 80)));
        QVERIFY(streams.event(send(std::string_view(first).substr(8192))));
        const Told out = told(streams);
        QVERIFY(out.allowed);
        QCOMPARE(out.steps.size(), std::size_t(2));
        QCOMPARE(out.steps[0].outputs, 8);
        QCOMPARE(out.steps[1].outputs, 200);
        QCOMPARE(out.requests.size(), std::size_t(208));
    }

    /// A worker's wake-ups and an API server's questions go over other sockets.
    void whatIsNoMessageOfTheEngineIsPassedOver()
    {
        EngineStreams streams(text);
        streams.attach(5);
        for (int i = 0; i < 100; ++i) {
            QVERIFY(streams.event(send("\x01\x02\x03", 20, 90)));
        }
        streams.tick(1);
        QVERIFY(told(streams).losses.empty());
        // Events of others are not ours.
        prism_io io {};
        io.event.kind = PRISM_READ;
        QVERIFY(!streams.event(std::as_bytes(std::span(&io, 1))));
        QVERIFY(!streams.event({}));
    }

    void aTargetThatIsNotAttachedIsNotRead()
    {
        EngineStreams streams(text);
        QVERIFY(streams.event(send(stepFrame(100))));
        QVERIFY(told(streams).steps.empty());
        streams.attach(5);
        QVERIFY(streams.event(send(stepFrame(101))));
        QCOMPARE(told(streams).steps.size(), std::size_t(1));
        streams.detach(5, 2);
        QVERIFY(streams.event(send(stepFrame(102))));
        QVERIFY(told(streams).steps.empty());
    }

    void aLostSendCostsItsMessageAndNoMore()
    {
        EngineStreams streams(text);
        streams.attach(5);
        const std::string split = stepFrame(100, 200);
        streams.event(send(std::string_view(split).substr(0, 8192)));
        // The rest found no room in the ring.
        streams.event(send(stepFrame(101), 12, 70, std::string_view::npos, PRISM_LOST_BEFORE));
        streams.event(send(stepFrame(102)));
        QCOMPARE(told(streams).steps.size(), std::size_t(2));
    }

    void whatWasNotCopiedIsCounted()
    {
        EngineStreams streams(text);
        streams.attach(5);
        const std::string large = stepFrame(101, 200);
        streams.event(send(stepFrame(100)));
        streams.event(send(large, 12, 70, 4096, PRISM_TRUNCATED));
        streams.event(send(stepFrame(102)));
        streams.tick(7);
        const Told out = told(streams);
        QVERIFY(out.allowed);
        QCOMPARE(out.steps.size(), std::size_t(2));
        QCOMPARE(out.losses.size(), std::size_t(1));
        QCOMPARE(out.losses[0].dropped, 1u);
        QCOMPARE(out.losses[0].program, text);
        QCOMPARE(out.texts, std::vector<std::string> { "engine messages" });
        streams.tick(8); // told once
        QVERIFY(told(streams).losses.empty());
    }

    void socketsComeAndGo()
    {
        EngineStreams streams(text);
        streams.attach(5);
        const std::string whole = stepFrame(100, 100);
        streams.event(send(std::string_view(whole).substr(0, 100), 12, 1));
        for (std::uint64_t socket = 2; socket < 5000; ++socket) {
            streams.event(send("\x01", 12, socket));
            streams.event(send(std::string_view(whole).substr(100, 1), 12, 1));
        }
        streams.event(send(stepFrame(101), 12, 6000));
        QCOMPARE(told(streams).steps.size(), std::size_t(1));
    }
};

QTEST_APPLESS_MAIN(TestEngineStreams)
#include "tst_engine_streams.moc"
