// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace prism::test {

namespace {

using Key = std::pair<std::uint16_t, std::uint32_t>;

unsigned count(const TimedExchange& exchange, char kind)
{
    return static_cast<unsigned>(std::count(exchange.classes.begin(), exchange.classes.end(), kind));
}

class Check {
public:
    Check(QStringList& differences, const TimedExchange& exchange)
        : m_differences(differences)
        , m_name(QStringLiteral("port %1 request %2").arg(exchange.localPort).arg(exchange.index))
    {
    }
    template <class A, class B>
    void equal(const char* what, A client, B observed)
    {
        if (static_cast<std::int64_t>(client) != static_cast<std::int64_t>(observed)) {
            note(QStringLiteral("%1: client %2, observed %3")
                     .arg(QLatin1String(what))
                     .arg(static_cast<std::int64_t>(client))
                     .arg(static_cast<std::int64_t>(observed)));
        }
    }
    void note(const QString& text) { m_differences << m_name + QStringLiteral(": ") + text; }

private:
    QStringList& m_differences;
    QString m_name;
};

void compareCounts(
    Check& check, const TimedExchange& exchange, const ObservedRequest& request, CompareWhat what)
{
    check.equal("status", exchange.status, request.response.status);
    check.equal("streamed", exchange.streamed, (request.response.flags & wire::Streamed) != 0);
    check.equal("events", exchange.classes.size(), request.eventNs.size());
    check.equal("text events", count(exchange, 't'), request.text);
    check.equal("empty tokens", count(exchange, 'e'), request.empty);
    check.equal("role events", count(exchange, 'r'), request.role);
    check.equal("finish events", count(exchange, 'f'), request.finish);
    check.equal("usage events", count(exchange, 'u'), request.usage);
    check.equal("[DONE]", count(exchange, 'd'), request.done);
    check.equal("other events", count(exchange, 'o'), request.other);
    check.equal("events told at the end", exchange.classes.size(), request.end.events);
    check.equal("usage tokens", exchange.usageTokens, request.usageTokens);
    if (what.bytes) {
        check.equal("bytes of the request", exchange.bytesSent, request.end.bytesIn);
        check.equal("bytes of the answer", exchange.bytesReceived, request.end.bytesOut);
    }
    if (exchange.ended == "complete" && !request.ended(wire::EndReason::Complete)) {
        check.note(QStringLiteral("complete for the client, observed end %1").arg(request.end.reason));
    }
}

void compareTimes(
    Check& check, const TimedExchange& exchange, const ObservedRequest& request, Comparison& out)
{
    const std::vector<std::int64_t> client = exchange.tokenNs();
    const std::vector<std::int64_t>& seen = request.tokenNs;
    if (request.begin.arrivalNs == 0) {
        check.note(QStringLiteral("no arrival"));
        return;
    }
    const auto arrival = static_cast<std::int64_t>(request.begin.arrivalNs);
    // The packet arrives on the loopback within the client's send.
    if (arrival < exchange.sendNs || arrival > exchange.firstByteNs) {
        check.note(QStringLiteral("arrival %1 µs after the send").arg((arrival - exchange.sendNs) / 1000));
    }
    out.readLagUs.push_back(static_cast<double>(request.begin.readNs - request.begin.arrivalNs) / 1e3);
    if (client.empty() || client.size() != seen.size()) {
        return;
    }
    out.ttftErrorUs.push_back(
        static_cast<double>((seen.front() - arrival) - (client.front() - exchange.sendNs)) / 1e3);
    if (request.tokenWireNs.front() != 0) {
        out.wireErrorUs.push_back(
            static_cast<double>((request.tokenWireNs.front() - arrival) - (client.front() - exchange.sendNs))
            / 1e3);
    } else {
        out.unseenPacketUs.push_back(static_cast<double>(client.front() - seen.front()) / 1e3);
    }
    for (std::size_t i = 1; i < client.size(); ++i) {
        out.gapErrorUs.push_back(
            static_cast<double>((seen[i] - seen[i - 1]) - (client[i] - client[i - 1])) / 1e3);
    }
    const std::size_t role = exchange.classes.find('r');
    const std::size_t token = exchange.classes.find_first_of("te");
    if (role != std::string::npos && token != std::string::npos
        && exchange.eventNs[role] < exchange.eventNs[token]
        && seen.front() <= static_cast<std::int64_t>(request.responseNs)) {
        check.note(QStringLiteral("the first token is the header"));
    }
}

} // namespace

