// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/parser_link.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace prism::probes {

namespace {
constexpr std::uint32_t longestText = 4096;
constexpr int reads = 64; ///< of the channel in one go: the clients are not to wait

[[noreturn]] void becomeChild(
    RingReader& ring, ParserLink::Entry entry, int channel, std::uint32_t generation, pid_t parent)
{
    // Only the helper is to end this process, and it goes with the helper.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(0);
    }
    prctl(PR_SET_NAME, "prism-parser");
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    entry(ring, channel, generation);
    _exit(0);
}
} // namespace

std::unique_ptr<ParserLink> ParserLink::start(RingReader& ring, Entry entry, std::uint32_t generation)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return nullptr;
    }
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) {
        close(pair[0]);
        becomeChild(ring, entry, pair[1], generation, parent);
    }
    const int error = errno;
    close(pair[1]);
    if (child < 0) {
        close(pair[0]);
        errno = error;
        return nullptr;
    }
    fcntl(pair[0], F_SETFL, fcntl(pair[0], F_GETFL) | O_NONBLOCK);
    return std::unique_ptr<ParserLink>(new ParserLink(pair[0], child));
}

ParserLink::~ParserLink()
{
    close(m_channel);
    kill(m_pid, SIGKILL);
    while (waitpid(m_pid, nullptr, 0) < 0 && errno == EINTR) { }
}

std::uint32_t ParserLink::ask(wire::Verb verb, std::uint32_t target, std::uint64_t startNs)
{
    const wire::MessageHeader header { ++m_asked, static_cast<std::uint16_t>(verb), 0, 0 };
    wire::FieldWriter fields;
    fields.integer(wire::AttachKey::Target, target).integer(wire::AttachKey::StartNs, startNs);
    std::vector<std::byte> payload(sizeof header);
    std::memcpy(payload.data(), &header, sizeof header);
    payload.insert(payload.end(), fields.bytes().begin(), fields.bytes().end());
    m_outbox.message(wire::FrameType::Request, payload);
    return header.id;
}

bool ParserLink::read(const std::function<void(const wire::RecordView&)>& onRecord,
    const std::function<void(std::uint32_t)>& onReply)
{
    for (int i = 0; i < reads; ++i) {
        const std::span<std::byte> space = m_reader.space();
        const ssize_t got = ::read(m_channel, space.data(), space.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return true;
        }
        if (got <= 0) {
            return false;
        }
        m_reader.arrived(static_cast<std::size_t>(got));
        while (const auto frame = m_reader.next()) {
            if (!take(*frame, onRecord, onReply)) {
                return false;
            }
        }
        if (m_reader.fault() != wire::FrameFault::None) {
            return false;
        }
    }
    return true;
}

bool ParserLink::take(const wire::Frame& frame, const std::function<void(const wire::RecordView&)>& onRecord,
    const std::function<void(std::uint32_t)>& onReply)
{
    if (frame.type == wire::FrameType::Reply && frame.payload.size() >= sizeof(wire::MessageHeader)) {
        wire::MessageHeader header;
        std::memcpy(&header, frame.payload.data(), sizeof header);
        onReply(header.id);
        return true;
    }
    if (frame.type != wire::FrameType::Records) {
        return false;
    }
    wire::RecordWalk walk(frame.payload);
    while (const auto record = walk.next()) {
        if (!mayComeFromParser(*record)) {
            return false;
        }
        onRecord(*record);
    }
    return walk.wellFormed();
}

bool mayComeFromParser(const wire::RecordView& view)
{
    using namespace wire;
    switch (static_cast<RecordType>(view.header.type)) {
    case RecordType::Text: {
        const auto text = view.as<Text>();
        return text && text->id >= ParserLink::firstText && text->length <= longestText
            && view.body.size() - sizeof(Text) >= text->length;
    }
    case RecordType::Connection:
        return view.as<Connection>().has_value();
    case RecordType::HttpRequest: {
        const auto request = view.as<HttpRequest>();
        return request && (request->path == 0 || request->path >= ParserLink::firstText)
            && (request->key == 0 || request->key >= ParserLink::firstText);
    }
    case RecordType::HttpResponse:
        return view.as<HttpResponse>().has_value();
    case RecordType::HttpChunk:
        return view.as<HttpChunk>().has_value();
    case RecordType::HttpUsage:
        return view.as<HttpUsage>().has_value();
    case RecordType::HttpEnd:
        return view.as<HttpEnd>().has_value();
    case RecordType::HttpAnswerKey:
        return view.as<HttpAnswerKey>().has_value();
    case RecordType::OpaqueBytes:
        return view.as<OpaqueBytes>().has_value();
    case RecordType::EngineStep:
        return view.as<EngineStep>().has_value();
    case RecordType::EngineRequest:
        return view.as<EngineRequest>().has_value();
    case RecordType::Loss: {
        const auto loss = view.as<Loss>();
        return loss && (loss->program == 0 || loss->program >= ParserLink::firstText);
    }
    default:
        return false;
    }
}

} // namespace prism::probes
