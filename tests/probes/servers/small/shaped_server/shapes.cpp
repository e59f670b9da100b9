// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/probes/servers/small/shaped_server/shapes.h"

#include <cstdio>
#include <stdexcept>
#include <vector>

namespace prism::test {

namespace {

std::string chunk(const std::string& body)
{
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    return size + body + "\r\n";
}

std::string head(int status, const std::string& more)
{
    return "HTTP/1.1 " + std::to_string(status) + (status == 200 ? " OK" : " Error")
        + "\r\nServer: shaped\r\n" + more + "\r\n";
}

/// Three frames that an exception crosses; never inlined, so that there is something to unwind.
[[gnu::noinline]] void raise(int depth)
{
    if (depth == 0) {
        throw std::runtime_error("as asked");
    }
    raise(depth - 1);
    asm volatile("" ::: "memory"); // no tail call
}

/// Paces the writes of one answer.
class Writer {
public:
    Writer(Connection& connection, const Wanted& wanted)
        : m_connection(connection)
        , m_wanted(wanted)
        , m_next(nowNs())
    {
    }
    bool operator()(const std::string& bytes)
    {
        if (m_wanted.throws) {
            try {
                raise(3);
            } catch (const std::runtime_error&) {
                ++m_caught;
            }
        }
        return m_connection.write(bytes, m_wanted.call);
    }
    /// Waits for the instant of the next event.
    bool paced(const std::string& bytes)
    {
        if (m_wanted.paceUs > 0) {
            m_next += m_wanted.paceUs * 1000;
            sleepUntil(m_next);
        }
        return (*this)(bytes);
    }

private:
    Connection& m_connection;
    const Wanted& m_wanted;
    std::int64_t m_next;
    std::int64_t m_caught = 0;
};

bool tokens(Writer& write, const Wanted& wanted, int from)
{
    const bool merged = wanted.shape == "merged";
    const bool lastByte = wanted.shape == "last_byte";
    const bool split = wanted.shape == "split" || lastByte;
    const bool framed = wanted.shape != "until_close";
    std::string together;
    for (int i = from; i != wanted.tokens; ++i) {
        const std::string one = tokenEvent(i, wanted.padding);
        const std::string piece = framed ? chunk(one) : one;
        if (merged) {
            together += piece;
            if ((i + 1) % wanted.merge != 0 && i + 1 != wanted.tokens) {
                continue;
            }
            if (!write.paced(together)) {
                return false;
            }
            together.clear();
        } else if (split) {
            const std::size_t cut = lastByte ? piece.size() - 1 : piece.size() / 2;
            if (!write.paced(piece.substr(0, cut)) || !write.paced(piece.substr(cut))) {
                return false;
            }
        } else if (!write.paced(piece)) {
            return false;
        }
        if (wanted.shape == "half" && i >= wanted.tokens / 2) {
            return false;
        }
    }
    return true;
}

bool stream(Writer& write, const Wanted& wanted)
{
    const std::string header = head(200, "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n");
    if (wanted.shape == "one_write") {
        std::string all = header + chunk(roleEvent());
        for (int i = 0; i < wanted.tokens; ++i) {
            all += chunk(tokenEvent(i, wanted.padding));
        }
        return write(
            all + chunk(finishEvent(wanted)) + chunk(usageEvent(wanted)) + chunk(doneEvent) + "0\r\n\r\n");
    }
    if (!write(header)) {
        return false;
    }
    int first = 0;
    if (wanted.shape == "role_token") {
        first = 1;
        if (!write.paced(chunk(roleEvent() + tokenEvent(0, wanted.padding)))) {
            return false;
        }
    } else if (!write.paced(chunk(roleEvent()))) {
        return false;
    }
    if (wanted.shape == "empty_token") {
        first = 1;
        if (!write.paced(chunk(emptyTokenEvent()))) {
            return false;
        }
    }
    if (!tokens(write, wanted, first)) {
        return false;
    }
    const bool together = wanted.shape == "usage_last";
    if (together ? !write(chunk(finishEvent(wanted) + usageEvent(wanted)))
                 : !write(chunk(finishEvent(wanted))) || !write(chunk(usageEvent(wanted)))) {
        return false;
    }
    if (!write(chunk(doneEvent))) {
        return false;
    }
    return wanted.shape == "split_end" ? write("0\r\n") && write("\r\n") : write("0\r\n\r\n");
}

bool plain(Writer& write, const Wanted& wanted)
{
    const std::string body = wanted.status != 200
        ? R"({"error":{"message":"as asked"}})"
        : R"({"choices":[{"message":{"content":"text"}}],"usage":{"prompt_tokens":8,"completion_tokens":)"
            + std::to_string(wanted.tokens) + "}}";
    const std::string type = "Content-Type: application/json\r\n";
    if (wanted.shape == "chunked") {
        return write(head(wanted.status, type + "Transfer-Encoding: chunked\r\n")) && write.paced(chunk(body))
            && write("0\r\n\r\n");
    }
    const std::string header
        = head(wanted.status, type + "Content-Length: " + std::to_string(body.size()) + "\r\n");
    return wanted.shape == "length" ? write(header) && write.paced(body) : write(header + body);
}

bool untilClose(Writer& write, const Wanted& wanted)
{
    (void)(write(head(200, "Content-Type: text/event-stream\r\nConnection: close\r\n"))
        && write.paced(roleEvent()) && tokens(write, wanted, 0) && write(doneEvent));
    return false;
}

} // namespace

bool answer(Connection& connection, const Wanted& wanted)
{
    Writer write(connection, wanted);
    if (wanted.shape == "early") {
        write(head(413, "Content-Length: 0\r\nConnection: close\r\n"));
        return false;
    }
    if (wanted.shape == "until_close") {
        return untilClose(write, wanted);
    }
    const bool json = wanted.shape == "length" || wanted.shape == "plain" || wanted.shape == "chunked";
    return json || wanted.status != 200 ? plain(write, wanted) : stream(write, wanted);
}

} // namespace prism::test
