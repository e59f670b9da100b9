// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"
#include "core/live/helper.h"
#include "probes/protocol/message.h"

#include <QTemporaryDir>

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace prism::test {

/// Speaks the helper's side of the protocol on a Unix socket and plays what a test gives it. Nothing is
/// observed. One client at a time.
class FakeHelper {
public:
    struct Manners {
        bool greets = true; ///< false: accepts and stays silent
        std::uint64_t version = wire::protocolVersion;
        wire::Status attach = wire::Status::Ok;
        std::uint32_t refusedPid = 0; ///< attaching this one alone is refused
        std::string refusal = "This process belongs to another user.";
        bool answers = true; ///< false: questions get no answer
    };

    FakeHelper();
    explicit FakeHelper(Manners manners);
    ~FakeHelper();
    FakeHelper(const FakeHelper&) = delete;
    FakeHelper& operator=(const FakeHelper&) = delete;

    live::HelperAddress address() const;
    std::string socket() const { return m_folder.filePath(QStringLiteral("probed.sock")).toStdString(); }

    /// The servers of the list from now on.
    void setServers(std::vector<live::FoundServer> servers);
    /// What it says of its machine from now on.
    void setMachine(std::vector<live::MachineFeature> features);
    /// Attaching answers with `target` from now on, with the pid that was asked for; its number goes up by
    /// one an attach.
    void setTarget(live::Target target);
    live::Target target() const;

    /// Records for the client, sent in order once it has attached.
    void send(std::vector<std::byte> records);
    /// Bytes that go out as they are, at once.
    void sendRaw(std::vector<std::byte> bytes);
    /// Closes the connection when everything before has gone.
    void hangUp();
    /// Called on the fake's thread when a client attaches: what it returns follows the answer.
    void onAttach(std::function<std::vector<std::byte>(live::TargetNumber)> records);
    /// Called when a client detaches: records ahead of the answer.
    void onDetach(std::function<std::vector<std::byte>()> records);

    std::uint64_t tiersAsked() const { return m_tiersAsked; }
    double budgetAsked() const { return m_budgetAsked; } ///< 0: none was named
    int attached() const { return m_attached; }
    int detached() const { return m_detached; } ///< as often as it was asked for
    bool clientLeft() const { return m_clientLeft; }

private:
    void run();
    void serve(int client);
    bool receive(int client, wire::FrameReader& reader);
    void answer(int client, const wire::MessageHeader& header, std::span<const std::byte> fields);
    void reply(int client, wire::MessageHeader header, const wire::FieldWriter& fields, bool more = false,
        wire::Status status = wire::Status::Ok);
    void wake();

    enum class Kind { Records, Raw, HangUp };
    struct Item {
        Kind kind;
        std::vector<std::byte> bytes;
    };
    Manners m_manners;
    QTemporaryDir m_folder;
    int m_listen = -1;
    int m_wake = -1;
    mutable std::mutex m_mutex; ///< of what tests set while it runs
    std::vector<live::FoundServer> m_servers;
    std::vector<live::MachineFeature> m_machine;
    live::Target m_target;
    std::function<std::vector<std::byte>(live::TargetNumber)> m_onAttach;
    std::function<std::vector<std::byte>()> m_onDetach;
    std::deque<Item> m_items;
    std::atomic<bool> m_stop = false;
    std::atomic<bool> m_clientLeft = false;
    std::atomic<int> m_attached = 0, m_detached = 0;
    std::atomic<std::uint64_t> m_tiersAsked = 0;
    std::atomic<double> m_budgetAsked = 0;
    bool m_anyAttached = false;
    std::thread m_thread;
};

} // namespace prism::test
