// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/observed_session.h"
#include "prism_test_paths.h"

#include <QDeadlineTimer>
#include <QFileInfo>

#include <algorithm>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace prism::test {

using namespace wire;

QString ObservedSession::program()
{
    const QString other = qEnvironmentVariable("PRISM_PROBED");
    return other.isEmpty() ? QStringLiteral(PRISM_BIN_DIR "/prism-probed") : other;
}

QString ObservedSession::impossible()
{
    if (::geteuid() != 0) {
        return QStringLiteral("needs root: kernel programs are loaded");
    }
    if (!QFileInfo::exists(QStringLiteral("/sys/kernel/btf/vmlinux"))) {
        return QStringLiteral("this kernel has no BTF (/sys/kernel/btf/vmlinux)");
    }
    if (!QFileInfo(program()).isExecutable()) {
        return program() + QStringLiteral(" is not built");
    }
    return {};
}

QString ObservedSession::releaseProgram()
{
#ifdef __SANITIZE_ADDRESS__
    return qEnvironmentVariable("PRISM_PROBED_RELEASE");
#else
    return qEnvironmentVariable("PRISM_PROBED_RELEASE", program());
#endif
}

ObservedSession::ObservedSession(const QString& program)
{
    m_helper.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_helper.start(program, { QStringLiteral("--stdio") });
    m_helper.waitForStarted();
    FieldWriter hello;
    hello.integer(HelloKey::Version, protocolVersion)
        .text(HelloKey::Program, "test")
        .integer(HelloKey::Endianness, 0x01020304);
    std::vector<std::byte> frame;
    appendFrame(frame, FrameType::Hello, hello.bytes());
    m_helper.write(reinterpret_cast<const char*>(frame.data()), static_cast<qint64>(frame.size()));
    readUntil([this] { return m_greeted; });
}

ObservedSession::~ObservedSession()
{
    if (m_helper.state() != QProcess::NotRunning && !leave()) {
        kill();
    }
}

std::int64_t ObservedSession::nowMs()
{
    return QDeadlineTimer::current().deadline();
}

void ObservedSession::kill()
{
    m_helper.kill();
    m_helper.waitForFinished();
}

bool ObservedSession::leave(int timeoutMs)
{
    m_helper.closeWriteChannel();
    readUntil([this] { return m_helper.state() == QProcess::NotRunning; }, timeoutMs);
    return m_helper.state() == QProcess::NotRunning || m_helper.waitForFinished(timeoutMs);
}

void ObservedSession::ask(Verb verb, const FieldWriter& fields)
{
    const MessageHeader header { ++m_asked, static_cast<std::uint16_t>(verb), 0, 0 };
    std::vector<std::byte> payload(sizeof header);
    std::memcpy(payload.data(), &header, sizeof header);
    payload.insert(payload.end(), fields.bytes().begin(), fields.bytes().end());
    std::vector<std::byte> frame;
    appendFrame(frame, FrameType::Request, payload);
    m_helper.write(reinterpret_cast<const char*>(frame.data()), static_cast<qint64>(frame.size()));
}

ObservedSession::Reply ObservedSession::waitForReply()
{
    const std::int64_t begin = QDeadlineTimer::current(Qt::PreciseTimer).deadlineNSecs();
    readUntil([this] { return m_replies.contains(m_asked); });
    Reply reply = m_replies[m_asked];
    reply.tookNs = QDeadlineTimer::current(Qt::PreciseTimer).deadlineNSecs() - begin;
    return reply;
}

ObservedSession::Reply ObservedSession::attach(
    std::int64_t pid, std::uint32_t tiers, std::uint64_t startTicks)
{
    FieldWriter fields;
    fields.integer(AttachKey::Pid, static_cast<std::uint64_t>(pid)).integer(AttachKey::Tiers, tiers);
    if (startTicks != 0) {
        fields.integer(AttachKey::StartTicks, startTicks);
    }
    ask(Verb::Attach, fields);
    return waitForReply();
}

