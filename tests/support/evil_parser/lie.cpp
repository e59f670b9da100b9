// SPDX-License-Identifier: GPL-3.0-or-later
// A parser that was taken over talks to the job: `lying_parser LIE` answers its first file with that lie.
#include "core/import/child/frame_sink.h"
#include "core/import/child/serve.h"
#include "core/import/control_message.h"

#include <csignal>
#include <cstdlib>
#include <limits>
#include <map>

#include <poll.h>
#include <unistd.h>

using namespace prism;
using protocol::Encoder;
using protocol::Type;

namespace {

std::uint32_t file = 0;
std::string fileName;

void write(const std::string& bytes)
{
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t wrote = ::write(importFrames, bytes.data() + at, bytes.size() - at);
        if (wrote <= 0) {
            _exit(1); // the job has seen through it
        }
        at += static_cast<std::size_t>(wrote);
    }
}

void frame(Type type, const Encoder& e, std::uint32_t of = 0)
{
    write(protocol::header(type, of ? of : file, e.bytes.size()) + e.bytes);
}

/// Waits for what comes of it.
[[noreturn]] void stay()
{
    while (true) {
        ::poll(nullptr, 0, -1);
    }
}

void greet(int version = protocol::protocolVersion)
{
    Encoder e;
    encode(e, protocol::Ready { version, 1, {} });
    write(protocol::header(Type::Ready, 0, e.bytes.size()) + e.bytes);
}

void recognise(const std::string& producer = "vllm-serve", int version = 1)
{
    Encoder e;
    encode(e, protocol::Recognised { producer, version, "because" });
    frame(Type::Recognised, e);
}

LoadPoint somePoint(std::uint32_t index = 0)
{
    LoadPoint point;
    point.index = index;
    point.attributes = { { "model", std::string("m"), {}, Origin::Reported, {} } };
    point.measures
        = { { findMetric("ttft"), Stat::mean(), 1, Status::Ok, Origin::Reported, {}, {}, {}, {} } };
    return point;
}

void send(const LoadPoint& point)
{
    Encoder e;
    encode(e, point);
    frame(Type::Point, e);
}

void sendRequests(std::uint32_t point, std::uint32_t first, std::uint32_t count, const RequestRow& like = {})
{
    Encoder e;
    e.integer(point);
    e.integer(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        RequestRow row = like;
        row.index = first + i;
        encode(e, row);
    }
    frame(Type::Requests, e);
}

void end(Outcome outcome, bool ofMember = false, std::uint32_t of = 0)
{
    Encoder e;
    encode(e, protocol::End { outcome, ofMember, { {}, {}, "because", {} } });
    frame(Type::End, e, of);
}

void member(const std::string& name)
{
    Encoder e;
    e.text(name);
    frame(Type::Member, e);
}

void progress(std::uint64_t bytes)
{
    Encoder e;
    e.integer(bytes);
    frame(Type::Progress, e);
}

void warn(const std::string& text)
{
    Encoder e;
    encode(e, Warning { "x", text, {}, Severity::Note });
    frame(Type::Warn, e);
}

RequestRow withTokens(std::int64_t tokens)
{
    RequestRow row;
    row.osl = tokens;
    return row;
}

RequestRow withTtft(double ttft)
{
    RequestRow row;
    row.ttft = Milliseconds { ttft };
    return row;
}

/// A whole answer that nothing stands behind.
void forge(std::uint32_t of)
{
    const std::uint32_t mine = std::exchange(file, of);
    recognise();
    send(somePoint());
    end(Outcome::Imported);
    file = mine;
}

