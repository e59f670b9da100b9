// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/head.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace prism::probes::http {

namespace {
constexpr std::size_t mostLine = 1024;
constexpr std::size_t mostRequestId = 128;

bool equalsIgnoringCase(std::string_view text, std::string_view lower)
{
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
        [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b; });
}

bool containsIgnoringCase(std::string_view text, std::string_view lower)
{
    for (std::size_t at = 0; at + lower.size() <= text.size(); ++at) {
        if (equalsIgnoringCase(text.substr(at, lower.size()), lower)) {
            return true;
        }
    }
    return false;
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string printable(std::string_view text)
{
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
    return out;
}

wire::HttpMethod methodOf(std::string_view name)
{
    using wire::HttpMethod;
    constexpr std::pair<std::string_view, HttpMethod> known[] = {
        { "GET", HttpMethod::Get },
        { "POST", HttpMethod::Post },
        { "PUT", HttpMethod::Put },
        { "DELETE", HttpMethod::Delete },
        { "HEAD", HttpMethod::Head },
        { "OPTIONS", HttpMethod::Options },
        { "PATCH", HttpMethod::Patch },
    };
    const auto* found
        = std::find_if(std::begin(known), std::end(known), [&](const auto& k) { return k.first == name; });
    return found == std::end(known) ? HttpMethod::Other : found->second;
}

/// So far it may be the start of a first line. Garbage is told from its first bytes, not after a kilobyte.
bool mayBegin(std::string_view text, bool response)
{
    if (response) {
        constexpr std::string_view start = "HTTP/1.";
        const std::size_t known = std::min(text.size(), start.size());
        return text.substr(0, known) == start.substr(0, known);
    }
    constexpr std::size_t longestMethod = 24;
    const auto end = std::min(text.find(' '), text.size());
    return end <= longestMethod
        && std::all_of(text.begin(), text.begin() + static_cast<long>(end),
            [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
}
} // namespace

void HeadParser::start(bool response)
{
    wipeLine();
    m_head = {};
    m_head.isResponse = response;
    m_state = State::FirstLine;
}

void HeadParser::release()
{
    wipeLine();
    std::string().swap(m_line);
    m_head = {};
}

void HeadParser::wipeLine()
{
    std::fill(m_line.begin(), m_line.end(), '\0');
    m_line.clear();
    m_cut = false;
}

std::size_t HeadParser::take(Bytes bytes)
{
    std::size_t taken = 0;
    while (taken < bytes.size() && (m_state == State::FirstLine || m_state == State::Fields)) {
        const auto* begin = reinterpret_cast<const char*>(bytes.data()) + taken;
        const std::size_t rest = bytes.size() - taken;
        const auto* end = static_cast<const char*>(std::memchr(begin, '\n', rest));
        const std::size_t length = end ? static_cast<std::size_t>(end - begin) : rest;
        taken += length + (end ? 1 : 0);
        std::string_view text(begin, length);
        bool cut = m_cut;
        if (!end || !m_line.empty()) {
            const std::size_t kept = std::min(length, mostLine - m_line.size());
            m_line.append(begin, kept);
            cut = m_cut = m_cut || kept < length;
            text = m_line;
        } else if (length > mostLine) {
            text = text.substr(0, mostLine);
            cut = true;
        }
        if (end) {
            if (!cut && !text.empty() && text.back() == '\r') {
                text.remove_suffix(1);
            }
            line(text, cut);
            wipeLine();
        } else if (m_state == State::FirstLine && text != "\r" && !mayBegin(text, m_head.isResponse)) {
            m_state = State::Malformed;
        }
    }
    return taken;
}

void HeadParser::cut()
{
    if (m_state == State::FirstLine && !m_head.isResponse) {
        firstLine(m_line, true);
    }
    wipeLine();
}

void HeadParser::line(std::string_view text, bool cut)
{
    if (m_state == State::FirstLine) {
        if (!text.empty()) { // a client may send an empty line too many before its request
            firstLine(text, cut);
        } else if (m_head.isResponse) {
            m_state = State::Malformed;
        }
        return;
    }
    if (text.empty()) {
        m_state = State::Done;
        return;
    }
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) {
        field(text.substr(0, colon), trimmed(text.substr(colon + 1)), cut);
    }
}

void HeadParser::firstLine(std::string_view text, bool cut)
{
    m_state = State::Malformed;
    if (!mayBegin(text, m_head.isResponse)) {
        return;
    }
    if (m_head.isResponse) {
        statusLine(text);
    } else {
        requestLine(text, cut);
    }
}

void HeadParser::requestLine(std::string_view text, bool cut)
{
    const auto methodEnd = text.find(' ');
    if (methodEnd == std::string_view::npos || methodEnd == 0) {
        return;
    }
    m_head.method = methodOf(text.substr(0, methodEnd));
    m_head.connectMethod = text.substr(0, methodEnd) == "CONNECT";
    std::string_view target = text.substr(methodEnd + 1);
    if (!cut) {
        const auto targetEnd = target.rfind(' ');
        if (targetEnd == std::string_view::npos || targetEnd == 0) {
            return;
        }
        const auto version = target.substr(targetEnd + 1);
        target = target.substr(0, targetEnd);
        m_head.http2 = version == "HTTP/2.0" && text.substr(0, methodEnd) == "PRI";
        if (version != "HTTP/1.1" && version != "HTTP/1.0") {
            return;
        }
        m_head.http10 = version == "HTTP/1.0";
    }
    const auto pathEnd = target.find_first_of("?#");
    m_head.pathKnown = !cut || pathEnd != std::string_view::npos;
    if (m_head.pathKnown) {
        m_head.path = printable(target.substr(0, pathEnd));
    }
    m_state = State::Fields;
}

void HeadParser::statusLine(std::string_view text)
{
    // HTTP/1.1 200 OK
    constexpr std::size_t statusAt = 9;
    constexpr std::size_t statusEnd = 12;
    if (text.size() < statusEnd || (text[7] != '0' && text[7] != '1') || text[8] != ' '
        || (text.size() > statusEnd && text[statusEnd] != ' ')) {
        return;
    }
    std::uint16_t status = 0;
    const auto [end, error] = std::from_chars(text.data() + statusAt, text.data() + statusEnd, status);
    if (error != std::errc() || end != text.data() + statusEnd || status < 100) {
        return;
    }
    m_head.status = status;
    m_head.http10 = text[7] == '0';
    m_state = State::Fields;
}

void HeadParser::field(std::string_view name, std::string_view value, bool cut)
{
    if (equalsIgnoringCase(name, "content-length")) {
        std::uint64_t length = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
        const bool differs = m_head.contentLength && *m_head.contentLength != length;
        if (error != std::errc() || end != value.data() + value.size() || cut || differs) {
            m_state = State::Malformed;
            return;
        }
        m_head.contentLength = length;
    } else if (equalsIgnoringCase(name, "transfer-encoding")) {
        m_head.chunked = m_head.chunked || containsIgnoringCase(value, "chunked");
    } else if (equalsIgnoringCase(name, "content-encoding")) {
        m_head.encoded = m_head.encoded || !equalsIgnoringCase(value, "identity");
    } else if (equalsIgnoringCase(name, "content-type")) {
        const auto type = trimmed(value.substr(0, value.find(';')));
        if (equalsIgnoringCase(type, "text/event-stream")) {
            m_head.content = Head::Content::EventStream;
        } else if (equalsIgnoringCase(type, "application/x-ndjson")
            || equalsIgnoringCase(type, "application/ndjson") || equalsIgnoringCase(type, "application/jsonl")
            || equalsIgnoringCase(type, "application/x-jsonlines")) {
            m_head.content = Head::Content::JsonLines;
        } else if (equalsIgnoringCase(type, "application/json")) {
            m_head.content = Head::Content::Json;
        }
    } else if (equalsIgnoringCase(name, "upgrade")) {
        m_head.upgradeWebsocket = m_head.upgradeWebsocket || containsIgnoringCase(value, "websocket");
        m_head.upgradeHttp2 = m_head.upgradeHttp2 || containsIgnoringCase(value, "h2c");
    } else if (!m_head.isResponse && equalsIgnoringCase(name, "x-request-id")) {
        if (!cut && value.size() <= mostRequestId) {
            m_head.requestId = printable(value);
        }
    }
}

} // namespace prism::probes::http