ObservedSession::Reply ObservedSession::detach(std::uint32_t target)
{
    FieldWriter fields;
    fields.integer(AttachKey::Target, target);
    ask(Verb::Detach, fields);
    return waitForReply();
}

void ObservedSession::letPileUp(int ms)
{
    constexpr int everyMs = 20; // the pipe holds what comes in that time
    const std::int64_t until = nowMs() + ms;
    for (std::int64_t left = ms; left > 0; left = until - nowMs()) {
        ::poll(nullptr, 0, static_cast<int>(std::min<std::int64_t>(left, everyMs)));
        m_helper.waitForReadyRead(0);
    }
}

bool ObservedSession::readSome(int timeoutMs)
{
    if (m_helper.bytesAvailable() == 0 && (timeoutMs <= 0 || !m_helper.waitForReadyRead(timeoutMs))) {
        return false;
    }
    while (m_helper.bytesAvailable() > 0) {
        const std::span<std::byte> space = m_reader.space();
        const qint64 got
            = m_helper.read(reinterpret_cast<char*>(space.data()), static_cast<qint64>(space.size()));
        if (got <= 0) {
            return false;
        }
        m_reader.arrived(static_cast<std::size_t>(got));
        while (const auto frame = m_reader.next()) {
            if (frame->type == FrameType::Hello) {
                m_greeted = true;
            } else if (frame->type == FrameType::Records) {
                RecordWalk walk(frame->payload);
                while (const auto record = walk.next()) {
                    take(*record);
                }
            } else if (frame->type == FrameType::Reply && frame->payload.size() >= sizeof(MessageHeader)) {
                MessageHeader header {};
                std::memcpy(&header, frame->payload.data(), sizeof header);
                Reply& reply = m_replies[header.id];
                reply.status = static_cast<Status>(header.status);
                reply.came = header.more == 0;
                FieldWalk fields(frame->payload.subspan(sizeof header));
                while (const auto field = fields.next()) {
                    if (field->is(AttachKey::Target)) {
                        reply.target = static_cast<std::uint32_t>(field->integer);
                    } else if (field->is(AttachKey::Programs)) {
                        reply.programs = field->integer;
                    } else if (field->is(AttachKey::AttachNs)) {
                        reply.attachNs = field->integer;
                    } else if (field->is(AttachKey::CpuWaitNs)) {
                        reply.cpuWaitNs = field->integer;
                    } else if (field->is(AttachKey::Text)) {
                        reply.text = field->text;
                    }
                }
            } else if (frame->type == FrameType::Fault) {
                FieldWalk fields(frame->payload);
                while (const auto field = fields.next()) {
                    m_fault += field->text;
                }
            }
        }
    }
    return true;
}

std::string ObservedSession::text(std::uint32_t id) const
{
    const auto found = m_texts.find(id);
    return found == m_texts.end() ? std::string() : found->second;
}

ObservedRequest& ObservedSession::at(std::uint64_t connection, std::uint32_t request)
{
    ObservedRequest& r = requests[{ connection, request }];
    r.connection = connection;
    r.request = request;
    const auto found = connections.find(connection);
    if (found != connections.end()) {
        r.peerPort = found->second.peerPort;
    }
    return r;
}

void ObservedSession::take(const RecordView& view)
{
    ++recordCount;
    const auto [last, first] = m_sequence.try_emplace(view.header.source, view.header.sequence);
    if (!first) {
        sequenceGaps += view.header.sequence - last->second - 1;
        last->second = view.header.sequence;
    }
    if (takeHttp(view)) {
        return;
    }
    TimedRecord record;
    record.header = view.header;
    record.body.assign(view.body.begin(), view.body.end());
    if (const auto text = view.as<Text>()) {
        m_texts[text->id] = view.text();
        return;
    }
    if (const auto loss = view.as<Loss>()) {
        record.text = text(loss->program);
    } else if (const auto state = view.as<State>()) {
        record.text = text(state->name) + ": " + text(state->hint);
    } else if (const auto cost = view.as<Cost>()) {
        record.text = text(cost->program);
    }
    records.push_back(std::move(record));
}

