// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/record_queue.h"

#include <QtTest>

#include <cstring>
#include <list>

using namespace prism;
using namespace prism::probes::http;

namespace {

constexpr std::size_t recordBytes = sizeof(wire::RecordHeader) + sizeof(wire::HttpChunk);
constexpr std::size_t fitInOne = RecordQueue::mostHeld / recordBytes;

/// Token number n: its last byte has the sequence number n.
void putToken(RecordQueue& queue, std::uint32_t number)
{
    wire::RecordHeader header {};
    header.timeNs = 1'000 + number;
    wire::HttpChunk chunk {};
    chunk.index = number;
    queue.putWaiting(header, chunk, number);
}

/// When the packets of the tokens that came out left, in their order; 0: not known.
std::vector<std::uint64_t> times(const Recorder& recorder)
{
    std::vector<std::uint64_t> found;
    for (std::size_t at = 0; at + recordBytes <= recorder.out.size(); at += recordBytes) {
        wire::HttpChunk chunk {};
        std::memcpy(&chunk, recorder.out.data() + at + sizeof(wire::RecordHeader), sizeof chunk);
        found.push_back(chunk.wireNs);
    }
    return found;
}

} // namespace

/// What waits for its packet, and how much of it.
class TestRecordQueue : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// A token every 0.7 ms, an acknowledgement after 40 ms and one after a quarter of a second.
    void manySmallWritesWaitForOnePacket()
    {
        for (const std::uint32_t tokens : { 57u, 350u }) {
            Recorder recorder(1);
            RecordQueue queue(recorder);
            for (std::uint32_t i = 0; i < tokens; ++i) {
                putToken(queue, i);
            }
            QVERIFY(recorder.out.empty());
            queue.left(0, tokens, 5);
            QCOMPARE(times(recorder), std::vector<std::uint64_t>(tokens, 5));
            QCOMPARE(recorder.held, std::size_t(0));
        }
    }

    void theOldestGoWithoutTheirTime()
    {
        Recorder recorder(1);
        RecordQueue queue(recorder);
        const auto tokens = static_cast<std::uint32_t>(fitInOne + 10);
        for (std::uint32_t i = 0; i < tokens; ++i) {
            putToken(queue, i);
            QVERIFY(recorder.held <= RecordQueue::mostHeld + recordBytes);
        }
        queue.left(0, tokens, 5);
        const std::vector<std::uint64_t> told = times(recorder);
        QCOMPARE(told.size(), std::size_t(tokens));
        QVERIFY(std::is_sorted(told.begin(), told.end())); // first those without
        QVERIFY(std::count(told.begin(), told.end(), 0) <= 10);
        QCOMPARE(told.back(), std::uint64_t(5));
    }

    void allConnectionsTogetherAreBounded()
    {
        Recorder recorder(1);
        {
            std::list<RecordQueue> queues;
            std::size_t put = 0;
            for (int connection = 0; connection < 200; ++connection) {
                RecordQueue& queue = queues.emplace_back(recorder);
                for (std::uint32_t i = 0; i < fitInOne; ++i, ++put) {
                    putToken(queue, i);
                    QVERIFY(recorder.held <= RecordQueue::mostHeldInAll + 200 * recordBytes);
                }
            }
            QCOMPARE(recorder.out.size() + recorder.held, put * recordBytes);
            queues.front().releaseAll();
            QCOMPARE(recorder.out.size() + recorder.held, put * recordBytes);
        }
        QCOMPARE(recorder.held, std::size_t(0)); // those that were never told are gone
    }
};

QTEST_GUILESS_MAIN(TestRecordQueue)
#include "tst_record_queue.moc"
