// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "probes/protocol/frame.h"

/// Questions and answers in the stream. A client never names a path, a program or a format: it names
/// processes by pid and start time, and tiers by number.
namespace prism::wire {

/// Key and value pairs: { u16 key, u16 kind, u32 length, bytes, padding to 8 }. Keys may repeat. Unknown keys
/// are skipped, so that later versions can say more.
enum class FieldKind : std::uint16_t { Integer = 1, Number = 2, Text = 3 };

class FieldWriter {
public:
    template <class Key>
    FieldWriter& integer(Key key, std::uint64_t value)
    {
        append(static_cast<std::uint16_t>(key), FieldKind::Integer, &value, sizeof value);
        return *this;
    }
    template <class Key>
    FieldWriter& number(Key key, double value)
    {
        append(static_cast<std::uint16_t>(key), FieldKind::Number, &value, sizeof value);
        return *this;
    }
    /// Cut at 4096 bytes.
    template <class Key>
    FieldWriter& text(Key key, std::string_view value)
    {
        append(static_cast<std::uint16_t>(key), FieldKind::Text, value.data(),
            value.size() < 4096 ? value.size() : 4096);
        return *this;
    }
    std::span<const std::byte> bytes() const { return m_bytes; }

private:
    void append(std::uint16_t key, FieldKind kind, const void* data, std::size_t size);

    std::vector<std::byte> m_bytes;
};

struct Field {
    std::uint16_t key = 0;
    FieldKind kind = FieldKind::Integer;
    std::uint64_t integer = 0;
    double number = 0;
    std::string_view text; ///< valid as long as the payload

    template <class Key>
    bool is(Key k) const
    {
        return key == static_cast<std::uint16_t>(k);
    }
};

/// Walks fields; stops at the first that cannot be.
class FieldWalk {
public:
    explicit FieldWalk(std::span<const std::byte> payload)
        : m_rest(payload)
    {
    }
    std::optional<Field> next();
    bool wellFormed() const { return m_wellFormed; }

private:
    std::span<const std::byte> m_rest;
    bool m_wellFormed = true;
};

enum class HelloKey : std::uint16_t {
    Version = 1, ///< protocolVersion of the sender
    Program = 2, ///< name and version, for a person
    Features = 3, ///< bits of Feature; a reader ignores those that it does not know
    Endianness = 4, ///< 0x01020304 as the sender's machine writes it
    BuildId = 5,
};

enum Feature : std::uint64_t { FeatureT0 = 1, FeatureT1 = 2, FeatureT2 = 4, FeatureT3 = 8 };

enum class FaultKey : std::uint16_t { Reason = 1 };

enum class Verb : std::uint16_t {
    List = 1, ///< a Reply a server found, the last with `more` 0 and no ServerKey::Pid
    Doctor = 2, ///< a Reply a feature (DoctorKey)
    Attach = 3, ///< AttachKey; one Reply
    Detach = 4, ///< AttachKey::Target; one Reply after the last record of the target
    SetTiers = 5, ///< AttachKey::Target, Tiers; one Reply
    Ping = 6,
};

enum class Status : std::uint16_t {
    Ok = 0,
    Refused = 1, ///< not authorised; the text says what would change it
    NotFound = 2, ///< no such process, or the pid belongs to another process now
    Impossible = 3, ///< this kernel or this target does not allow it
    Invalid = 4, ///< the question was malformed
    Busy = 5,
};

/// Leads the payload of Request and Reply.
struct MessageHeader {
    std::uint32_t id; ///< chosen by the client, repeated in each Reply
    std::uint16_t verb; ///< Verb
    std::uint8_t status; ///< Status; 0 in a Request
    std::uint8_t more; ///< 1: further Replies to the same Request follow
};
static_assert(fixedLayout<MessageHeader, 8>);

/// Of a server found (List), of a target attached (Attach): what it is. A tier group (Tier, Possible, Reason,
/// Remedy, NeedsRights) repeats, each begun by Tier.
enum class ServerKey : std::uint16_t {
    Pid = 1,
    StartTicks = 2,
    User = 3,
    Uid = 4,
    Engine = 5, ///< "vllm", "sglang", "tgi", "llama.cpp", "llama-cpp-python", "ollama", "tensorrt-llm",
                ///< "triton", "transformers", "lmdeploy", "openai-compatible"
    EngineVersion = 6,
    Model = 7,
    Port = 8, ///< repeats
    Accelerator = 9, ///< repeats
    Container = 10, ///< container or pod, as its runtime names it
    InnerPid = 11,
    Role = 12, ///< "server", "router", "supervisor", "worker"
    Process = 13, ///< pid of a further process of the same server; repeats
    Command = 14, ///< program and allow-listed arguments, no secrets
    Tier = 20,
    Possible = 21,
    Reason = 22,
    Remedy = 23,
    Address = 24, ///< listening address of the Port before it
    Upstream = 25, ///< pid of a server that this router forwards to; repeats
    Note = 26, ///< a sentence on what could not be found out; repeats
    NeedsRights = 27, ///< of the Tier before it: 1 where it is only this helper's rights that it wants for
    Unasked = 28, ///< 1: it listens and may be a server; this helper could not ask it
    ModelUnasked = 29, ///< 1: it is a server whose model is not known; this helper could not ask it
};

/// How a Note begins that says why a server was not asked for its models.
inline constexpr std::string_view modelsNotAsked = "/v1/models was not asked";

enum class AttachKey : std::uint16_t {
    Pid = 1,
    StartTicks = 2, ///< optional: refuses when the pid was reused
    Tiers = 3, ///< bits: 1 << tier
    Target = 4, ///< reply: number in RecordHeader::target
    StartNs = 5, ///< reply: first instant that is observed
    StartUnixNs = 6,
    Programs = 7, ///< reply: kernel programs attached
    Text = 8, ///< a sentence: why refused, what would help
    AttachNs = 9, ///< reply: how long attaching took
    CpuWaitNs = 10, ///< reply: how long one of its threads waited for a CPU while attaching, all its waits
                    ///< together, of the one that waited most; whatever else ran then counts too. The longest
                    ///< single wait is not known. Absent where the kernel does not tell
    SnapshotName = 11, ///< repeats, each followed by SnapshotText: chosen facts of the target and its machine
    SnapshotText = 12,
    Family = 13, ///< 1: children and workers too (the default), 0: this process alone
    ProbeBudget = 14, ///< number, in cores: above it scheduler events are left out; infinite: never. The
                      ///< strictest of all clients counts. Absent: 0.005
};

enum class DoctorKey : std::uint16_t {
    Feature = 1,
    Works = 2,
    Reason = 3,
    Remedy = 4,
    Needed = 5, ///< 0: this version does without, or loses little
};

} // namespace prism::wire
