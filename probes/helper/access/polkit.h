// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/access/peer.h"
#include "probes/helper/access/target_process.h"

#include <map>
#include <memory>

struct sd_bus;
struct sd_bus_message;

namespace prism::probes {

enum class PolkitAnswer {
    Yes,
    No, ///< forbidden, or the question was dismissed
    Challenge, ///< a password is needed and nobody can be asked for it
    Unreachable, ///< no bus, no polkit, or it does not know our action
};

/// One question to polkit, over the system bus, on a connection of its own that ends with it: polkit then
/// closes the password window too. Nothing blocks; the user may take minutes.
///
/// sd-bus rather than polkit-gobject: libsystemd is needed for socket activation anyway and has neither a
/// main loop of its own nor threads, which a privileged process is better without.
class PolkitQuestion {
public:
    using Details = std::map<std::string, std::string>;
    PolkitQuestion(const Peer& peer, const char* action, const Details& details);
    ~PolkitQuestion();
    PolkitQuestion(const PolkitQuestion&) = delete;
    PolkitQuestion& operator=(const PolkitQuestion&) = delete;

    /// Becomes readable when answer() should be called.
    int descriptor() const { return m_wakeup.number(); }
    /// Moves the exchange on; empty while polkit has not answered.
    std::optional<PolkitAnswer> answer();

private:
    void read(sd_bus_message* reply);
    void ask(const Peer& peer, const char* action, const Details& details);
    void watch();

    struct CloseBus {
        void operator()(sd_bus* bus) const;
    };
    std::unique_ptr<sd_bus, CloseBus> m_bus;
    std::optional<PolkitAnswer> m_answer;
    Descriptor m_wakeup; ///< epoll over the bus and a timer
    Descriptor m_timer;
    bool m_watching = false;
};

} // namespace prism::probes
