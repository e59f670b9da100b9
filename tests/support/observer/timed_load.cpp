// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/timed_load.h"
#include "prism_test_paths.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace prism::test {

namespace {

std::int64_t integer(const QJsonObject& line, const char* name)
{
    return line.value(QLatin1String(name)).toInteger();
}

TimedExchange readExchange(const QJsonObject& line)
{
    TimedExchange e;
    e.localPort = static_cast<std::uint16_t>(integer(line, "local_port"));
    e.index = static_cast<int>(integer(line, "index"));
    e.ended = line.value(QLatin1String("ended")).toString().toStdString();
    e.status = static_cast<int>(integer(line, "status"));
    e.streamed = line.value(QLatin1String("streamed")).toBool();
    e.sendNs = integer(line, "send_ns");
    e.sentNs = integer(line, "sent_ns");
    e.firstByteNs = integer(line, "first_byte_ns");
    e.firstTokenNs = integer(line, "first_token_ns");
    e.endNs = integer(line, "end_ns");
    e.bytesSent = static_cast<std::uint64_t>(integer(line, "bytes_sent"));
    e.bytesReceived = static_cast<std::uint64_t>(integer(line, "bytes_received"));
    e.usageTokens = integer(line, "usage_tokens");
    e.classes = line.value(QLatin1String("classes")).toString().toStdString();
    for (const QJsonValue stamp : line.value(QLatin1String("event_ns")).toArray()) {
        e.eventNs.push_back(stamp.toInteger());
    }
    return e;
}

} // namespace

std::vector<std::int64_t> TimedExchange::tokenNs() const
{
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < classes.size() && i < eventNs.size(); ++i) {
        if (classes[i] == 't' || classes[i] == 'e') {
            out.push_back(eventNs[i]);
        }
    }
    return out;
}

QString clockedClient()
{
    return QStringLiteral(PRISM_BIN_DIR "/../tests/clocked_client");
}

TimedLoad readLoad(const QByteArray& output)
{
    TimedLoad load;
    for (const QByteArray& text : output.split('\n')) {
        const QJsonObject line = QJsonDocument::fromJson(text).object();
        const QString type = line.value(QLatin1String("type")).toString();
        if (type == QLatin1String("request")) {
            load.exchanges.push_back(readExchange(line));
        } else if (type == QLatin1String("summary")) {
            load.fifo = line.value(QLatin1String("fifo")).toBool();
            load.worstRunQueueShare = line.value(QLatin1String("worst_run_queue_share")).toDouble();
            load.runQueueShare = line.value(QLatin1String("run_queue_share")).toDouble();
            load.complete = static_cast<int>(integer(line, "complete"));
            load.requests = static_cast<int>(integer(line, "requests"));
        }
    }
    return load;
}

TimedLoad runLoad(std::uint16_t port, const QStringList& arguments)
{
    RunningProgram client(
        clockedClient(), QStringList { QStringLiteral("--port"), QString::number(port) } + arguments);
    return readLoad(client.waitForEnd());
}

} // namespace prism::test
