// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/http/body_framing.h"
#include "probes/protocol/record.h"

#include <optional>
#include <string>
#include <string_view>

namespace prism::probes::http {

/// What is kept of the header of a request or an answer; everything else is forgotten as it passes.
struct Head {
    bool isResponse = false;
    wire::HttpMethod method = wire::HttpMethod::Other;
    bool connectMethod = false;
    std::uint16_t status = 0;
    bool http10 = false;
    bool http2 = false; ///< the preface of HTTP/2, not a request
    bool pathKnown = false;
    std::string path; ///< without the query; printable ASCII, other bytes are '?'
    std::string requestId; ///< X-Request-Id, likewise; empty: none
    std::optional<std::uint64_t> contentLength;
    bool chunked = false;
    bool encoded = false; ///< Content-Encoding other than identity
    bool upgradeWebsocket = false;
    bool upgradeHttp2 = false;
    enum class Content : std::uint8_t { Other, EventStream, JsonLines, Json } content = Content::Other;
};

/// Reads a header line by line over any split. A line is kept up to 1 KiB and wiped once it was understood.
class HeadParser {
public:
    enum class State : std::uint8_t {
        FirstLine,
        Fields,
        Done,
        Malformed,
    };

    /// Begins anew, for a request or for an answer.
    void start(bool response);
    /// Takes bytes up to the end of the header at most; returns how many.
    std::size_t take(Bytes bytes);
    /// What follows was not seen. A request's first line that was cut by that is taken for what it says so
    /// far; then the state is Fields.
    void cut();
    State state() const { return m_state; }
    const Head& head() const { return m_head; }
    /// Gives back all memory.
    void release();

private:
    void line(std::string_view text, bool cut);
    void firstLine(std::string_view text, bool cut);
    void requestLine(std::string_view text, bool cut);
    void statusLine(std::string_view text);
    void field(std::string_view name, std::string_view value, bool cut);
    void wipeLine();

    Head m_head;
    State m_state = State::FirstLine;
    bool m_cut = false; ///< the line is longer than what is kept of it
    std::string m_line; ///< of a line that began in earlier bytes
};

} // namespace prism::probes::http
