// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/documents.h"
#include "core/read/errors.h"
#include "core/read/json_events.h"
#include "core/read/json_look_ahead.h"
#include "core/read/window.h"

#include <algorithm>

namespace prism::read {

namespace {

/// The parser takes this much at a time: cancelling is asked for in between, and what the filter changed
/// behind the end of a document is undone in no more than this.
constexpr std::size_t chunkSize = windowOf(16u << 10);
constexpr std::size_t longestWord = 1u << 20;
/// Bytes that are kept while a candidate may still turn out to be log text.
constexpr std::uint64_t longestDoubt = 1u << 20;

/// Finds documents in a text, parses each once, and decides late how many there are: the first document is
/// held back until another one is seen to follow or the text ends.
class JsonReader {
public:
    JsonReader(ByteSource& source, const Plan& plan, DocumentHandler& handler, std::stop_token stop)
        : m_plan(plan)
        , m_handler(handler)
        , m_stop(std::move(stop))
        , m_buffer(source, &m_report.encoding)
        , m_builder(plan, handler)
        , m_lookAhead(m_buffer, plan)
        , m_parser(jsonOptions(plan.budgets, plan.forgiving), m_builder, m_filter, plan.budgets)
    {
    }

    Result<ReadReport> run();
    /// Reads all, looking for one value only.
    std::optional<Located> locate(std::string_view pointer);
    /// The document that was read last; null within one.
    const Node* root() const { return m_builder.root(); }

private:
    struct Broken {
        std::uint64_t documentLine = 0;
        Place place;
        std::string found;
        bool cutOff = false;
    };
    enum class End { Document, Text, Stopped };

    Result<bool> nextCandidate();
    void skipText();
    Result<bool> isDocument(std::uint64_t offset);
    Result<void> decideNumber();

    Result<End> readDocument();
    Result<std::size_t> nextChunk(std::uint64_t offset);
    Result<End> finishDocument();
    Result<End> candidateFailed(std::uint64_t failedAt, bool tooDeep);
    Result<End> candidateCutOff();
    void trackDoubt(std::uint64_t fed);
    Result<void> deliver();
    Error noDocument() const;
    static Error broken(const Broken& what);

    const Plan& m_plan;
    DocumentHandler& m_handler;
    std::stop_token m_stop;
    ReadReport m_report;
    TextBuffer m_buffer;
    TreeBuilder m_builder;
    JsonFilter m_filter;
    JsonLookAhead m_lookAhead;
    boost::json::basic_parser<JsonEvents> m_parser;

    TextCursor m_at; ///< between documents: the next byte to look at
    bool m_inText = false; ///< the rest of this line is log text
    bool m_several = false; ///< pointers begin with the document's number
    bool m_pending = false; ///< the first document is complete and held back

