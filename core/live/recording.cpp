// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/recording.h"

#include "core/live/assembly.h"
#include "core/live/limits.h"
#include "core/live/messages.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

namespace prism::live {

namespace {

constexpr std::size_t fullBlock = 256u << 10;
constexpr Nanoseconds oldBlock { 1'000'000'000 };
constexpr int compressionLevel = 3;
/// Bounds of what is kept of dropped blocks.
constexpr std::size_t mostConnections = 65536;
constexpr std::size_t mostFacts = 4096;

void appendLength(std::vector<std::byte>& out, std::size_t length)
{
    const auto value = static_cast<std::uint32_t>(length);
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof value);
}

void appendPart(std::vector<std::byte>& out, std::span<const std::byte> part)
{
    appendLength(out, part.size());
    out.insert(out.end(), part.begin(), part.end());
}

std::uint32_t checksumOf(BlockHead head, std::span<const std::byte> stored)
{
    head.checksum = 0;
    std::vector<std::byte> all(sizeof head + stored.size());
    std::memcpy(all.data(), &head, sizeof head);
    std::copy(stored.begin(), stored.end(), all.begin() + sizeof head);
    return wire::crc32c(all);
}

bool isPacked(BlockKind kind)
{
    return kind == BlockKind::Records || kind == BlockKind::Known;
}

std::string headLine()
{
    std::string line = std::string(recordingMagic) + std::to_string(recordingVersion) + "\n";
    line.resize(recordingHeadBytes - 1, ' ');
    return line + "\n";
}

Result<void> writeAll(int descriptor, std::span<const std::byte> bytes, const std::string& file)
{
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(descriptor, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote < 0) {
            return Error { file, {}, std::strerror(errno), "Free some space, then record to another file" };
        }
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return {};
}

/// What root records by sudo is for the user who typed it.
void giveToSudoer(int descriptor)
{
    const auto number = [](const char* name) -> std::optional<unsigned> {
        const char* text = std::getenv(name);
        unsigned value = 0;
        const char* end = text == nullptr ? nullptr : text + std::strlen(text);
        const bool whole = text != nullptr && std::from_chars(text, end, value).ptr == end && end != text;
        return whole ? std::optional(value) : std::nullopt;
    };
    const auto user = number("SUDO_UID");
    const auto group = number("SUDO_GID");
    if (geteuid() == 0 && user && group) {
        (void)!fchown(descriptor, *user, *group); // else it stays root's, as before
    }
}

} // namespace

Block makeBlock(BlockKind kind, std::span<const std::byte> raw, Nanoseconds first, Nanoseconds last)
{
    Block block { kind, first, last, {} };
    block.bytes.resize(sizeof(BlockHead) + (isPacked(kind) ? ZSTD_compressBound(raw.size()) : raw.size()));
    std::size_t stored = raw.size();
    std::byte* at = block.bytes.data() + sizeof(BlockHead);
    if (isPacked(kind)) {
        stored = ZSTD_compress(
            at, block.bytes.size() - sizeof(BlockHead), raw.data(), raw.size(), compressionLevel);
    } else {
        std::copy(raw.begin(), raw.end(), at);
    }
    block.bytes.resize(sizeof(BlockHead) + stored);
    BlockHead head { blockMagic, static_cast<std::uint32_t>(kind), static_cast<std::uint32_t>(stored),
        static_cast<std::uint32_t>(raw.size()), first.value, last.value, 0, 0 };
    head.checksum = checksumOf(head, std::span(block.bytes).subspan(sizeof head));
    std::memcpy(block.bytes.data(), &head, sizeof head);
    block.bytes.shrink_to_fit();
    return block;
}

std::optional<std::vector<std::byte>> unpack(const BlockHead& head, std::span<const std::byte> stored)
{
    if (head.magic != blockMagic || head.stored != stored.size() || head.raw > mostBlockBytes
        || checksumOf(head, stored) != head.checksum) {
        return std::nullopt;
    }
    if (!isPacked(static_cast<BlockKind>(head.kind))) {
        return std::vector<std::byte>(stored.begin(), stored.end());
    }
    std::vector<std::byte> raw(head.raw);
    const std::size_t size = ZSTD_decompress(raw.data(), raw.size(), stored.data(), stored.size());
    if (ZSTD_isError(size) != 0 || size != raw.size()) {
        return std::nullopt;
    }
    return raw;
}

Recording::Recording(std::size_t memoryBudget)
    : m_budget(memoryBudget)
{
}

Recording::~Recording()
{
    (void)close();
}

void Recording::session(const std::string& helper, const std::string& where)
{
    wire::FieldWriter fields;
    fields.text(RecordingKey::Helper, helper).text(RecordingKey::Where, where);
    add(makeBlock(BlockKind::Session, fields.bytes(), m_last, m_last));
}

void Recording::target(const Target& target)
{
    wire::FieldWriter server;
    writeServer(server, target.server);
    wire::FieldWriter attach;
    writeTarget(attach, target);
    std::vector<std::byte> raw;
    appendPart(raw, server.bytes());
    appendPart(raw, attach.bytes());
    closeBlock();
    add(makeBlock(BlockKind::Target, raw, target.start, target.start));
}

void Recording::detached(TargetNumber target)
{
    wire::FieldWriter fields;
    fields.integer(RecordingKey::Target, target);
    closeBlock();
    add(makeBlock(BlockKind::Detached, fields.bytes(), m_last, m_last));
}

void Recording::mark(const Mark& mark)
{
    wire::FieldWriter fields;
    fields.integer(RecordingKey::Id, mark.id)
        .integer(RecordingKey::At, static_cast<std::uint64_t>(mark.at.value));
    if (mark.until) {
        fields.integer(RecordingKey::Until, static_cast<std::uint64_t>(mark.until->value));
    }
    fields.text(RecordingKey::Text, mark.text);
    closeBlock();
    add(makeBlock(BlockKind::Mark, fields.bytes(), m_last, m_last));
}

void Recording::limits(const std::vector<SloLimit>& limits)
{
    wire::FieldWriter fields;
    for (const SloLimit& limit : limits) {
        fields.text(RecordingKey::Limit, limitText(limit));
    }
    closeBlock();
    add(makeBlock(BlockKind::Limits, fields.bytes(), m_last, m_last));
}

void Recording::records(std::span<const std::byte> payload)
{
    // The last record's time stands for the frame: good enough to find a place, never used as a measure.
    wire::RecordWalk walk(payload);
    Nanoseconds last = m_last;
    while (const auto view = walk.next()) {
        if (view->header.timeNs != 0) {
            last = instant(view->header.timeNs);
        }
    }
    if (m_open.empty()) {
        m_first = last;
    }
    m_last = last;
    appendPart(m_open, payload);
    if (m_open.size() >= fullBlock) {
        closeBlock();
    }
}

void Recording::tick(Nanoseconds now)
{
    if (!m_open.empty() && now - m_first >= oldBlock) {
        closeBlock();
    }
}

void Recording::closeBlock()
{
    if (!m_open.empty()) {
        Block block = makeBlock(BlockKind::Records, m_open, m_first, m_last);
        m_open.clear();
        add(std::move(block));
    }
}

void Recording::add(Block block)
{
    write(block);
    m_bytes += block.bytes.size();
    m_blocks.push_back(std::move(block));
    while (m_bytes > m_budget && m_blocks.size() > 1) {
        dropOldest();
    }
}

void Recording::dropOldest()
{
    Block block = std::move(m_blocks.front());
    m_blocks.pop_front();
    m_bytes -= block.bytes.size();
    if (block.kind != BlockKind::Records) {
        // Marks and targets are small and stay.
        if (m_facts.size() < mostFacts) {
            m_facts.push_back(std::move(block));
        }
        return;
    }
    m_droppedUntil = block.last;
    remember(block);
}

void Recording::remember(const Block& dropped)
{
    BlockHead head {};
    std::memcpy(&head, dropped.bytes.data(), sizeof head);
    const auto raw = unpack(head, std::span(dropped.bytes).subspan(sizeof head));
    std::span<const std::byte> rest = raw ? std::span<const std::byte>(*raw) : std::span<const std::byte>();
    while (rest.size() > sizeof(std::uint32_t)) {
        std::uint32_t length = 0;
        std::memcpy(&length, rest.data(), sizeof length);
        rest = rest.subspan(sizeof length);
        wire::RecordWalk walk(rest.first(std::min<std::size_t>(length, rest.size())));
        while (const auto view = walk.next()) {
            const auto* bytes = reinterpret_cast<const std::byte*>(&view->header);
            std::vector<std::byte> whole(bytes, bytes + sizeof view->header);
            whole.insert(whole.end(), view->body.begin(), view->body.end());
            if (const auto text = view->as<wire::Text>()) {
                m_texts.keep(text->id, { reinterpret_cast<const char*>(whole.data()), whole.size() });
            } else if (const auto request = view->as<wire::HttpRequest>()) {
                (void)m_texts.take(request->key); // as Assembly does
                (void)m_texts.text(request->path);
            } else if (const auto connection = view->as<wire::Connection>()) {
                const auto key = std::pair(view->header.target, connection->connection);
                if (connection->change == static_cast<std::uint8_t>(wire::ConnectionChange::Closed)) {
                    m_connections.erase(key);
                } else if (m_connections.size() < mostConnections) {
                    m_connections[key] = std::move(whole);
                }
            }
        }
        rest = rest.subspan(std::min<std::size_t>(length, rest.size()));
    }
}

void Recording::write(const Block& block)
{
    if (m_descriptor < 0 || !m_problem.empty()) {
        return;
    }
    if (const auto done = writeAll(m_descriptor, block.bytes, m_file); !done) {
        m_problem = done.error().text();
        return;
    }
    m_written += block.bytes.size();
}

Result<void> Recording::open(const std::string& file)
{
    if (m_descriptor >= 0) {
        return Error { file, {}, "this session is being recorded already to " + m_file, {} };
    }
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return Error { file, {}, std::strerror(errno),
            errno == EEXIST ? "Choose another name: a recording is never written over"
                            : "Choose another place" };
    }
    giveToSudoer(descriptor);
    closeBlock();
    m_descriptor = descriptor;
    m_file = file;
    m_problem.clear();
    const std::string line = headLine();
    if (auto done = writeAll(descriptor, std::as_bytes(std::span(line)), file); !done) {
        (void)close();
        return done.error();
    }
    m_written = line.size();
    m_writtenComplete = !m_droppedUntil;
    for (const Block& block : m_facts) {
        write(block);
    }
    std::vector<std::byte> known;
    const auto flush = [&] {
        std::vector<std::byte> part;
        appendPart(part, known);
        write(makeBlock(BlockKind::Known, part, m_first, m_first));
        known.clear();
    };
    for (const auto& [id, record] : m_texts.entries()) {
        const auto bytes = std::as_bytes(std::span(record));
        known.insert(known.end(), bytes.begin(), bytes.end());
        if (known.size() > fullBlock / 2) {
            flush();
        }
    }
    for (const auto& [key, record] : m_connections) {
        known.insert(known.end(), record.begin(), record.end());
        if (known.size() > fullBlock / 2) {
            flush();
        }
    }
    if (m_droppedUntil) {
        flush();
    }
    for (const Block& block : m_blocks) {
        write(block);
    }
    return {};
}

Result<Recording::Written> Recording::close()
{
    if (m_descriptor < 0) {
        return Error { {}, {}, "this session is not being recorded to a file", {} };
    }
    closeBlock();
    write(makeBlock(BlockKind::Closed, {}, m_last, m_last));
    const bool kept = fsync(m_descriptor) == 0;
    ::close(m_descriptor);
    m_descriptor = -1;
    const std::string file = std::exchange(m_file, {});
    if (!m_problem.empty() || !kept) {
        return Error { file, {}, m_problem.empty() ? "the disk did not take it" : m_problem,
            "What was written before can be replayed" };
    }
    return Written { m_written, m_writtenComplete };
}

} // namespace prism::live