Comparison compare(const TimedLoad& load, const ObservedSession& observation, CompareWhat what)
{
    Comparison out;
    std::map<Key, const ObservedRequest*> observed;
    for (const auto& [key, request] : observation.requests) {
        observed[{ request.peerPort, request.request }] = &request;
    }
    for (const TimedExchange& exchange : load.exchanges) {
        Check check(out.differences, exchange);
        const auto found = observed.find({ exchange.localPort, static_cast<std::uint32_t>(exchange.index) });
        if (found == observed.end()) {
            check.note(QStringLiteral("not observed"));
            continue;
        }
        ++out.matched;
        out.events += static_cast<int>(exchange.classes.size());
        compareCounts(check, exchange, *found->second, what);
        if (what.tokenTimes) {
            compareTimes(check, exchange, *found->second, out);
        }
        observed.erase(found);
    }
    for (const auto& [key, request] : observed) {
        out.differences << QStringLiteral("observed and not sent: port %1 request %2 %3")
                               .arg(key.first)
                               .arg(key.second)
                               .arg(QString::fromStdString(request->path));
    }
    return out;
}

TimedLoad runLoad(ObservedSession& session, std::uint16_t port, const QStringList& arguments)
{
    RunningProgram client(
        clockedClient(), QStringList { QStringLiteral("--port"), QString::number(port) } + arguments);
    while (client.running()) {
        session.readUntil([] { return false; }, 10);
        client.waitForEnd(10);
    }
    return readLoad(client.waitForEnd());
}

double quantile(std::vector<double> values, double q)
{
    if (values.empty()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

double absoluteQuantile(std::vector<double> values, double q)
{
    std::transform(values.begin(), values.end(), values.begin(), [](double v) { return std::abs(v); });
    return quantile(std::move(values), q);
}

void Comparison::add(const Comparison& other)
{
    const auto append = [](std::vector<double>& to, const std::vector<double>& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    matched += other.matched;
    events += other.events;
    differences += other.differences;
    append(ttftErrorUs, other.ttftErrorUs);
    append(gapErrorUs, other.gapErrorUs);
    append(wireErrorUs, other.wireErrorUs);
    append(unseenPacketUs, other.unseenPacketUs);
    append(readLagUs, other.readLagUs);
}

QString Comparison::figures() const
{
    return QStringLiteral("%1 requests, %2 events; TTFT error median %3 µs, p99 of |error| %4 µs (by the "
                          "packet: %9 and %10); gap "
                          "error median %5 µs, p99 of |error| %6 µs; packet to read median %7 µs, p99 %8 µs")
        .arg(matched)
        .arg(events)
        .arg(quantile(ttftErrorUs, 0.5), 0, 'f', 1)
        .arg(absoluteQuantile(ttftErrorUs, 0.99), 0, 'f', 1)
        .arg(quantile(gapErrorUs, 0.5), 0, 'f', 1)
        .arg(absoluteQuantile(gapErrorUs, 0.99), 0, 'f', 1)
        .arg(quantile(readLagUs, 0.5), 0, 'f', 1)
        .arg(quantile(readLagUs, 0.99), 0, 'f', 1)
        .arg(quantile(wireErrorUs, 0.5), 0, 'f', 1)
        .arg(absoluteQuantile(wireErrorUs, 0.99), 0, 'f', 1);
}

} // namespace prism::test
