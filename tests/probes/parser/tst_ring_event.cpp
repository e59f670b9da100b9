// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/parser/ring_event.h"
#include "tests/probes/parser/fake_ring.h"

#include <QtTest>
#include <rapidcheck.h>

using namespace prism::probes;

class TestRingEvent : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aWriteOfWhichAPartWasCopied()
    {
        FakeRing ring;
        const std::string text = "0123456789abcdefXYZ";
        const auto bytes = ring.ioBytes(PRISM_WRITE, 9, text, 4);
        const auto event = socketEvent(bytes);
        QVERIFY(event);
        QCOMPARE(event->kind, SocketEventKind::Write);
        QCOMPARE(event->connection, 9u);
        QCOMPARE(event->target, 5u);
        QCOMPARE(event->thread, 4712u);
        QCOMPARE(event->bytes, text.size());
        QCOMPARE(event->exitNs - event->enterNs, 500u);
        QCOMPARE(event->sequence, 900u);
        QCOMPARE(std::string(event->prefix.begin(), event->prefix.end()), "0123");
        QCOMPARE(std::string(event->tail.begin(), event->tail.end()), "bcdefXYZ");
    }

    /// Where the begin of the call is not seen.
    void aWriteThatTellsWhenItsBytesLeft()
    {
        prism_io io {};
        io.event = FakeRing::head(PRISM_WRITE, 900);
        io.left_ns = 700;
        io.result = 3;
        auto event = socketEvent(std::as_bytes(std::span(&io, 1)));
        QCOMPARE(event->leftNs, 700u);
        QCOMPARE(event->enterNs, 700u);
        QCOMPARE(event->exitNs, 900u);
        io.left_ns = 0; // they leave later
        event = socketEvent(std::as_bytes(std::span(&io, 1)));
        QCOMPARE(event->leftNs, 0u);
        QCOMPARE(event->enterNs, 900u);
    }

    void shortTailsAreRightAligned()
    {
        FakeRing ring;
        const auto bytes = ring.ioBytes(PRISM_READ, 9, "abc");
        const auto event = socketEvent(bytes);
        QCOMPARE(std::string(event->tail.begin(), event->tail.end()), "abc");
        QCOMPARE(event->enterNs, event->exitNs);
    }

    void failedCalls()
    {
        prism_io io {};
        io.event = FakeRing::head(PRISM_WRITE, 7);
        io.result = -104;
        io.copied = 50; // what it cannot have
        const auto event = socketEvent(std::as_bytes(std::span(&io, 1)));
        QCOMPARE(event->error, 104);
        QCOMPARE(event->bytes, 0u);
        QVERIFY(event->prefix.empty());
    }

    void unreadablePayload()
    {
        prism_io io {};
        io.event = FakeRing::head(PRISM_WRITE, 7, PRISM_UNREADABLE);
        io.result = 300;
        const auto event = socketEvent(std::as_bytes(std::span(&io, 1)));
        QCOMPARE(event->bytes, 300u);
        QVERIFY(event->prefix.empty());
        QVERIFY(event->tail.empty());
    }

    void connections()
    {
        prism_connection told {};
        told.event = FakeRing::head(PRISM_OPENED, 7, PRISM_SEEN | PRISM_CLIENT);
        told.read_sequence = 1;
        told.write_sequence = 2;
        told.peer_port = 443;
        const auto event = socketEvent(std::as_bytes(std::span(&told, 1)));
        QCOMPARE(event->kind, SocketEventKind::Established);
        QVERIFY(event->seen);
        QCOMPARE(event->role, SocketRole::Client);
        QCOMPARE(event->readSequence, 1u);
        QCOMPARE(event->writeSequence, 2u);
        QCOMPARE(event->addresses.peerPort, 443);
    }

    /// Whatever stands in the ring: nothing is read beyond it.
    void anyBytes()
    {
        QVERIFY(rc::check([](std::vector<std::uint8_t> bytes, std::uint8_t kind) {
            if (bytes.size() > 9) {
                bytes[8] = static_cast<std::uint8_t>(kind % 12);
                bytes[9] = 0;
            }
            const auto event = socketEvent(std::as_bytes(std::span(bytes)));
            if (event) {
                RC_ASSERT(event->prefix.size() <= event->bytes);
                RC_ASSERT(event->tail.size() <= event->bytes);
                RC_ASSERT(event->enterNs <= event->exitNs);
                for (const std::uint8_t byte : event->prefix) {
                    RC_ASSERT(byte <= 255);
                }
            }
        }));
    }
};

QTEST_GUILESS_MAIN(TestRingEvent)
#include "tst_ring_event.moc"
