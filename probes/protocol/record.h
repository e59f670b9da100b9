// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// What the helper tells its clients about a target: plain little-endian records, 8-byte aligned, each a
/// RecordHeader followed by one of the bodies below (and, for Text, by its bytes). All times are
/// CLOCK_MONOTONIC nanoseconds of the observed machine, also for targets in a time namespace. Nothing here
/// holds a prompt, an answer or a header of a user's request.
namespace prism::wire {

static_assert(std::endian::native == std::endian::little, "records are copied as they lie in memory");

/// The body that follows a header. Numbers are part of the wire format: never reuse one.
enum class RecordType : std::uint16_t {
    Text = 1,
    ClockSync = 2,
    State = 3,
    Loss = 4,
    Cost = 5,
    Process = 6,
    Sample = 7,
    Connection = 16,
    HttpRequest = 17,
    HttpResponse = 18,
    HttpChunk = 19,
    HttpUsage = 20,
    HttpEnd = 21,
    OpaqueBytes = 22,
    HttpAnswerKey = 23,
    Sched = 32,
    EngineStep = 48,
    EngineRequest = 49,
    CudaSpan = 64,
    GpuExec = 65,
    Xid = 66,
};

/// Where a record was made; `sequence` counts per source, so that a hole in it is a loss on the way to the
/// client.
enum class Source : std::uint8_t {
    Supervisor = 0, ///< the helper itself: states, losses, clocks, processes
    Http = 1, ///< the parser child
    Scheduler = 2,
    Sampler = 3, ///< tier 0
    Engine = 4,
    Cuda = 5,
    Agent = 6,
    Metrics = 7, ///< the client itself: what the server says at its /metrics, beside the helper's stream
};
inline constexpr std::size_t sourceCount = 8;

/// Bits of RecordHeader::flags.
enum RecordFlag : std::uint8_t {
    Truncated = 1, ///< made from a payload of which only a part was copied
    ApproximateClock = 2,
    LostBefore = 4, ///< something of this source was dropped just before this record
    SingleStep = 8,
};

inline constexpr std::uint32_t durationInBody = 0xffffffff;
inline constexpr std::uint32_t noCpu = 0xffffffff; ///< a loss that belongs to no CPU

struct RecordHeader {
    std::uint64_t timeNs; ///< start of what it tells
    std::uint32_t durationNs; ///< 0: an instant; durationInBody: longer than 4.29 s, the body has the end
    std::uint16_t type; ///< RecordType
    std::uint8_t source; ///< Source
    std::uint8_t flags; ///< RecordFlag
    std::uint32_t target; ///< the helper's number of the target, from the reply to Attach; 0: none
    std::uint32_t thread; ///< of the target, in the helper's pid namespace; 0: none
    std::uint32_t sequence; ///< counts up by one per source and client, from 0
    std::uint32_t bytes; ///< whole record with header, padding and trailing bytes; a multiple of 8
};

/// A string, sent once and named by its number afterwards: program and probe names, request paths, hints.
struct Text {
    static constexpr RecordType type = RecordType::Text;
    std::uint32_t id; ///< never 0, never used for another string by this helper
    std::uint32_t length; ///< of the UTF-8 bytes that follow
};

struct ClockSync {
    static constexpr RecordType type = RecordType::ClockSync;
    std::uint64_t bootNs; ///< CLOCK_BOOTTIME; a growing difference to the header's time is a suspend
    std::int64_t realNs; ///< CLOCK_REALTIME
    std::int64_t gpuOffsetNs; ///< GPU clock minus CLOCK_MONOTONIC; 0 when there is none
    std::uint64_t errorNs; ///< the three clocks were read within this time
};

enum class ProbeState : std::uint16_t { Pending, Ready, Failed, Ignored, Costly, Silent, Gone };

/// What became of a probe, a tier or a target.
struct State {
    static constexpr RecordType type = RecordType::State;
    std::uint32_t name; ///< Text: the probe, or "target"
    std::uint16_t state; ///< ProbeState; Silent: attached, traffic flows, and it never fired
    std::uint16_t tier; ///< 0 … 3
    std::int32_t error; ///< errno, 0 when none
    std::uint32_t hint; ///< Text: a sentence for the user; 0 when none
};

enum class LossReason : std::uint16_t {
    RingFull = 1, ///< the kernel's ring had no room
    Consumer = 2, ///< read from the ring too late or not at all
    SocketBackpressure = 3, ///< the client does not read fast enough
    GpuActivity = 4,
    Parser = 5, ///< bytes that could not be understood, or state evicted in the parser
    Sampled = 6, ///< left out on purpose by a stated rule
    Truncated = 7, ///< only a prefix of a payload was copied; counted, not missing
    Evicted = 8, ///< a call's start was forgotten before its end came
    BeforeAttach = 9, ///< belongs to something that began before the attach
};

/// What one program on one CPU lost between two instants. attempted = emitted + dropped always holds. Sent
/// when something was dropped, and once for every program and CPU at detach (then dropped may be 0).
struct Loss {
    static constexpr RecordType type = RecordType::Loss;
    std::uint32_t program; ///< Text
    std::uint32_t cpu; ///< or noCpu
    std::uint16_t reason; ///< LossReason
    std::uint16_t final; ///< 1: the totals since attach, 0: of this interval
    std::uint32_t reserved;
    std::uint64_t attempted;
    std::uint64_t emitted;
    std::uint64_t dropped;
    std::uint64_t bytes; ///< payload bytes that are missing, where they are known
    std::uint64_t fromNs;
    std::uint64_t toNs;
};

/// What a kernel program has cost since the helper loaded it (kernel statistics of run time).
struct Cost {
    static constexpr RecordType type = RecordType::Cost;
    std::uint32_t program; ///< Text
    std::uint32_t reserved;
    std::uint64_t runs;
    std::uint64_t runNs;
};

enum class ProcessChange : std::uint16_t {
    Present,
    Forked,
    Executed,
    Exited,
    UidChanged,
    Stopped,
    Continued
};

/// A process of a target: there at attach, or what happened to it since.
struct Process {
    static constexpr RecordType type = RecordType::Process;
    std::uint32_t pid; ///< in the helper's pid namespace
    std::uint32_t parent;
    std::uint32_t innerPid; ///< in its own pid namespace
    std::uint32_t uid;
    std::uint64_t startTicks; ///< start time of /proc/PID/stat: with the pid it is the identity
    std::uint16_t change; ///< ProcessChange
    std::uint16_t reserved;
    std::uint32_t exitCode; ///< wait status of Exited
    char name[32]; ///< title or comm, NUL-terminated, cut to fit
};

/// What a Sample measures; the unit is part of the meaning.
enum class SampleMetric : std::uint16_t {
    CpuCores = 1, ///< CPU time over wall time, of the whole target
    RunQueueWait = 2, ///< time runnable but waiting over wall time, of the whole target
    ResidentBytes = 3,
    CgroupThrottled = 4, ///< share of wall time
    PressureCpu = 5, ///< share of wall time in which some task waited (PSI)
    PressureMemory = 6,
    PressureIo = 7,
    HelperCores = 16, ///< CPU time of helper and children over wall time
    ProbeCores = 17, ///< run time of all our kernel programs over wall time
    HelperBytes = 18,
    GpuUtilization = 32, ///< ratio; device says which
    GpuMemoryBytes = 33,
    GpuPowerWatts = 34,
    GpuTemperatureCelsius = 35,
    GpuClockHz = 36,
    EngineRunning = 48, ///< requests, from the server's own /metrics
    EngineWaiting = 49,
    EngineKvUsage = 50, ///< ratio
    EnginePromptTokens = 51, ///< counter
    EngineGenerationTokens = 52, ///< counter
    EngineRequestsDone = 53, ///< counter
    EnginePreemptions = 54, ///< counter
    EnginePrefixQueries = 55, ///< counter: tokens looked up in the prefix cache
    EnginePrefixHits = 56, ///< counter: of them found
    EnginePrefixHitRate = 57, ///< ratio, where the server tells no counters
};

struct Sample {
    static constexpr RecordType type = RecordType::Sample;
    std::uint16_t metric; ///< SampleMetric
    std::uint16_t device; ///< GPU number, engine number; 0 else
    std::uint32_t reserved;
    double value;
};

enum class ConnectionChange : std::uint8_t { Established, Closed, Seen };
enum class ConnectionRole : std::uint8_t { Server, Client }; ///< of the target on this connection
enum class ApplicationProtocol : std::uint8_t { Unknown, Http1, Http2, Tls, Websocket };

/// A TCP connection of the target. Its number stands for socket and time of establishment: sockets are
/// reused.
struct Connection {
    static constexpr RecordType type = RecordType::Connection;
    std::uint64_t connection;
    std::uint8_t change; ///< ConnectionChange; Seen: it was there before the attach
    std::uint8_t role; ///< ConnectionRole
    std::uint8_t protocol; ///< ApplicationProtocol
    std::uint8_t family; ///< 4 or 6; 0: addresses and ports are not known, or were told before
    std::uint16_t localPort; ///< 0 in Closed
    std::uint16_t peerPort;
    std::uint8_t localAddress[16]; ///< IPv4 in the first four bytes
    std::uint8_t peerAddress[16];
};

enum class HttpMethod : std::uint8_t { Other, Get, Post, Put, Delete, Head, Options, Patch };

enum HttpRequestFlag : std::uint8_t {
    Pipelined = 1, ///< began behind another request in the same bytes, or before the answer to the one before
    InProgress = 2, ///< running at attach: its arrival was not observed
    ArrivalUnknown = 4, ///< no packet was seen: arrivalNs is 0
};

inline constexpr std::uint64_t unknownBytes = ~std::uint64_t { 0 };

struct HttpRequest {
    static constexpr RecordType type = RecordType::HttpRequest;
    std::uint64_t connection;
    std::uint32_t request; ///< number of the request on its connection, from 0
    std::uint32_t path; ///< Text: path without the query; 0 when not seen
    std::uint64_t bodyBytes; ///< as announced; unknownBytes when chunked
    std::uint64_t arrivalNs; ///< the packet with the request's first byte reached the socket
    std::uint64_t readNs; ///< the server's first read of it ended
    std::uint8_t method; ///< HttpMethod
    std::uint8_t flags; ///< HttpRequestFlag
    std::uint16_t reserved;
    std::uint32_t key; ///< Text: the client's X-Request-Id, where it sent one; else 0
};

enum HttpResponseFlag : std::uint16_t {
    Streamed = 1, ///< text/event-stream
    Chunked = 2,
    Encoded = 4, ///< Content-Encoding: events cannot be told apart
    UntilClose = 8, ///< no length: the body ends with the connection
};

/// The final answer's header (1xx are skipped). Its time is that of the write with the status line.
struct HttpResponse {
    static constexpr RecordType type = RecordType::HttpResponse;
    std::uint64_t connection;
    std::uint32_t request;
    std::uint16_t status;
    std::uint16_t flags; ///< HttpResponseFlag
    std::uint64_t bodyBytes; ///< as announced, else unknownBytes
};

/// One write of body bytes: header time = when they left for the device; where not at once, when the write
/// returned. With a full socket buffer that is when the reader had made room, later than the write began: the
/// kernel tells nothing of the beginning where writes are seen at the socket. Counts are server-sent events
/// whose last byte is in this write, by class; `events` is their sum.
struct HttpChunk {
    static constexpr RecordType type = RecordType::HttpChunk;
    std::uint64_t connection;
    std::uint32_t request;
    std::uint32_t index; ///< number of the write in its answer, from 0
    std::uint32_t bytes; ///< body bytes on the wire, framing included
    std::uint16_t events;
    std::uint16_t text; ///< generated text, reasoning or a tool call
    std::uint16_t empty; ///< a token event without text and without role
    std::uint16_t role;
    std::uint16_t finish; ///< finish_reason alone
    std::uint16_t usage;
    std::uint16_t done; ///< [DONE]
    std::uint16_t other; ///< comments, errors, events that were not copied far enough to be told
    std::uint32_t reserved;
    std::uint64_t wireNs; ///< the packet left; 0 when not seen
};

struct HttpUsage {
    static constexpr RecordType type = RecordType::HttpUsage;
    std::uint64_t connection;
    std::uint32_t request;
    std::uint32_t known; ///< bit 0 prompt, 1 completion, 2 cached, 3 reasoning
    std::uint32_t promptTokens;
    std::uint32_t completionTokens;
    std::uint32_t cachedTokens;
    std::uint32_t reasoningTokens;
};

enum class EndReason : std::uint8_t {
    Complete = 1,
    ClientClosed,
    ServerClosed,
    Error, ///< the answer broke the rules of HTTP, or a streamed event told that it failed
    Detached,
    Unsynchronised
};

/// Header time = the last byte was sent, or the end was seen.
struct HttpEnd {
    static constexpr RecordType type = RecordType::HttpEnd;
    std::uint64_t connection;
    std::uint32_t request;
    std::uint8_t reason; ///< EndReason
    std::uint8_t reserved8;
    std::uint16_t reserved16;
    std::uint64_t bytesIn; ///< header and body of the request
    std::uint64_t bytesOut; ///< header and body of the answer
    std::uint32_t writes;
    std::uint32_t events;
    std::uint32_t tokenEvents; ///< text + empty
    std::uint32_t reserved;
};

/// The answer names itself by an id (the `id` of its events): a number for it, by which the engine's words on
/// the request are found (EngineRequest::key).
struct HttpAnswerKey {
    static constexpr RecordType type = RecordType::HttpAnswerKey;
    std::uint64_t connection;
    std::uint32_t request;
    std::uint32_t reserved;
    std::uint64_t key;
};

enum class OpaqueReason : std::uint8_t { Tls = 1, Http2, IoUring, Unsynchronised, Websocket };

/// Bytes on a connection that cannot be read as HTTP/1.1: only that they went, how many and when.
struct OpaqueBytes {
    static constexpr RecordType type = RecordType::OpaqueBytes;
    std::uint64_t connection;
    std::uint32_t bytes;
    std::uint8_t sent; ///< 1 from the target, 0 to it
    std::uint8_t reason; ///< OpaqueReason
    std::uint16_t reserved;
};

enum class ThreadState : std::uint8_t { Running, Runnable, Blocked };

/// A span of one thread (header: thread, start, duration).
struct Sched {
    static constexpr RecordType type = RecordType::Sched;
    std::uint64_t endNs;
    std::uint32_t cpu; ///< of Running and Runnable
    std::uint8_t state; ///< ThreadState
    std::uint8_t uninterruptible; ///< of Blocked
    std::uint16_t reserved;
};

enum class StepPhase : std::uint8_t { Unknown, Prefill, Decode, Mixed };

/// One iteration of the engine (header: start, duration).
struct EngineStep {
    static constexpr RecordType type = RecordType::EngineStep;
    std::uint16_t engine;
    std::uint8_t phase; ///< StepPhase
    std::uint8_t reserved;
    std::uint32_t tokens;
    std::uint16_t sequences;
    std::uint16_t outputs;
    std::uint16_t running;
    std::uint16_t waiting;
    std::uint16_t kvPermille; ///< 0xffff: not known
    std::uint16_t reserved2;
    std::uint32_t maxPosition;
};

struct EngineRequest {
    static constexpr RecordType type = RecordType::EngineRequest;
    std::uint64_t key; ///< number of the request's id, as in HttpAnswerKey
    std::uint16_t engine;
    std::uint16_t newTokens;
    std::uint8_t finish;
    std::uint8_t reserved8;
    std::uint16_t reserved16;
    std::uint64_t queuedNs; ///< 0 when not told
    std::uint64_t scheduledNs;
};

struct CudaSpan {
    static constexpr RecordType type = RecordType::CudaSpan;
    std::uint64_t bytes;
    std::uint64_t handle;
    std::uint32_t launches;
    std::uint8_t operation;
    std::uint8_t reserved8;
    std::uint16_t reserved16;
};

struct GpuExec {
    static constexpr RecordType type = RecordType::GpuExec;
    std::uint64_t bytes;
    std::uint32_t stream;
    std::uint32_t graph;
    std::uint32_t correlation;
    std::uint32_t name; ///< Text
    std::uint16_t device;
    std::uint8_t kind;
    std::uint8_t reserved8;
    std::uint32_t reserved32;
};

/// An error that the GPU driver reported.
struct Xid {
    static constexpr RecordType type = RecordType::Xid;
    std::uint32_t code;
    std::uint32_t message; ///< Text
    char pci[16]; ///< NUL-terminated bus id
};

/// Compile-time proof that a body has the layout that every compiler and machine of ours agrees on.
template <class Body, std::size_t bytes>
inline constexpr bool fixedLayout
    = std::is_trivially_copyable_v<Body>&&
          std::is_standard_layout_v<Body> && sizeof(Body) == bytes&& bytes % 8 == 0
    && std::has_unique_object_representations_v<Body>;

static_assert(fixedLayout<RecordHeader, 32> && offsetof(RecordHeader, target) == 16);
static_assert(fixedLayout<Text, 8>);
static_assert(fixedLayout<ClockSync, 32>);
static_assert(fixedLayout<State, 16> && offsetof(State, error) == 8);
static_assert(fixedLayout<Loss, 64> && offsetof(Loss, attempted) == 16);
static_assert(fixedLayout<Cost, 24>);
static_assert(fixedLayout<Process, 64> && offsetof(Process, name) == 32);
static_assert(sizeof(Sample) == 16 && std::is_trivially_copyable_v<Sample> && offsetof(Sample, value) == 8);
static_assert(fixedLayout<Connection, 48> && offsetof(Connection, localAddress) == 16);
static_assert(fixedLayout<HttpRequest, 48> && offsetof(HttpRequest, arrivalNs) == 24);
static_assert(fixedLayout<HttpResponse, 24>);
static_assert(fixedLayout<HttpChunk, 48> && offsetof(HttpChunk, wireNs) == 40);
static_assert(fixedLayout<HttpUsage, 32>);
static_assert(fixedLayout<HttpEnd, 48> && offsetof(HttpEnd, bytesIn) == 16);
static_assert(fixedLayout<OpaqueBytes, 16>);
static_assert(fixedLayout<HttpAnswerKey, 24>);
static_assert(fixedLayout<Sched, 16>);
static_assert(fixedLayout<EngineStep, 24>);
static_assert(fixedLayout<EngineRequest, 32>);
static_assert(fixedLayout<CudaSpan, 24>);
static_assert(fixedLayout<GpuExec, 32>);
static_assert(fixedLayout<Xid, 24>);

} // namespace prism::wire
