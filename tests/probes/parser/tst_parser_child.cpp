// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/parser/parser_child.h"
#include "probes/helper/parser/running_requests.h"
#include "probes/helper/parser_link.h"
#include "probes/helper/process_state.h"
#include "tests/probes/http/wire_scene.h"
#include "tests/probes/parser/fake_ring.h"

#include <QtTest>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

using namespace prism;
using namespace prism::probes;

namespace {
/// The parser within this process, and the helper's end of its channel.
struct Bench {
    Bench()
    {
        socketpair(AF_UNIX, SOCK_STREAM, 0, channel);
        parser = std::make_unique<Parser>(ring.reader, channel[1], 0);
    }
    ~Bench()
    {
        close(channel[0]);
        close(channel[1]);
    }
    void ask(wire::Verb verb, std::uint32_t id)
    {
        const wire::MessageHeader header { id, static_cast<std::uint16_t>(verb), 0, 0 };
        wire::FieldWriter fields;
        fields.integer(wire::AttachKey::Target, 5);
        std::vector<std::byte> payload(sizeof header);
        std::memcpy(payload.data(), &header, sizeof header);
        payload.insert(payload.end(), fields.bytes().begin(), fields.bytes().end());
        std::vector<std::byte> frame;
        wire::appendFrame(frame, wire::FrameType::Request, payload);
        QCOMPARE(send(channel[0], frame.data(), frame.size(), 0), ssize_t(frame.size()));
    }
    /// What the parser has sent; replies by id, behind how many record bytes each came.
    void receive()
    {
        ssize_t got = 0;
        do {
            const auto space = reader.space();
            got = recv(channel[0], space.data(), space.size(), MSG_DONTWAIT);
            reader.arrived(got > 0 ? static_cast<std::size_t>(got) : 0);
            while (const auto frame = reader.next()) {
                if (frame->type == wire::FrameType::Records) {
                    records.insert(records.end(), frame->payload.begin(), frame->payload.end());
                } else {
                    wire::MessageHeader header;
                    std::memcpy(&header, frame->payload.data(), sizeof header);
                    replies.emplace_back(header.id, records.size());
                }
            }
        } while (got > 0);
    }

    FakeRing ring;
    int channel[2] {};
    std::unique_ptr<Parser> parser;
    wire::FrameReader reader;
    std::vector<std::byte> records;
    std::vector<std::pair<std::uint32_t, std::size_t>> replies;
};
} // namespace

