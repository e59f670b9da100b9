// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/access/polkit.h"

#include <cstring>
#include <ctime>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <systemd/sd-bus.h>

namespace prism::probes {

namespace {

/// Somebody looks for the password; without any answer in this time it is a no.
constexpr std::uint64_t patienceUs = 300'000'000;
constexpr std::uint32_t allowUserInteraction = 1;

struct FreeMessage {
    void operator()(sd_bus_message* message) const { ::sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, FreeMessage>;

void addEpoll(int epoll, int descriptor, std::uint32_t events, bool known)
{
    epoll_event event {};
    event.events = events;
    ::epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event);
}

int appendSubject(sd_bus_message* message, const Peer& peer)
{
    // The start time and the user make the number of a process an identity: polkit compares all three.
    return ::sd_bus_message_append(message, "(sa{sv})", "unix-process", 3, "pid", "u",
        static_cast<std::uint32_t>(peer.pid), "start-time", "t", peer.startTicks, "uid", "i",
        static_cast<std::int32_t>(peer.uid));
}

int appendDetails(sd_bus_message* message, const PolkitQuestion::Details& details)
{
    int error = ::sd_bus_message_open_container(message, 'a', "{ss}");
    for (const auto& [key, value] : details) {
        if (error >= 0) {
            error = ::sd_bus_message_append(message, "{ss}", key.c_str(), value.c_str());
        }
    }
    return error < 0 ? error : ::sd_bus_message_close_container(message);
}

} // namespace

void PolkitQuestion::CloseBus::operator()(sd_bus* bus) const
{
    ::sd_bus_close_unref(bus); // what is not sent yet is not worth waiting for
}

PolkitQuestion::PolkitQuestion(const Peer& peer, const char* action, const Details& details)
    : m_wakeup(::epoll_create1(EPOLL_CLOEXEC))
    , m_timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK))
{
    if (peer.pid > 0 && peer.startTicks != 0) {
        ask(peer, action, details);
    }
    if (!m_bus) {
        m_answer = PolkitAnswer::Unreachable;
    }
    watch();
}

PolkitQuestion::~PolkitQuestion() = default;

void PolkitQuestion::ask(const Peer& peer, const char* action, const Details& details)
{
    sd_bus* bus = nullptr;
    if (::sd_bus_open_system(&bus) < 0) {
        return;
    }
    m_bus.reset(bus);
    sd_bus_message* made = nullptr;
    int error = ::sd_bus_message_new_method_call(bus, &made, "org.freedesktop.PolicyKit1",
        "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
        "CheckAuthorization");
    const Message message(made);
    const auto replied = [](sd_bus_message* reply, void* self, sd_bus_error*) {
        static_cast<PolkitQuestion*>(self)->read(reply);
        return 0;
    };
    error = error < 0 ? error : appendSubject(made, peer);
    error = error < 0 ? error : ::sd_bus_message_append(made, "s", action);
    error = error < 0 ? error : appendDetails(made, details);
    error = error < 0 ? error : ::sd_bus_message_append(made, "us", allowUserInteraction, "");
    error = error < 0 ? error : ::sd_bus_call_async(bus, nullptr, made, replied, this, patienceUs);
    if (error < 0) {
        m_bus.reset();
    }
}

void PolkitQuestion::read(sd_bus_message* reply)
{
    int authorised = 0;
    int challenge = 0;
    if (::sd_bus_message_is_method_error(reply, nullptr) > 0) {
        // A question that was dismissed comes as an error too, and so does an action that is not installed.
        const bool cancelled
            = ::sd_bus_message_is_method_error(reply, "org.freedesktop.PolicyKit1.Error.Cancelled") > 0
            || ::sd_bus_message_is_method_error(reply, "org.freedesktop.DBus.Error.NoReply") > 0;
        m_answer = cancelled ? PolkitAnswer::No : PolkitAnswer::Unreachable;
    } else if (::sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0
        || ::sd_bus_message_read(reply, "bb", &authorised, &challenge) < 0) {
        m_answer = PolkitAnswer::Unreachable;
    } else {
        m_answer = authorised != 0 ? PolkitAnswer::Yes
            : challenge != 0       ? PolkitAnswer::Challenge
                                   : PolkitAnswer::No;
    }
}

std::optional<PolkitAnswer> PolkitQuestion::answer()
{
    for (int moved = 1; moved > 0 && !m_answer && m_bus;) {
        moved = ::sd_bus_process(m_bus.get(), nullptr);
        if (moved < 0) {
            m_answer = PolkitAnswer::Unreachable;
        }
    }
    watch();
    return m_answer;
}

void PolkitQuestion::watch()
{
    if (m_answer) {
        const itimerspec now { {}, { 0, 1 } };
        ::timerfd_settime(m_timer.number(), 0, &now, nullptr);
        addEpoll(m_wakeup.number(), m_timer.number(), EPOLLIN, m_watching);
        m_watching = true;
        return;
    }
    addEpoll(m_wakeup.number(), ::sd_bus_get_fd(m_bus.get()),
        static_cast<std::uint32_t>(::sd_bus_get_events(m_bus.get())), m_watching);
    std::uint64_t until = 0;
    if (::sd_bus_get_timeout(m_bus.get(), &until) >= 0 && until != UINT64_MAX) {
        itimerspec at {};
        at.it_value.tv_sec = static_cast<time_t>(until / 1'000'000);
        at.it_value.tv_nsec = static_cast<long>(until % 1'000'000 * 1000 + 1);
        ::timerfd_settime(m_timer.number(), TFD_TIMER_ABSTIME, &at, nullptr);
    }
    addEpoll(m_wakeup.number(), m_timer.number(), EPOLLIN, m_watching);
    m_watching = true;
}

} // namespace prism::probes
