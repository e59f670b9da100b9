// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/protocol/message.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace prism::test {

struct TalkReply {
    wire::Status status = wire::Status::Invalid;
    std::multimap<std::uint16_t, std::string> texts;
    std::multimap<std::uint16_t, std::uint64_t> numbers;

    template <class Key>
    std::string text(Key key) const
    {
        const auto found = texts.find(static_cast<std::uint16_t>(key));
        return found == texts.end() ? std::string() : found->second;
    }
    template <class Key>
    std::uint64_t number(Key key) const
    {
        const auto found = numbers.find(static_cast<std::uint16_t>(key));
        return found == numbers.end() ? 0 : found->second;
    }
};

/// Asks the helper questions over a socket, one at a time, and counts the records between.
class HelperTalk {
public:
    explicit HelperTalk(int socket)
        : m_socket(socket)
    {
        wire::FieldWriter hello;
        hello.integer(wire::HelloKey::Version, wire::protocolVersion)
            .integer(wire::HelloKey::Endianness, 0x01020304);
        send(wire::FrameType::Hello, hello.bytes());
    }
    ~HelperTalk() { ::close(m_socket); }
    HelperTalk(const HelperTalk&) = delete;
    HelperTalk& operator=(const HelperTalk&) = delete;

    /// A connection to a socket's path; -1 when nobody listens.
    static int connectTo(const std::string& path)
    {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address {};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), std::min(path.size() + 1, sizeof address.sun_path));
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::close(fd);
            return -1;
        }
        return fd;
    }

    /// All replies to the question; fewer when the helper hangs up or says nothing for half a minute.
    std::vector<TalkReply> ask(wire::Verb verb, const wire::FieldWriter& fields = {})
    {
        const wire::MessageHeader header { ++m_id, static_cast<std::uint16_t>(verb), 0, 0 };
        std::vector<std::byte> payload(sizeof header);
        std::memcpy(payload.data(), &header, sizeof header);
        payload.insert(payload.end(), fields.bytes().begin(), fields.bytes().end());
        send(wire::FrameType::Request, payload);
        std::vector<TalkReply> replies;
        while (const auto frame = next()) {
            if (frame->type == wire::FrameType::Reply && take(frame->payload, replies)) {
                break;
            }
        }
        return replies;
    }
    TalkReply attach(int pid, unsigned tiers, std::uint64_t startTicks = 0)
    {
        wire::FieldWriter fields;
        fields.integer(wire::AttachKey::Pid, static_cast<std::uint64_t>(pid))
            .integer(wire::AttachKey::Tiers, tiers);
        if (startTicks != 0) {
            fields.integer(wire::AttachKey::StartTicks, startTicks);
        }
        const auto replies = ask(wire::Verb::Attach, fields);
        return replies.empty() ? TalkReply {} : replies.front();
    }
    std::size_t recordFrames() const { return m_records; }

private:
    void send(wire::FrameType type, std::span<const std::byte> payload) const
    {
        std::vector<std::byte> bytes;
        wire::appendFrame(bytes, type, payload);
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t sent = ::send(m_socket, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
            if (sent <= 0) {
                return;
            }
            at += static_cast<std::size_t>(sent);
        }
    }
    std::optional<wire::Frame> next()
    {
        for (;;) {
            if (const auto frame = m_reader.next()) {
                m_records += frame->type == wire::FrameType::Records ? 1 : 0;
                return frame;
            }
            pollfd waiting { m_socket, POLLIN, 0 };
            const auto space = m_reader.space();
            const ssize_t got
                = ::poll(&waiting, 1, 30'000) == 1 ? ::recv(m_socket, space.data(), space.size(), 0) : 0;
            if (got <= 0 || m_reader.fault() != wire::FrameFault::None) {
                return std::nullopt;
            }
            m_reader.arrived(static_cast<std::size_t>(got));
        }
    }
    /// True with the last reply to the question.
    bool take(std::span<const std::byte> payload, std::vector<TalkReply>& replies) const
    {
        wire::MessageHeader header {};
        std::memcpy(&header, payload.data(), std::min(sizeof header, payload.size()));
        if (header.id != m_id) {
            return false;
        }
        TalkReply& reply = replies.emplace_back();
        reply.status = static_cast<wire::Status>(header.status);
        wire::FieldWalk walk(payload.subspan(sizeof header));
        while (const auto field = walk.next()) {
            if (field->kind == wire::FieldKind::Text) {
                reply.texts.emplace(field->key, field->text);
            } else if (field->kind == wire::FieldKind::Integer) {
                reply.numbers.emplace(field->key, field->integer);
            }
        }
        return header.more == 0;
    }

    int m_socket;
    std::uint32_t m_id = 0;
    std::size_t m_records = 0;
    wire::FrameReader m_reader;
};

} // namespace prism::test
