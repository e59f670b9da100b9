// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/parser/running_requests.h"

namespace prism::probes {

namespace {
/// More than a parser that keeps to its own bounds can have running; one that does not is not believed.
constexpr std::size_t mostRunning = 1U << 17;
} // namespace

void RunningRequests::follow(const wire::RecordView& record)
{
    if (const auto begun = record.as<wire::HttpRequest>(); begun && m_running.size() < mostRunning) {
        m_running.emplace(record.header.target, begun->connection, begun->request);
    } else if (const auto ended = record.as<wire::HttpEnd>()) {
        m_running.erase({ record.header.target, ended->connection, ended->request });
    }
}

void RunningRequests::endAll(std::uint64_t timeNs, const std::function<void(const wire::RecordView&)>& tell)
{
    std::vector<std::byte> records;
    for (const auto& [target, connection, request] : m_running) {
        wire::RecordHeader header {};
        header.timeNs = timeNs;
        header.source = static_cast<std::uint8_t>(wire::Source::Http);
        header.flags = wire::LostBefore;
        header.target = target;
        wire::HttpEnd end {};
        end.connection = connection;
        end.request = request;
        end.reason = static_cast<std::uint8_t>(wire::EndReason::Unsynchronised);
        appendRecord(records, header, end);
    }
    m_running.clear();
    wire::RecordWalk walk(records);
    while (const auto record = walk.next()) {
        tell(*record);
    }
}

} // namespace prism::probes
