// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/protocol/message.h"
#include "tests/support/observer/running_program.h"

#include <QProcess>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace prism::test {

/// A request put together from the helper's records and nothing else.
struct ObservedRequest {
    std::uint64_t connection = 0;
    std::uint32_t request = 0;
    std::uint16_t peerPort = 0;
    std::string path;
    std::string key; ///< the client's X-Request-Id
    wire::HttpRequest begin {};
    wire::HttpResponse response {};
    std::uint64_t responseNs = 0;
    wire::HttpEnd end {};
    std::uint64_t endNs = 0; ///< 0: it did not end
    std::int64_t usageTokens = -1;
    std::uint64_t bodyBytes = 0;
    std::vector<std::int64_t> eventNs; ///< one an event
    std::vector<std::int64_t> tokenNs; ///< one a token event
    std::vector<std::int64_t> tokenWireNs; ///< when its packet left
    unsigned text = 0, empty = 0, role = 0, finish = 0, usage = 0, done = 0, other = 0;
    bool truncated = false;

    bool ended(wire::EndReason reason) const
    {
        return endNs != 0 && end.reason == static_cast<std::uint8_t>(reason);
    }
};

struct TimedRecord {
    wire::RecordHeader header {};
    std::string text; ///< the name that the body refers to
    std::vector<std::byte> body;

    template <class Body>
    Body as() const
    {
        wire::RecordView view { header, body };
        return view.as<Body>().value_or(Body {});
    }
};

/// A session with the helper over its standard input and output, as a program of ours would have it.
class ObservedSession {
public:
    /// Starts prism-probed --stdio and greets it.
    explicit ObservedSession(const QString& program = ObservedSession::program());
    ~ObservedSession();
    ObservedSession(const ObservedSession&) = delete;
    ObservedSession& operator=(const ObservedSession&) = delete;

    /// The helper, when PRISM_PROBED does not name another build of it.
    static QString program();
    /// A build without sanitizers, for what is timed: PRISM_PROBED_RELEASE, else this build when it is one.
    /// Empty when there is none.
    static QString releaseProgram();
    /// Why nothing can be observed here (no root, no BTF, no helper); empty when it can.
    static QString impossible();

    bool greeted() const { return m_greeted; }
    std::int64_t pid() const { return m_helper.processId(); }

    struct Reply {
        wire::Status status = wire::Status::Invalid;
        std::string text; ///< the sentence
        std::uint32_t target = 0;
        std::uint64_t programs = 0;
        std::uint64_t attachNs = 0; ///< as the helper says
        std::uint64_t cpuWaitNs = 0;
        std::int64_t tookNs = 0; ///< from question to answer, here
        bool came = false;

        bool ok() const { return came && status == wire::Status::Ok; }
    };
    /// Attaches; `tiers` are bits.
    Reply attach(std::int64_t pid, std::uint32_t tiers = 3, std::uint64_t startTicks = 0);
    Reply detach(std::uint32_t target);

    /// Reads what comes until `done` or the time is over; false for the latter and when the helper ends.
    template <class Done>
    bool readUntil(Done done, int timeoutMs = 20'000)
    {
        const std::int64_t until = nowMs() + timeoutMs;
        while (!done()) {
            if (!readSome(static_cast<int>(until - nowMs()))) {
                return done();
            }
        }
        return true;
    }
    /// Lets what comes pile up for so long: what is measured meanwhile is not this reader.
    void letPileUp(int ms);
    void kill();
    /// Closes the helper's input and waits for its end.
    bool leave(int timeoutMs = 20'000);

    std::map<std::pair<std::uint64_t, std::uint32_t>, ObservedRequest> requests;
    std::map<std::uint64_t, wire::Connection> connections; ///< as first told
    std::vector<TimedRecord> records; ///< all but those of requests and connections
    std::size_t recordCount = 0;
    std::uint64_t sequenceGaps = 0; ///< records that the sequence numbers say were lost on the way here

    /// Requests that ended, however.
    std::size_t endedRequests() const;
    std::vector<TimedRecord> all(wire::RecordType type) const;
    /// Sums of the final Loss records, by program and reason, without payload that was cut short on purpose
    /// (Truncated: whether anything is missing for it shows in the counts of requests).
    struct Count {
        std::uint64_t attempted = 0, emitted = 0, dropped = 0;
    };
    std::map<std::string, Count> finalCounts() const;
    /// What the session says it lost, in words for a failure.
    QString losses() const;
    std::string fault() const { return m_fault; }

private:
    static std::int64_t nowMs();
    bool readSome(int timeoutMs);
    void ask(wire::Verb verb, const wire::FieldWriter& fields);
    Reply waitForReply();
    void take(const wire::RecordView& view);
    bool takeHttp(const wire::RecordView& view);
    void takeChunk(const wire::RecordView& view, const wire::HttpChunk& chunk);
    ObservedRequest& at(std::uint64_t connection, std::uint32_t request);
    std::string text(std::uint32_t id) const;

    QProcess m_helper;
    wire::FrameReader m_reader;
    std::map<std::uint32_t, std::string> m_texts;
    std::map<std::uint8_t, std::uint32_t> m_sequence;
    std::map<std::uint32_t, Reply> m_replies;
    std::uint32_t m_asked = 0;
    bool m_greeted = false;
    std::string m_fault;
};

} // namespace prism::test
