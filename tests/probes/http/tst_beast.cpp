// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/probes/http/wire_scene.h"

#include <QtTest>
#include <rapidcheck.h>

#include <boost/beast/http.hpp>

using namespace prism;
using namespace prism::probes;
namespace beast = boost::beast::http;

namespace {
/// A header with names in odd case, spaces, folded lines' neighbours and fields of no interest.
std::string fields()
{
    const auto count = *rc::gen::inRange(0, 5);
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += *rc::gen::element<std::string>("Server: x\r\n", "X-Request-Id-Not: y\r\n",
            "content-type: text/plain\r\n", "Connection: keep-alive\r\n", "X-Empty:\r\n",
            "Date:   today  \r\n", "X-Content-Length: 5\r\n");
    }
    return text;
}

std::string content()
{
    return *rc::gen::container<std::string>(
        rc::gen::oneOf(rc::gen::element('\r', '\n', '0', 'a'), rc::gen::inRange<char>(1, 127)));
}

std::string hexadecimal(std::size_t number)
{
    char text[20];
    std::snprintf(text, sizeof text, *rc::gen::arbitrary<bool>() ? "%zx" : "%zX", number);
    return *rc::gen::element<std::string>("", "0", "000") + text;
}

/// The rest of a message behind its first line, and its body as sent.
std::string message(bool mayBeEmpty)
{
    const std::string body = content();
    switch (*rc::gen::inRange(mayBeEmpty ? 0 : 1, 3)) {
    case 0:
        return fields() + "\r\n";
    case 1:
        return fields()
            + *rc::gen::element<std::string>("Content-Length: ", "content-length:", "CONTENT-LENGTH:  ")
            + std::to_string(body.size()) + "\r\n" + fields() + "\r\n" + body;
    default:
        break;
    }
    std::string text = fields()
        + *rc::gen::element<std::string>("Transfer-Encoding: chunked\r\n", "transfer-encoding: Chunked\r\n")
        + fields() + "\r\n";
    std::string_view rest = body;
    while (!rest.empty()) {
        const auto size = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
        text += hexadecimal(size) + *rc::gen::element<std::string>("", ";a=b", ";token") + "\r\n"
            + std::string(rest.substr(0, size)) + "\r\n";
        rest.remove_prefix(size);
    }
    return text + "0\r\n" + *rc::gen::element<std::string>("", "Trailer: x\r\n") + "\r\n";
}

/// Bytes of the first message by Boost.Beast; 0 when it is not complete or not valid.
template <class Parser>
std::size_t lengthByBeast(Parser& parser, std::string_view bytes)
{
    parser.eager(true);
    parser.body_limit(boost::none);
    boost::beast::error_code error;
    std::size_t used = 0;
    while (used < bytes.size() && !parser.is_done()) {
        const std::size_t taken
            = parser.put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), error);
        used += taken;
        if (error || taken == 0) {
            return 0;
        }
    }
    return parser.is_done() ? used : 0;
}
} // namespace

/// Side by side with a parser that sees every byte: on complete streams both find the same messages.
class TestBeast : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void requests()
    {
        QVERIFY(rc::check([] {
            const std::string first = *rc::gen::element<std::string>("GET /a?b=c HTTP/1.1\r\n",
                                          "POST /v1 HTTP/1.1\r\n", "PUT /x HTTP/1.0\r\n")
                + message(true);
            const std::string both = first + "GET /next HTTP/1.1\r\n\r\n";
            beast::request_parser<beast::string_body> parser;
            const std::size_t length = lengthByBeast(parser, both);
            RC_PRE(length > 0);
            WireScene scene;
            scene.opened();
            scene.copyIn = 1U << 30;
            scene.read(both);
            scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            const Records told = scene.told();
            RC_ASSERT(length == first.size());
            RC_ASSERT(told.requests.size() == 2u);
            RC_ASSERT(told.path(1) == "/next");
            RC_ASSERT(told.ends.at(0).body.bytesIn == length);
            const auto& header = parser.get();
            RC_ASSERT(told.path(0) == std::string(header.target().substr(0, header.target().find('?'))));
            if (header.has_content_length()) {
                RC_ASSERT(told.requests[0].body.bodyBytes == header.body().size());
            }
        }));
    }

    void answers()
    {
        QVERIFY(rc::check([] {
            const std::string first = *rc::gen::element<std::string>("HTTP/1.1 200 OK\r\n",
                                          "HTTP/1.1 404 \r\n", "HTTP/1.0 503 Service Unavailable\r\n")
                + message(false);
            const std::string both = first + "HTTP/1.1 204 No Content\r\n\r\n";
            beast::response_parser<beast::string_body> parser;
            const std::size_t length = lengthByBeast(parser, both);
            RC_PRE(length > 0);
            WireScene scene;
            scene.opened();
            scene.copyOut = 1U << 30;
            scene.read("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
            scene.write(both);
            const Records told = scene.told();
            RC_ASSERT(length == first.size());
            RC_ASSERT(told.ends.size() == 2u);
            RC_ASSERT(told.ended(0) == wire::EndReason::Complete);
            RC_ASSERT(told.ends[0].body.bytesOut == length);
            RC_ASSERT(told.answers.at(0).body.status == parser.get().result_int());
            RC_ASSERT(told.answers.at(1).body.status == 204);
            RC_ASSERT(((told.answers[0].body.flags & wire::Chunked) != 0) == parser.chunked());
        }));
    }

    /// What Beast refuses is never told as two good requests.
    void brokenRequests()
    {
        QVERIFY(rc::check([] {
            std::string first = "POST /v1 HTTP/1.1\r\n" + message(false);
            const auto at = *rc::gen::inRange<std::size_t>(0, first.size());
            first[at] = *rc::gen::element('\0', '\r', '\n', ':', 'z', ' ');
            const std::string both = first + "GET /next HTTP/1.1\r\n\r\n";
            WireScene scene;
            scene.opened();
            scene.copyIn = 1U << 30;
            scene.read(both);
            scene.closed();
            const Records told = scene.told();
            RC_ASSERT(told.wellFormed);
            RC_ASSERT(told.requests.size() == told.ends.size());
        }));
    }
};

QTEST_GUILESS_MAIN(TestBeast)
#include "tst_beast.moc"
