// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace prism::probes {

namespace {
constexpr std::uint64_t second = 1'000'000'000;
constexpr int ringMilliseconds = 20; ///< as seldom as the parser: each wake-up takes a CPU from somebody
} // namespace

Supervisor::Supervisor(SupervisorSettings settings)
    : m_settings(std::move(settings))
    , m_tracer(m_settings.programs, m_settings.parser, m_poller, m_background,
          { [this](const wire::RecordView& view) { onRecord(view); },
              [this](const prism_process& event) { onProcess(event); },
              [this](const ThreadTurn& event) { onTurn(event); },
              [this](std::uint32_t number) {
                  if (Target* target = targetOf(number)) {
                      end(*target);
                  }
              },
              [this](bool restarted) { onParserLost(restarted); } })
    , m_stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    m_poller.add(m_stop, EPOLLIN, [this](std::uint32_t) { m_stopping = true; });
    m_poller.add(m_background.fd(), EPOLLIN, [this](std::uint32_t) { m_background.finished(); });
    m_idleSinceNs = nowNs();
    m_nextTickNs = m_idleSinceNs + second;
}

Supervisor::~Supervisor()
{
    close(m_stop);
}

void Supervisor::serve(int in, int out, Peer peer)
{
    const std::uint64_t id = m_nextClient++;
    Seat& seat = m_clients[id];
    seat.peer = peer;
    seat.client = std::make_unique<Client>(id, in, out, m_settings.clientQueueBytes);
    m_poller.add(in, EPOLLIN, [this, id](std::uint32_t) { readClient(id); });
    if (out != in) {
        m_poller.add(out, 0, [this, id](std::uint32_t events) {
            if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
                m_leaving.insert(id);
            }
        });
    }
}

void Supervisor::listen(int fd)
{
    m_listening.push_back(fd);
    m_poller.add(fd, EPOLLIN, [this, fd](std::uint32_t) { accept(fd); });
}

void Supervisor::accept(int listening)
{
    const int fd = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        return;
    }
    const auto peer = peerOfSocket(fd);
    if (m_clients.size() >= m_settings.mostClients || !peer) {
        close(fd);
        return;
    }
    serve(fd, fd, *peer);
}

void Supervisor::stop()
{
    eventfd_write(m_stop, 1);
}

void Supervisor::run()
{
    // Who waits at the socket that started this program is taken in before it may end.
    do {
        m_poller.wait(untilNext(nowNs()));
        if (m_tracer.observesAny()) {
            m_tracer.readRings();
        }
        const std::uint64_t now = nowNs();
        if (now >= m_nextTickNs) {
            tick(now);
            m_nextTickNs += (now - m_nextTickNs) / second * second + second;
        }
        flushAll();
    } while (!m_stopping && !finished(nowNs()));
}

bool Supervisor::finished(std::uint64_t now) const
{
    if (!m_clients.empty() || m_settings.idleSeconds < 0 || !m_targets.empty() || m_background.busy()) {
        return false;
    }
    return now - m_idleSinceNs >= static_cast<std::uint64_t>(m_settings.idleSeconds) * second;
}

int Supervisor::untilNext(std::uint64_t now) const
{
    if (m_tracer.observesAny()) {
        return ringMilliseconds;
    }
    return m_nextTickNs > now ? static_cast<int>((m_nextTickNs - now) / 1'000'000 + 1) : 0;
}

void Supervisor::readClient(std::uint64_t id)
{
    const auto found = m_clients.find(id);
    if (found == m_clients.end() || m_leaving.contains(id)) {
        return;
    }
    Client& client = *found->second.client;
    if (!client.read([this, id](const Client::Question& question) { answer(id, question); })) {
        m_leaving.insert(id);
    }
}

void Supervisor::drop(std::uint64_t id)
{
    const auto found = m_clients.find(id);
    if (found == m_clients.end()) {
        return;
    }
    stopAsking(id);
    for (auto& [number, target] : m_targets) {
        leave(target, id, nullptr);
    }
    Client& client = *found->second.client;
    m_poller.remove(client.in());
    if (client.out() != client.in()) {
        m_poller.remove(client.out());
    }
    m_clients.erase(found);
    m_idleSinceNs = nowNs();
}

void Supervisor::flushAll()
{
    const std::uint64_t now = nowNs();
    for (auto& [id, seat] : m_clients) {
        Client& client = *seat.client;
        tellQueue(client, now);
        if (client.outbox().flush(client.out()) != 0 || client.outbox().overflowed()) {
            m_leaving.insert(id);
        }
        const std::uint32_t writable = client.outbox().empty() ? 0U : static_cast<std::uint32_t>(EPOLLOUT);
        if (client.out() == client.in()) {
            m_poller.change(client.in(), EPOLLIN | writable);
        } else {
            m_poller.change(client.out(), writable);
        }
    }
    for (const std::uint64_t id : std::exchange(m_leaving, {})) {
        drop(id);
    }
    for (auto at = m_targets.begin(); at != m_targets.end();) {
        const Target& target = at->second;
        const bool over = target.watchers.empty() && !target.finishing && !target.traced;
        at = over ? m_targets.erase(at) : std::next(at);
    }
}

void Supervisor::answer(std::uint64_t id, const Client::Question& question)
{
    Seat& seat = m_clients.at(id);
    Client& client = *seat.client;
    if (!seat.limits.mayAsk(nowNs())) {
        wire::FieldWriter fields;
        fields.text(wire::AttachKey::Text, ClientLimits::tooManyQuestions());
        client.reply(question.header, wire::Status::Busy, false, fields);
        return;
    }
    const auto byOther = [&](const std::function<std::vector<wire::FieldWriter>()>& source) {
        if (!source) {
            client.reply(question.header, wire::Status::Impossible, false, {});
            return;
        }
        auto found = std::make_shared<std::vector<wire::FieldWriter>>();
        m_background.post([found, source] { *found = source(); },
            [this, id, header = question.header, found] {
                const auto asker = m_clients.find(id);
                if (asker == m_clients.end()) {
                    return;
                }
                for (const wire::FieldWriter& fields : *found) {
                    asker->second.client->reply(header, wire::Status::Ok, true, fields);
                }
                asker->second.client->reply(header, wire::Status::Ok, false, {});
            });
    };
    switch (static_cast<wire::Verb>(question.header.verb)) {
    case wire::Verb::List:
        if (const auto& list = m_settings.answers.list) {
            byOther([list, peer = seat.peer] { return list(peer); });
        } else {
            byOther({});
        }
        return;
    case wire::Verb::Doctor:
        byOther(m_settings.answers.doctor);
        return;
    case wire::Verb::Attach:
        attach(id, question);
        return;
    case wire::Verb::Detach:
        detach(id, question);
        return;
    case wire::Verb::SetTiers:
        setTiers(id, question);
        return;
    case wire::Verb::Ping:
        client.reply(question.header, wire::Status::Ok, false, {});
        return;
    }
    client.reply(question.header, wire::Status::Invalid, false, {});
}

std::uint32_t Supervisor::text(Client& client, std::string_view text, std::uint64_t now)
{
    return text.empty() ? 0 : client.text(m_texts.number(text), text, now);
}

} // namespace prism::probes