const std::map<std::string_view, void (*)()> lies {
    { "dies", [] { _exit(3); } },
    { "is killed", [] { kill(getpid(), SIGKILL); } },
    { "crashes",
        [] {
            signal(SIGABRT, SIG_DFL);
            abort();
        } },
    { "dies within a frame",
        [] {
            write(protocol::header(Type::Point, file, 1000) + "abc");
            _exit(0);
        } },
    { "ends without an answer", [] { _exit(0); } },
    { "hangs", [] { stay(); } },
    { "hangs after rows",
        [] {
            recognise();
            send(somePoint());
            stay();
        } },
    { "loops",
        [] {
            for (std::uint32_t i = 0;; ++i) {
                asm volatile("" : : "r"(i)); // a loop that nobody sees may be taken away
            }
        } },
    { "trickles",
        [] {
            for (std::uint64_t i = 0;; ++i) {
                progress(i);
                ::poll(nullptr, 0, 20);
            }
        } },
    { "floods with rows",
        [] {
            recognise();
            send(somePoint());
            for (std::uint32_t i = 0;; i += 1000) {
                sendRequests(0, i, 1000);
            }
        } },
    { "floods with progress",
        [] {
            const std::string one = protocol::header(Type::Progress, file, 1) + '\1';
            std::string many;
            for (int i = 0; i < 5000; ++i) {
                many += one;
            }
            while (true) {
                write(many);
            }
        } },
    { "floods with warnings",
        [] {
            recognise();
            while (true) {
                warn("the same again");
            }
        } },
    { "warns at length",
        [] {
            recognise();
            while (true) {
                warn(std::string(8u << 20, 'x'));
            }
        } },
    { "floods with names",
        [] {
            recognise();
            LoadPoint point = somePoint();
            for (int i = 0; i < 5000; ++i) {
                point.attributes.push_back(
                    { "name" + std::to_string(i), std::int64_t(i), {}, Origin::Reported, {} });
            }
            send(point);
            end(Outcome::Imported);
        } },
    { "frame too long", [] { write(protocol::header(Type::Point, file, protocol::mostFrameBytes + 1)); } },
    { "frame of no type", [] { frame(static_cast<Type>(99), {}); } },
    { "frame of type zero", [] { frame(static_cast<Type>(0), {}); } },
    { "nonsense",
        [] {
            recognise();
            Encoder e;
            e.bytes = "\3\377\377\377";
            frame(Type::Point, e);
        } },
    { "answers for another file", [] { end(Outcome::Skipped, false, file + 1); } },
    { "answers for no file", [] { end(Outcome::Skipped, false, 4'000'000'000u); } },
    { "greets twice", [] { greet(); } },
    { "rows before it knows what", [] { send(somePoint()); } },
    { "recognises twice",
        [] {
            recognise();
            recognise();
        } },
    { "a producer that cannot be", [] { recognise("<b>no</b>"); } },
    { "a version that cannot be", [] { recognise("vllm-serve", -1); } },
    { "imported out of nothing", [] { end(Outcome::Imported); } },
    { "says unchanged", [] { end(Outcome::Unchanged); } },
    { "a number that is none",
        [] {
            recognise();
            LoadPoint point = somePoint();
            point.measures[0].value = std::numeric_limits<double>::quiet_NaN();
            send(point);
        } },
    { "an infinite number",
        [] {
            recognise();
            LoadPoint point = somePoint();
            point.measures[0].value = std::numeric_limits<double>::infinity();
            send(point);
        } },
    { "negative tokens",
        [] {
            recognise();
            sendRequests(0, 0, 1, withTokens(-1));
        } },
    { "a time that is none",
        [] {
            recognise();
            sendRequests(0, 0, 1, withTtft(std::numeric_limits<double>::quiet_NaN()));
        } },
    { "a series that begins at no time",
        [] {
            recognise();
            Encoder e;
            e.integer(0);
            encode(e,
                TimeSeries {
                    "power", "W", {}, { 0 }, { 300 }, false, std::numeric_limits<double>::infinity() });
            frame(Type::Series, e);
        } },
    { "an id without end",
        [] {
            recognise();
            RequestRow row;
            row.id.assign(mostRequestId + 1, 'x');
            sendRequests(0, 0, 1, row);
        } },
    { "more rows than there are",
        [] {
            recognise();
            Encoder e;
            e.integer(0);
            e.integer(1'000'000'000);
            frame(Type::Requests, e);
        } },
    { "rows without their point",
        [] {
            recognise();
            sendRequests(7, 0, 1);
            end(Outcome::Imported);
        } },
    { "a point twice",
        [] {
            recognise();
            send(somePoint());
            send(somePoint());
        } },
    { "a request twice",
        [] {
            recognise();
            send(somePoint());
            sendRequests(0, 1, 1);
            sendRequests(0, 1, 1);
        } },
    { "member of another file", [] { member("/etc/other.zip!/x.json"); } },
    { "member within a member",
        [] {
            member(fileName + "!/a");
            member(fileName + "!/b");
        } },
    { "member of what is no archive",
        [] {
            recognise();
            member(fileName + "!/a");
        } },
    { "member left open",
        [] {
            member(fileName + "!/a");
            recognise();
            send(somePoint());
            end(Outcome::Imported);
        } },
    { "ends a member that never began", [] { end(Outcome::Skipped, true); } },
    { "bytes of no member",
        [] {
            recognise();
            Encoder e;
            e.bytes = "bytes";
            frame(Type::Bytes, e);
        } },
    { "a reason without end",
        [] {
            Encoder e;
            e.integer(static_cast<std::uint64_t>(Outcome::Refused));
            e.integer(0);
            e.text({});
            e.text({});
            e.text(std::string(1u << 20, 'x'));
            e.text({});
            frame(Type::End, e);
        } },
    { "refuses and speaks for the next",
        [] {
            end(Outcome::Refused);
            forge(file + 1);
        } },
    { "lies and speaks for the next",
        [] {
            send(somePoint());
            forge(file + 1);
        } },
};

} // namespace

int main(int argc, char** argv)
{
    const std::string_view lie = argc > 1 ? argv[1] : "";
    if (lie == "does not greet") {
        recognise();
    } else if (lie == "is of another version") {
        greet(protocol::protocolVersion + 1);
    } else {
        greet();
    }
    const auto message = receiveControl(importControl);
    if (!message || !*message) {
        return EXIT_FAILURE;
    }
    file = (*message)->file;
    fileName = (*message)->name;
    if (const auto found = lies.find(lie); found != lies.end()) {
        found->second();
    }
    stay();
}