    TextCursor m_start; ///< of the candidate that is being parsed
    TextCursor m_retry; ///< on its first line; what follows is kept while the candidate is in doubt
    bool m_certain = false; ///< it is no log text
    std::optional<Broken> m_broken; ///< the most promising candidate that failed
};

Result<ReadReport> JsonReader::run()
{
    if (m_builder.failed()) {
        return *m_builder.error();
    }
    for (;;) {
        const auto found = nextCandidate();
        if (!found) {
            return found.error();
        }
        if (!*found) {
            break;
        }
        if (auto decided = decideNumber(); !decided) {
            return decided.error();
        }
        const auto end = readDocument();
        if (!end) {
            return end.error();
        }
        if (*end == End::Stopped) {
            break;
        }
    }
    if (m_pending) {
        if (auto delivered = deliver(); !delivered) {
            return delivered.error();
        }
    }
    if (m_report.documents == 0) {
        return noDocument();
    }
    m_report.duplicateKeys = m_builder.duplicateKeys();
    return m_report;
}

std::optional<Located> JsonReader::locate(std::string_view pointer)
{
    m_builder.locate(pointer, &m_parser.handler().cursor().offset);
    const auto report = run();
    return report ? m_builder.located(m_several) : std::nullopt;
}

/// Moves to the next bracket that may open a document: the first byte of a line that is no blank, or the
/// first behind another document. False at the end of the text.
Result<bool> JsonReader::nextCandidate()
{
    for (;;) {
        if (m_at.offset == m_buffer.end()) {
            if (m_stop.stop_requested()) {
                return cancelled();
            }
            m_buffer.release(m_at.offset);
            const auto more = m_buffer.more();
            if (!more || !*more) {
                return more;
            }
        }
        if (m_inText) {
            skipText();
            continue;
        }
        const char c = *m_buffer.at(m_at.offset);
        if (c == '\n') {
            m_at.nextLine();
        } else if (c == ' ' || c == '\t' || c == '\r') {
            ++m_at.offset;
        } else if (c == '{' || c == '[') {
            m_buffer.release(m_at.offset);
            const auto document = isDocument(m_at.offset);
            if (!document || *document) {
                return document;
            }
            m_inText = true;
        } else {
            m_inText = true;
        }
    }
}

/// Goes to the end of the line, as far as it is in the buffer.
void JsonReader::skipText()
{
    const char* data = m_buffer.at(m_at.offset);
    const std::size_t left = m_buffer.left(m_at.offset);
    const void* newline = std::memchr(data, '\n', left);
    const std::size_t size
        = newline ? static_cast<std::size_t>(static_cast<const char*>(newline) - data) : left;
    m_report.ignoredBytes += size;
    m_at.offset += size;
    if (newline) {
        m_at.nextLine();
        m_inText = false;
    }
}

/// Whether a bracket opens a document rather than a line of a log such as "[INFO] …" or "[12] …". A brace
/// is believed at once unless much depends on it: after the first document it decides about all pointers.
Result<bool> JsonReader::isDocument(std::uint64_t offset)
{
    return (*m_buffer.at(offset) == '{' && !m_pending) ? Result<bool>(true)
                                                       : m_lookAhead.opensDocument(offset);
}

/// Settles before a document whether pointers into it begin with its number. Streamed elements leave before
/// the end of the document is known, so the first document of a file is looked at ahead for them.
Result<void> JsonReader::decideNumber()
{
    if (m_pending) {
        m_several = true;
        return deliver();
    }
    if (m_report.documents > 0 || m_plan.stream.empty()) {
        return {};
    }
    const auto several = m_lookAhead.isOneOfSeveral(m_at.offset);
    if (!several) {
        return several.error();
    }
    m_several = *several;
    return {};
}

Result<void> JsonReader::deliver()
{
    const std::size_t number = m_report.documents - 1;
    m_builder.setNumber(m_several ? std::optional(number) : std::nullopt);
    m_pending = false;
    return m_handler.document(*m_builder.root(), number);
}

/// Bytes from `offset` on that the parser may take; 0 at the end of the text.
Result<std::size_t> JsonReader::nextChunk(std::uint64_t offset)
{
    std::size_t wanted = chunkSize;
    for (;;) {
        if (auto read = m_buffer.want(offset, 1); !read) {
            return read.error();
        }
        const std::size_t size = std::min(m_buffer.left(offset), wanted);
        const bool last = m_buffer.ended() && size == m_buffer.left(offset);
        const std::size_t ready = m_filter.run(m_buffer.at(offset), size, offset, last);
        if (ready > 0 || size == 0) {
            return ready;
        }
        if (size > longestWord) {
            return size; // no number and no word is that long: the parser will say so
        }
        wanted = size + chunkSize;
        if (auto read = m_buffer.want(offset, wanted); !read) {
            return read.error();
        }
    }
}

Result<JsonReader::End> JsonReader::readDocument()
{
    m_start = m_retry = m_at;
    m_certain = false;
    m_filter.reset();
    m_parser.reset();
    m_builder.begin(m_several ? std::optional(m_report.documents) : std::nullopt);
    JsonEvents& events = m_parser.handler();
    events.beginDocument(m_start);
    std::uint64_t fed = m_start.offset;
    for (;;) {
        if (m_stop.stop_requested()) {
            return cancelled();
        }
        const auto size = nextChunk(fed);
        if (!size) {
            return size.error();
        }
        if (*size == 0) {
            return candidateCutOff();
        }
        boost::json::error_code code;
        const char* data = m_buffer.at(fed);
        events.beginChunk(data, fed, *size);
        const std::size_t taken = m_parser.write_some(true, data, *size, code);
        if (m_builder.failed()) {
            return *m_builder.error();
        }
        if (events.complete()) {
            return finishDocument();
        }
        if (code) {
            return candidateFailed(fed + taken, code == boost::json::error::too_deep);
        }
        events.endChunk();
        fed += *size;
        trackDoubt(fed);
    }
}

/// Lets go of bytes that nobody will look at again. A candidate is in doubt until it holds a value behind
/// its first line or has handed over an element; until then the lines behind its first are kept.
void JsonReader::trackDoubt(std::uint64_t fed)
{
    const JsonEvents& events = m_parser.handler();
    const bool firstLine = events.cursor().line == m_start.line;
    m_certain = m_certain || m_builder.elementsHanded() > 0 || (events.scalars() > 0 && !firstLine)
        || fed - m_retry.offset > longestDoubt;
    if (firstLine) {
        m_retry = events.cursor();
    }
    m_buffer.release(m_certain || firstLine ? fed : m_retry.offset);
}

Result<JsonReader::End> JsonReader::finishDocument()
{
    JsonEvents& events = m_parser.handler();
    m_at = events.cursor();
    events.endDocument();
    m_filter.restore(m_buffer.at(m_buffer.begin()), m_buffer.begin(), m_at.offset);
    m_inText = false;
    m_report.nonFinite += events.nonFinite();
    m_report.nulCharacters += events.nulCharacters();
    m_pending = ++m_report.documents == 1 && !m_several;
    if (!m_pending) {
        if (auto delivered = deliver(); !delivered) {
            return delivered.error();
        }
    }
    return End::Document;
}

/// A candidate that is no JSON at `failedAt`: a line of the log, or a damaged document.
Result<JsonReader::End> JsonReader::candidateFailed(std::uint64_t failedAt, bool tooDeep)
{
    const JsonEvents& events = m_parser.handler();
    TextCursor at = events.cursor();
    if (failedAt > at.offset) {
        at.advance(m_buffer.at(at.offset), static_cast<std::size_t>(failedAt - at.offset));
    }
    if (tooDeep) {
        return overBudget(
            "values nested deeper than " + std::to_string(m_plan.budgets.depth), at.place().text());
    }
    Broken what { m_start.line, at.place(), {}, false };
    if (m_buffer.left(failedAt) > 0 && *m_buffer.at(failedAt) > ' ') {
        what.found = *m_buffer.at(failedAt);
    }
    const bool certain
        = m_certain || m_builder.elementsHanded() > 0 || (events.scalars() > 0 && at.line > m_start.line);
    if (certain) {
        return broken(what);
    }
    if (events.scalars() > 0 && !m_broken) {
        m_broken = what;
    }
    m_filter.restore(m_buffer.at(m_buffer.begin()), m_buffer.begin(), m_retry.offset);
    m_report.ignoredBytes += m_retry.offset - m_start.offset;
    m_at = m_retry;
    m_inText = true;
    return End::Text;
}

/// The text ends inside a document. Complete ones before it stay.
Result<JsonReader::End> JsonReader::candidateCutOff()
{
    const Broken what { m_start.line, m_parser.handler().cursor().place(), {}, true };
    if (m_report.documents == 0 && m_plan.acceptIncomplete) {
        m_builder.closeAll();
        m_pending = ++m_report.documents == 1;
        return End::Stopped;
    }
    if (m_report.documents == 0 && m_plan.forgiving && m_builder.elementsHanded() > 0) {
        m_builder.dropElement();
        m_builder.closeAll();
        m_pending = ++m_report.documents == 1;
        m_report.truncated = true;
        m_report.truncatedAt = what.place.text();
        return End::Stopped;
    }
    if (m_report.documents == 0) {
        return broken(what);
    }
    m_report.truncated = true;
    m_report.truncatedAt = what.place.text();
    return End::Stopped;
}

Error JsonReader::broken(const Broken& what)
{
    const std::string which = "the JSON document that begins at line " + std::to_string(what.documentLine);
    if (what.cutOff) {
        return { {}, what.place.text(), "the file ends inside " + which,
            "Copy the file again, or run the benchmark to its end" };
    }
    return { {}, what.place.text(),
        which + " is damaged" + (what.found.empty() ? "" : ": '" + what.found + "' is not expected here"),
        "Mend the file at this place, or write it again" };
}

Error JsonReader::noDocument() const
{
    return m_broken ? broken(*m_broken)
                    : Error { {}, {}, "the file holds no JSON document", "Check that it is the right file" };
}

class NoHandler : public DocumentHandler {
    Result<void> document(const Node&, std::size_t) override { return {}; }
};

} // namespace

std::optional<Located> locateInJson(ByteSource& source, std::string_view pointer)
{
    const Plan plan;
    NoHandler handler;
    return JsonReader(source, plan, handler, {}).locate(pointer);
}

/// Boost's parser and the tree hold on to the source, the plan and the handler.
struct KeptJson::Reading : DocumentHandler {
    explicit Reading(std::string text)
        : source(memorySource(std::move(text)))
        , reader(*source, plan, *this, {})
    {
    }
    Result<void> document(const Node& root, std::size_t number) override
    {
        return handler->document(root, number);
    }

    std::unique_ptr<ByteSource> source;
    Plan plan;
    DocumentHandler* handler = nullptr; ///< while it is read
    JsonReader reader;
    bool isOnlyDocument = false;
};

KeptJson::KeptJson(std::string text)
    : m_reading(std::make_unique<Reading>(std::move(text)))
{
}

KeptJson::~KeptJson() = default;

Result<ReadReport> KeptJson::read(DocumentHandler& handler)
{
    m_reading->handler = &handler;
    auto report = m_reading->reader.run();
    m_reading->isOnlyDocument = report && report->documents == 1;
    return report;
}

const Node* KeptJson::root() const
{
    return m_reading->isOnlyDocument ? m_reading->reader.root() : nullptr;
}

Result<ReadReport> readJson(
    ByteSource& source, const Plan& plan, DocumentHandler& handler, std::stop_token stop)
{
    return JsonReader(source, plan, handler, std::move(stop)).run();
}

} // namespace prism::read