bool ObservedSession::takeHttp(const RecordView& view)
{
    const std::uint64_t time = view.header.timeNs;
    if (const auto connection = view.as<Connection>()) {
        connections.try_emplace(connection->connection, *connection);
    } else if (const auto begin = view.as<HttpRequest>()) {
        ObservedRequest& r = at(begin->connection, begin->request);
        r.begin = *begin;
        r.path = text(begin->path);
        r.key = text(begin->key);
    } else if (const auto response = view.as<HttpResponse>()) {
        ObservedRequest& r = at(response->connection, response->request);
        r.response = *response;
        r.responseNs = time;
    } else if (const auto chunk = view.as<HttpChunk>()) {
        takeChunk(view, *chunk);
    } else if (const auto usage = view.as<HttpUsage>()) {
        at(usage->connection, usage->request).usageTokens = (usage->known & 2) ? usage->completionTokens : -1;
    } else if (const auto end = view.as<HttpEnd>()) {
        ObservedRequest& r = at(end->connection, end->request);
        r.end = *end;
        r.endNs = time;
    } else {
        return false;
    }
    return true;
}

void ObservedSession::takeChunk(const RecordView& view, const HttpChunk& chunk)
{
    ObservedRequest& r = at(chunk.connection, chunk.request);
    const auto time = static_cast<std::int64_t>(view.header.timeNs);
    r.bodyBytes += chunk.bytes;
    r.eventNs.insert(r.eventNs.end(), chunk.events, time);
    r.tokenNs.insert(r.tokenNs.end(), std::size_t { chunk.text } + chunk.empty, time);
    r.tokenWireNs.insert(r.tokenWireNs.end(), std::size_t { chunk.text } + chunk.empty,
        static_cast<std::int64_t>(chunk.wireNs));
    r.text += chunk.text;
    r.empty += chunk.empty;
    r.role += chunk.role;
    r.finish += chunk.finish;
    r.usage += chunk.usage;
    r.done += chunk.done;
    r.other += chunk.other;
    r.truncated = r.truncated || (view.header.flags & Truncated) != 0;
}

std::size_t ObservedSession::endedRequests() const
{
    return static_cast<std::size_t>(std::count_if(
        requests.begin(), requests.end(), [](const auto& entry) { return entry.second.endNs != 0; }));
}

std::vector<TimedRecord> ObservedSession::all(RecordType type) const
{
    std::vector<TimedRecord> out;
    for (const TimedRecord& record : records) {
        if (record.header.type == static_cast<std::uint16_t>(type)) {
            out.push_back(record);
        }
    }
    return out;
}

std::map<std::string, ObservedSession::Count> ObservedSession::finalCounts() const
{
    std::map<std::string, Count> out;
    for (const TimedRecord& record : all(RecordType::Loss)) {
        const auto loss = record.as<Loss>();
        if (loss.final != 0 && loss.reason != static_cast<std::uint16_t>(LossReason::Truncated)) {
            const bool ring = loss.reason == static_cast<std::uint16_t>(LossReason::RingFull);
            Count& count = out[ring ? record.text : record.text + ", reason " + std::to_string(loss.reason)];
            count.attempted += loss.attempted;
            count.emitted += loss.emitted;
            count.dropped += loss.dropped;
        }
    }
    return out;
}

QString ObservedSession::losses() const
{
    QStringList out;
    for (const auto& [program, count] : finalCounts()) {
        if (count.dropped != 0) {
            out << QStringLiteral("%1 dropped %2 of %3")
                       .arg(QString::fromStdString(program))
                       .arg(count.dropped)
                       .arg(count.attempted);
        }
    }
    if (sequenceGaps != 0) {
        out << QStringLiteral("%1 records did not arrive").arg(sequenceGaps);
    }
    return out.isEmpty() ? QStringLiteral("no loss was told") : out.join(QLatin1String("; "));
}

} // namespace prism::test
