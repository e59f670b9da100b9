// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/outbox.h"
#include "probes/helper/ring.h"

#include <functional>
#include <memory>
#include <sys/types.h>

namespace prism::probes {

/// The child without rights that reads payload, seen from the privileged side: it can send records of a few
/// types and answers, and nothing else is believed. A child that breaks the rules is killed.
class ParserLink {
public:
    /// What runs in the child; never returns. `channel`: frames, both ways. `generation`: how many children
    /// ran before it, so that it uses no number again.
    using Entry = void (*)(RingReader& ring, int channel, std::uint32_t generation);
    /// Numbers of the child's strings begin here: they never meet the helper's.
    static constexpr std::uint32_t firstText = 0x80000000;

    /// Forks. Null with errno set when that fails.
    static std::unique_ptr<ParserLink> start(RingReader& ring, Entry entry, std::uint32_t generation);
    ~ParserLink();
    ParserLink(const ParserLink&) = delete;
    ParserLink& operator=(const ParserLink&) = delete;

    int fd() const { return m_channel; }
    pid_t pid() const { return m_pid; }

    /// Asks the child; its answer carries the number that is returned.
    std::uint32_t ask(wire::Verb verb, std::uint32_t target, std::uint64_t startNs);
    /// Hands out what arrived. False when the child is gone or sent what it must not.
    bool read(const std::function<void(const wire::RecordView&)>& onRecord,
        const std::function<void(std::uint32_t)>& onReply);
    /// False when the child is gone.
    bool flush() { return m_outbox.flush(m_channel) == 0 && !m_outbox.overflowed(); }
    bool wantsToWrite() const { return !m_outbox.empty(); }

private:
    ParserLink(int channel, pid_t pid)
        : m_channel(channel)
        , m_pid(pid)
    {
    }
    bool take(const wire::Frame& frame, const std::function<void(const wire::RecordView&)>& onRecord,
        const std::function<void(std::uint32_t)>& onReply);

    int m_channel;
    pid_t m_pid;
    std::uint32_t m_asked = 0;
    wire::FrameReader m_reader;
    Outbox m_outbox { 1U << 20 };
};

/// True for a record that the child may send and that is as long as its type says.
bool mayComeFromParser(const wire::RecordView& view);

} // namespace prism::probes