class TestParserChild : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void requestsComeOutOfTheRing()
    {
        Bench bench;
        bench.ask(wire::Verb::Attach, 1);
        QVERIFY(bench.parser->turn(0));
        bench.ring.opened(70);
        bench.ring.io(PRISM_READ, 70, post("/v1/chat/completions", "{}"));
        bench.ring.io(PRISM_WRITE, 70, streamHeader + chunk(roleEvent));
        bench.ring.io(PRISM_WRITE, 70, chunk(tokenEvent("a")));
        bench.ring.io(PRISM_WRITE, 70, lastChunk);
        bench.ring.closed(70);
        QVERIFY(bench.parser->turn(0));
        bench.receive();
        const Records told = sorted(bench.records);
        QVERIFY(told.wellFormed);
        QCOMPARE(told.requests.size(), 1u);
        QCOMPARE(told.path(0), "/v1/chat/completions");
        QVERIFY(told.requests[0].body.path >= ParserLink::firstText);
        QCOMPARE(told.requests[0].header.target, 5u);
        QCOMPARE(told.ends.at(0).body.tokenEvents, 1u);
        QCOMPARE(told.connections.size(), 2u);
        QCOMPARE(bench.replies.size(), 1u);

        wire::RecordWalk walk(bench.records);
        while (const auto record = walk.next()) {
            QVERIFY(mayComeFromParser(*record));
        }
    }

    /// The reply to Detach comes behind everything of the target, also what was still in the ring.
    void detachTellsEverything()
    {
        Bench bench;
        bench.ask(wire::Verb::Attach, 1);
        QVERIFY(bench.parser->turn(0));
        for (std::uint64_t i = 0; i < 200; ++i) {
            bench.ring.opened(i);
            bench.ring.io(PRISM_READ, i, "GET / HTTP/1.1\r\n\r\n");
        }
        bench.ask(wire::Verb::Detach, 2);
        QVERIFY(bench.parser->turn(0));
        bench.receive();
        const Records told = sorted(bench.records);
        QCOMPARE(told.requests.size(), 200u);
        QCOMPARE(told.ends.size(), 200u);
        QCOMPARE(told.ended(0), wire::EndReason::Detached);
        QVERIFY(!told.losses.empty());
        QCOMPARE(bench.replies.size(), 2u);
        QCOMPARE(bench.replies[1].first, 2u);
        QCOMPARE(bench.replies[1].second, bench.records.size());
    }

    /// More lies in the ring than is read in a turn: a packet further behind has left, however old its write
    /// is by then.
    void packetFarBehindInTheRingHasLeft()
    {
        Bench bench;
        bench.ask(wire::Verb::Attach, 1);
        QVERIFY(bench.parser->turn(0));
        bench.ring.now = nowNs() - 400'000'000;
        bench.ring.opened(70);
        bench.ring.io(PRISM_READ, 70, post("/v1/chat/completions", "{}"));
        const auto leaves = [&](std::uint64_t connection, std::uint32_t bytes) {
            prism_packet event {};
            event.event = FakeRing::head(PRISM_PACKET_OUT, bench.ring.now += 1000);
            event.connection = connection;
            event.sequence = bench.ring.writeNext - bytes;
            event.bytes = bytes;
            bench.ring.put(event);
            return bench.ring.now;
        };
        bench.ring.io(PRISM_WRITE, 70, streamHeader);
        leaves(70, static_cast<std::uint32_t>(streamHeader.size()));
        const std::string token = chunk(tokenEvent("a"));
        bench.ring.io(PRISM_WRITE, 70, token);
        for (int i = 0; i < 10'000; ++i) {
            leaves(71, 1);
        }
        const std::uint64_t left = leaves(70, static_cast<std::uint32_t>(token.size()));
        QVERIFY(bench.parser->turn(0));
        bench.receive();
        QCOMPARE(sorted(bench.records).chunks.size(), 0u);
        QVERIFY(bench.parser->turn(0));
        bench.receive();
        const Records told = sorted(bench.records);
        QCOMPARE(told.chunks.size(), 1u);
        QCOMPARE(told.chunks[0].body.wireNs, left);
    }

    void recordsAreCutIntoFramesAtTheirBorders()
    {
        std::vector<std::byte> records;
        for (int i = 0; i < 20'000; ++i) {
            wire::appendRecord(records, wire::RecordHeader {}, wire::HttpEnd {});
        }
        std::vector<std::byte> frames;
        appendRecordFrames(frames, records);
        wire::FrameReader reader;
        std::size_t at = 0;
        std::size_t whole = 0;
        while (at < frames.size()) {
            const auto space = reader.space();
            const auto bytes = std::min(space.size(), frames.size() - at);
            std::copy_n(frames.begin() + static_cast<std::ptrdiff_t>(at), bytes, space.begin());
            reader.arrived(bytes);
            at += bytes;
            while (const auto frame = reader.next()) {
                wire::RecordWalk walk(frame->payload);
                while (walk.next()) {
                    ++whole;
                }
                QVERIFY(walk.wellFormed());
            }
        }
        QCOMPARE(whole, 20'000u);
    }

    void questionsOutOfPlaceEndIt_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        std::vector<std::byte> list;
        const wire::MessageHeader header { 1, static_cast<std::uint16_t>(wire::Verb::List), 0, 0 };
        wire::appendFrame(list, wire::FrameType::Request, std::as_bytes(std::span(&header, 1)));
        QTest::newRow("garbage") << QByteArray("no frame at all, but long enough");
        QTest::newRow("other verb") << QByteArray(
            reinterpret_cast<const char*>(list.data()), qsizetype(list.size()));
    }
    void questionsOutOfPlaceEndIt()
    {
        QFETCH(QByteArray, bytes);
        Bench bench;
        QCOMPARE(send(bench.channel[0], bytes.data(), std::size_t(bytes.size()), 0), ssize_t(bytes.size()));
        QVERIFY(!bench.parser->turn(0));
        QVERIFY(!bench.parser->finished());
    }

    void endsWhenTheHelperHangsUp()
    {
        Bench bench;
        shutdown(bench.channel[0], SHUT_RDWR);
        QVERIFY(!bench.parser->turn(0));
        QVERIFY(bench.parser->finished());
    }

    /// Confined and forked, over a ring that both processes see; killed, its requests are ended in its place.
    void forkedChild()
    {
        constexpr std::size_t ringBytes = 1 << 16;
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        void* shared = mmap(
            nullptr, 2 * page + 2 * ringBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        QVERIFY(shared != MAP_FAILED);
        auto* memory = static_cast<std::byte*>(shared);
        RingReader ring(memory, memory + page, ringBytes);
        auto link = ParserLink::start(ring, runParserChild, 3);
        QVERIFY(link);
        link->ask(wire::Verb::Attach, 5, 1);
        QVERIFY(link->flush());

        FakeRing events;
        std::uint64_t at = 0;
        const auto put = [&](std::span<const std::byte> event) {
            const auto length = static_cast<std::uint32_t>(event.size());
            std::memcpy(memory + 2 * page + at, &length, sizeof length);
            std::memcpy(memory + 2 * page + at + 8, event.data(), event.size());
            at += (event.size() + 8 + 7) / 8 * 8;
            std::atomic_ref<std::uint64_t>(*reinterpret_cast<std::uint64_t*>(memory + page)).store(at);
        };
        put(events.ioBytes(PRISM_READ, 70, "GET /running HTTP/1.1\r\nX-Request-Id: r1\r\n\r\n"));

        RunningRequests running;
        std::vector<std::byte> records;
        const auto keep = [&](const wire::RecordView& view) {
            running.follow(view);
            const auto* header = reinterpret_cast<const std::byte*>(&view.header);
            records.insert(records.end(), header, header + sizeof view.header);
            records.insert(records.end(), view.body.begin(), view.body.end());
        };
        int replies = 0;
        while (running.count() == 0) {
            QVERIFY(link->read(keep, [&](std::uint32_t) { ++replies; }));
        }
        QCOMPARE(replies, 1);
        kill(link->pid(), SIGKILL);
        while (link->read(keep, [](std::uint32_t) {})) { }
        running.endAll(99, keep);
        QCOMPARE(running.count(), 0u);
        const Records told = sorted(records);
        QCOMPARE(told.path(0), "/running");
        QCOMPARE(told.key(0), "r1");
        QCOMPARE(told.requests.at(0).body.request, 3u << 24);
        QCOMPARE(told.ends.size(), 1u);
        QCOMPARE(told.ended(0), wire::EndReason::Unsynchronised);
        QCOMPARE(told.ends[0].body.request, told.requests[0].body.request);
        link.reset();
        munmap(shared, 2 * page + 2 * ringBytes);
    }
};

QTEST_GUILESS_MAIN(TestParserChild)
#include "tst_parser_child.moc"
