// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/clocked_client/answer.h"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

namespace prism::test {

namespace json = boost::json;

namespace {

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

std::string headerValue(const std::string& lowered, const std::string& name)
{
    const std::size_t at = lowered.find("\r\n" + name + ":");
    if (at == std::string::npos) {
        return {};
    }
    std::size_t begin = at + name.size() + 3;
    const std::size_t end = lowered.find("\r\n", begin);
    while (begin < end && lowered[begin] == ' ') {
        ++begin;
    }
    return lowered.substr(begin, end - begin);
}

const json::value* member(const json::value* value, std::string_view name)
{
    const json::object* object = value ? value->if_object() : nullptr;
    return object ? object->if_contains(name) : nullptr;
}

bool isText(const json::value* value)
{
    const json::string* text = value ? value->if_string() : nullptr;
    return text && !text->empty();
}

} // namespace

std::size_t Answer::take(std::string_view bytes, std::int64_t stampNs)
{
    const std::size_t whole = bytes.size();
    while (!bytes.empty() && m_state != State::Done) {
        std::size_t used = 0;
        switch (m_state) {
        case State::Header:
            used = takeHeader(bytes, stampNs);
            break;
        case State::Length:
        case State::ChunkData:
            used = static_cast<std::size_t>(std::min<std::uint64_t>(m_left, bytes.size()));
            takeBody(bytes.substr(0, used), stampNs);
            m_left -= used;
            if (m_left == 0) {
                m_state = m_state == State::Length ? State::Done : State::ChunkEnd;
            }
            break;
        case State::UntilClose:
            used = bytes.size();
            takeBody(bytes, stampNs);
            break;
        case State::ChunkSize:
        case State::ChunkEnd:
        case State::Trailer:
            takeLine(bytes, used);
            break;
        case State::Done:
            break;
        }
        this->bytes += used;
        endNs = stampNs;
        bytes.remove_prefix(used);
    }
    return whole - bytes.size();
}

void Answer::closed()
{
    if (m_state == State::UntilClose) {
        m_state = State::Done;
    }
}

std::size_t Answer::takeHeader(std::string_view bytes, std::int64_t stampNs)
{
    if (m_header.empty()) {
        firstByteNs = stampNs;
    }
    const std::size_t before = m_header.size();
    m_header.append(bytes);
    const std::size_t end = m_header.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end == std::string::npos) {
        return bytes.size();
    }
    m_header.resize(end + 4);
    const std::size_t used = m_header.size() - before;
    readHeader();
    return used;
}

void Answer::readHeader()
{
    const std::string lowered = lower(m_header);
    status = 0;
    if (lowered.size() > 12) {
        std::from_chars(lowered.data() + 9, lowered.data() + 12, status);
    }
    m_header.clear();
    if (status >= 100 && status < 200) {
        m_continued = true;
        firstByteNs = 0;
        return;
    }
    streamed = headerValue(lowered, "content-type").starts_with("text/event-stream");
    chunked = headerValue(lowered, "transfer-encoding") == "chunked";
    closes = headerValue(lowered, "connection") == "close";
    const std::string length = headerValue(lowered, "content-length");
    if (chunked) {
        m_state = State::ChunkSize;
    } else if (!length.empty()) {
        std::from_chars(length.data(), length.data() + length.size(), m_left);
        m_state = m_left ? State::Length : State::Done;
    } else {
        m_state = status == 204 || status == 304 ? State::Done : State::UntilClose;
    }
}

void Answer::takeLine(std::string_view bytes, std::size_t& used)
{
    const std::size_t end = bytes.find('\n');
    used = end == std::string_view::npos ? bytes.size() : end + 1;
    m_line.append(bytes.substr(0, used));
    if (end == std::string_view::npos) {
        return;
    }
    if (m_state == State::ChunkEnd) {
        m_state = State::ChunkSize;
    } else if (m_state == State::Trailer) {
        m_state = m_line == "\r\n" ? State::Done : State::Trailer;
    } else {
        m_left = 0;
        std::from_chars(m_line.data(), m_line.data() + m_line.size(), m_left, 16);
        m_state = m_left ? State::ChunkData : State::Trailer;
    }
    m_line.clear();
}

void Answer::takeBody(std::string_view bytes, std::int64_t stampNs)
{
    if (bytes.empty()) {
        return;
    }
    if (firstBodyNs == 0) {
        firstBodyNs = stampNs;
    }
    if (!streamed) {
        body.append(bytes.substr(0, (64u << 10) - std::min<std::size_t>(body.size(), 64u << 10)));
        return;
    }
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        m_eventLine.append(bytes.substr(0, end));
        if (end == std::string_view::npos) {
            return;
        }
        endLine(stampNs);
        bytes.remove_prefix(end + 1);
    }
}

void Answer::endLine(std::int64_t stampNs)
{
    if (!m_eventLine.empty() && m_eventLine.back() == '\r') {
        m_eventLine.pop_back();
    }
    if (m_eventLine.empty()) {
        if (m_hasData) {
            eventNs.push_back(stampNs);
            events.push_back(std::move(m_data));
        }
        m_data.clear();
        m_hasData = false;
    } else if (m_eventLine.starts_with("data:")) {
        m_data.append(m_eventLine, m_eventLine.starts_with("data: ") ? 6 : 5);
        m_hasData = true;
    }
    m_eventLine.clear();
}

char eventClass(const std::string& data)
{
    if (data == "[DONE]") {
        return 'd';
    }
    boost::system::error_code error;
    const json::value value = json::parse(data, error);
    const json::value* list = error ? nullptr : member(&value, "choices");
    const json::array* choices = list ? list->if_array() : nullptr;
    if (!choices) {
        return 'o';
    }
    if (choices->empty()) {
        return 'u';
    }
    const json::value* choice = &choices->front();
    const json::value* delta = member(choice, "delta");
    const json::value* text = member(choice, "text");
    const json::value* content = member(delta, "content");
    const json::value* calls = member(delta, "tool_calls");
    if (isText(text) || isText(content) || isText(member(delta, "reasoning_content"))
        || (calls && calls->is_array() && !calls->get_array().empty())) {
        return 't';
    }
    if (member(delta, "role")) {
        return 'r';
    }
    if ((content && content->is_string()) || (text && text->is_string())) {
        return 'e';
    }
    return isText(member(choice, "finish_reason")) ? 'f' : 'o';
}

std::int64_t completionTokens(const std::string& data)
{
    boost::system::error_code error;
    const json::value value = json::parse(data, error);
    const json::value* count = error ? nullptr : member(member(&value, "usage"), "completion_tokens");
    return count && count->is_int64() ? count->get_int64() : -1;
}

} // namespace prism::test
