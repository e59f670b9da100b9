// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_helper.h"

#include "core/live/messages.h"

#include <cstring>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace prism::test {

namespace {

bool writeAll(int descriptor, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t wrote = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (wrote <= 0) {
            return false;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return true;
}

bool writeFrame(int descriptor, wire::FrameType type, std::span<const std::byte> payload)
{
    std::vector<std::byte> frame;
    wire::appendFrame(frame, type, payload);
    return writeAll(descriptor, frame);
}

} // namespace

FakeHelper::FakeHelper()
    : FakeHelper(Manners {})
{
}

FakeHelper::FakeHelper(Manners manners)
    : m_manners(std::move(manners))
{
    m_target.start = { 1'000'000'000 };
    m_target.startUnixNs = 1'700'000'001'000'000'000;
    m_target.tiers = { 0, 1 };
    m_target.programs = 12;
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
    m_listen = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    m_wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bind(m_listen, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
        || listen(m_listen, 4) != 0) {
        qFatal("no socket at %s", address.sun_path);
    }
    m_thread = std::thread([this] { run(); });
}

FakeHelper::~FakeHelper()
{
    m_stop = true;
    wake();
    m_thread.join();
    close(m_listen);
    close(m_wake);
}

live::HelperAddress FakeHelper::address() const
{
    return { live::HelperAddress::Socket, socket(), {}, "the helper of the test" };
}

void FakeHelper::setServers(std::vector<live::FoundServer> servers)
{
    const std::lock_guard lock(m_mutex);
    m_servers = std::move(servers);
}

void FakeHelper::setMachine(std::vector<live::MachineFeature> features)
{
    const std::lock_guard lock(m_mutex);
    m_machine = std::move(features);
}

void FakeHelper::setTarget(live::Target target)
{
    const std::lock_guard lock(m_mutex);
    m_target = std::move(target);
}

void FakeHelper::onAttach(std::function<std::vector<std::byte>(live::TargetNumber)> records)
{
    const std::lock_guard lock(m_mutex);
    m_onAttach = std::move(records);
}

void FakeHelper::onDetach(std::function<std::vector<std::byte>()> records)
{
    const std::lock_guard lock(m_mutex);
    m_onDetach = std::move(records);
}

live::Target FakeHelper::target() const
{
    const std::lock_guard lock(m_mutex);
    return m_target;
}

void FakeHelper::wake()
{
    const std::uint64_t one = 1;
    (void)!::write(m_wake, &one, sizeof one);
}

void FakeHelper::send(std::vector<std::byte> records)
{
    {
        const std::lock_guard lock(m_mutex);
        m_items.push_back({ Kind::Records, std::move(records) });
    }
    wake();
}

void FakeHelper::sendRaw(std::vector<std::byte> bytes)
{
    {
        const std::lock_guard lock(m_mutex);
        m_items.push_back({ Kind::Raw, std::move(bytes) });
    }
    wake();
}

void FakeHelper::hangUp()
{
    {
        const std::lock_guard lock(m_mutex);
        m_items.push_back({ Kind::HangUp, {} });
    }
    wake();
}

void FakeHelper::run()
{
    while (!m_stop) {
        pollfd polled[2] { { m_listen, POLLIN, 0 }, { m_wake, POLLIN, 0 } };
        poll(polled, 2, -1);
        if ((polled[0].revents & POLLIN) != 0) {
            const int client = accept4(m_listen, nullptr, nullptr, SOCK_CLOEXEC);
            serve(client);
            close(client);
            m_clientLeft = true;
        }
        std::uint64_t count = 0;
        (void)!::read(m_wake, &count, sizeof count);
    }
}

void FakeHelper::serve(int client)
{
    wire::FrameReader reader;
    m_anyAttached = false;
    while (!m_stop) {
        std::deque<Item> items;
        {
            const std::lock_guard lock(m_mutex);
            while (!m_items.empty() && (m_anyAttached || m_items.front().kind != Kind::Records)) {
                items.push_back(std::move(m_items.front()));
                m_items.pop_front();
            }
        }
        for (const Item& item : items) {
            if (item.kind == Kind::HangUp) {
                return;
            }
            const bool sent = item.kind == Kind::Raw
                ? writeAll(client, item.bytes)
                : writeFrame(client, wire::FrameType::Records, item.bytes);
            if (!sent) {
                return;
            }
        }
        pollfd polled[2] { { client, POLLIN, 0 }, { m_wake, POLLIN, 0 } };
        poll(polled, 2, -1);
        std::uint64_t count = 0;
        (void)!::read(m_wake, &count, sizeof count);
        if (polled[0].revents != 0 && !receive(client, reader)) {
            return;
        }
    }
}

bool FakeHelper::receive(int client, wire::FrameReader& reader)
{
    const auto space = reader.space();
    const ssize_t size = ::read(client, space.data(), space.size());
    if (size <= 0) {
        return false;
    }
    reader.arrived(static_cast<std::size_t>(size));
    while (const auto frame = reader.next()) {
        if (frame->type == wire::FrameType::Hello && m_manners.greets) {
            wire::FieldWriter hello;
            hello.integer(wire::HelloKey::Version, m_manners.version)
                .text(wire::HelloKey::Program, "fake helper 1.0")
                .integer(wire::HelloKey::Features, 3)
                .integer(wire::HelloKey::Endianness, 0x01020304);
            writeFrame(client, wire::FrameType::Hello, hello.bytes());
        } else if (frame->type == wire::FrameType::Request && m_manners.answers
            && frame->payload.size() >= sizeof(wire::MessageHeader)) {
            wire::MessageHeader header;
            std::memcpy(&header, frame->payload.data(), sizeof header);
            answer(client, header, frame->payload.subspan(sizeof header));
        }
    }
    return true;
}

void FakeHelper::reply(
    int client, wire::MessageHeader header, const wire::FieldWriter& fields, bool more, wire::Status status)
{
    header.more = more ? 1 : 0;
    header.status = static_cast<std::uint8_t>(status);
    std::vector<std::byte> payload(sizeof header);
    std::memcpy(payload.data(), &header, sizeof header);
    payload.insert(payload.end(), fields.bytes().begin(), fields.bytes().end());
    writeFrame(client, wire::FrameType::Reply, payload);
}

void FakeHelper::answer(int client, const wire::MessageHeader& header, std::span<const std::byte> fields)
{
    wire::FieldWriter out;
    switch (static_cast<wire::Verb>(header.verb)) {
    case wire::Verb::List: {
        std::unique_lock lock(m_mutex);
        const auto servers = m_servers;
        lock.unlock();
        for (const live::FoundServer& server : servers) {
            wire::FieldWriter one;
            live::writeServer(one, server);
            reply(client, header, one, true);
        }
        reply(client, header, out);
        break;
    }
    case wire::Verb::Doctor: {
        std::unique_lock lock(m_mutex);
        const auto features = m_machine;
        lock.unlock();
        for (const live::MachineFeature& feature : features) {
            wire::FieldWriter one;
            live::writeFeature(one, feature);
            reply(client, header, one, true);
        }
        reply(client, header, out);
        break;
    }
    case wire::Verb::Attach: {
        wire::FieldWalk walk(fields);
        live::Target answer = target();
        while (const auto field = walk.next()) {
            if (field->is(wire::AttachKey::Pid)) {
                answer.server.pid = static_cast<std::uint32_t>(field->integer);
            } else if (field->is(wire::AttachKey::Tiers)) {
                m_tiersAsked = field->integer;
            } else if (field->is(wire::AttachKey::ProbeBudget)) {
                m_budgetAsked = field->number;
            }
        }
        const bool refused = m_manners.refusedPid != 0 && answer.server.pid == m_manners.refusedPid;
        if (m_manners.attach != wire::Status::Ok || refused) {
            out.text(wire::AttachKey::Text, m_manners.refusal);
            reply(client, header, out, false, refused ? wire::Status::Refused : m_manners.attach);
            break;
        }
        answer.number = static_cast<live::TargetNumber>(++m_attached);
        live::writeTarget(out, answer);
        reply(client, header, out);
        m_anyAttached = true;
        std::unique_lock lock(m_mutex);
        const auto records = m_onAttach;
        lock.unlock();
        if (records) {
            writeFrame(client, wire::FrameType::Records, records(answer.number));
        }
        break;
    }
    case wire::Verb::Detach: {
        ++m_detached;
        std::unique_lock lock(m_mutex);
        const auto records = m_onDetach;
        lock.unlock();
        if (records) {
            writeFrame(client, wire::FrameType::Records, records());
        }
        reply(client, header, out);
        break;
    }
    default:
        reply(client, header, out);
        break;
    }
}

} // namespace prism::test
