// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/documents.h"
#include "core/read/errors.h"
#include "core/read/tree_builder.h"
#include "core/read/yaml_events.h"

#include <algorithm>
#include <map>

namespace prism::read {

namespace {

using Type = YamlEvent::Type;

/// How far a text is searched for a second document before elements of the first one are handed over.
constexpr std::size_t lookAheadSize = 1u << 20;

class YamlReader {
public:
    YamlReader(ByteSource& source, const Plan& plan, DocumentHandler& handler, std::stop_token stop)
        : m_plan(plan)
        , m_handler(handler)
        , m_text(source, &m_report.encoding)
        , m_events(m_text, plan.budgets, std::move(stop))
        , m_builder(plan, handler)
    {
        m_builder.setMergeKeys(true);
    }

    Result<ReadReport> run();
    /// Reads all, looking for one value only.
    std::optional<Located> locate(std::string_view pointer);

private:
    /// A collection that is open, of the text or of an alias.
    struct Frame {
        bool object = false;
        bool keyIsNext = false;
        bool anchored = false;
        std::string anchor;
        std::size_t begin = 0; ///< in m_log, of one with an anchor
    };
    /// What an anchor names: events of m_log.
    struct Anchored {
        std::size_t begin = 0;
        std::size_t end = 0;
        bool open = true;
    };
    /// An alias keeps what its name meant where it stood: names may be given again later.
    struct Logged {
        YamlEvent event;
        Anchored target;
    };

    Result<void> decideNumber();
    Result<void> take(const YamlEvent& event);
    Result<void> beginDocument();
    Result<void> endDocument();
    Result<void> deliver();
    Result<void> value(const YamlEvent& event);
    Result<void> scalar(const YamlEvent& event);
    Result<void> begin(const YamlEvent& event);
    Result<void> end();
    Result<Anchored> resolve(const YamlEvent& alias) const;
    Result<void> expand(const Anchored& target, Place place);
    Result<void> log(const YamlEvent& event, const Anchored& target);
    Result<void> checked(bool fine) const { return fine ? Result<void>() : Result<void>(*m_builder.error()); }

    const Plan& m_plan;
    DocumentHandler& m_handler;
    ReadReport m_report;
    TextBuffer m_text;
    YamlEvents m_events;
    TreeBuilder m_builder;
    std::uint64_t m_end = 0; ///< behind the last event that has bytes of its own
    std::string m_lastScalar; ///< its place
    bool m_several = false;
    bool m_pending = false; ///< the first document is complete and held back

    std::vector<Frame> m_frames;
    bool m_empty = true; ///< the document has no content
    std::map<std::string, Anchored, std::less<>> m_anchors;
    std::size_t m_openAnchors = 0;
    std::vector<Logged> m_log; ///< events below anchors, to be told again for their aliases
    std::size_t m_logBytes = 0;
    std::size_t m_aliasNodes = 0;
};

Result<ReadReport> YamlReader::run()
{
    if (m_builder.failed()) {
        return *m_builder.error();
    }
    if (auto decided = decideNumber(); !decided) {
        return decided.error();
    }
    for (;;) {
        const auto event = m_events.next();
        if (!event && m_events.failedAtEnd() && m_report.documents > 0) {
            m_report.truncated = true;
            m_report.truncatedAt = event.error().place;
            break;
        }
        if (!event) {
            return event.error();
        }
        if ((*event)->type == Type::EndStream) {
            // Behind a bracket or a quote nothing can be missing.
            const bool open = std::string_view("\n\r]}\"'").find(m_text.last()) == std::string_view::npos;
            m_report.unendedAt = open ? m_lastScalar : std::string();
            break;
        }
        if ((*event)->type == Type::Scalar) {
            m_lastScalar = (*event)->place.text();
        }
        if (auto taken = take(**event); !taken) {
            return taken.error();
        }
    }
    if (m_pending) {
        if (auto delivered = deliver(); !delivered) {
            return delivered.error();
        }
    }
    if (m_report.documents == 0) {
        return Error { {}, {}, "the file holds no YAML document", "Check that it is the right file" };
    }
    m_report.duplicateKeys = m_builder.duplicateKeys();
    return m_report;
}

std::optional<Located> YamlReader::locate(std::string_view pointer)
{
    m_builder.locate(pointer, &m_end);
    const auto report = run();
    return report ? m_builder.located(m_several) : std::nullopt;
}

/// Elements leave before the end of their document is known: a marker of a second document is looked for.
Result<void> YamlReader::decideNumber()
{
    if (m_plan.stream.empty()) {
        return {};
    }
    if (auto wanted = m_text.want(0, lookAheadSize); !wanted) {
        return wanted;
    }
    const std::string_view text(m_text.at(0), m_text.left(0));
    bool content = false;
    for (std::size_t at = 0; at < text.size() && !m_several;) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        const bool marker
            = line.substr(0, 3) == "---" && (line.size() == 3 || line[3] == ' ' || line[3] == '\r');
        m_several = marker && content;
        content
            = content || (!marker && !line.empty() && line[0] != '#' && line[0] != '%' && line[0] != '\r');
        at = end + 1;
    }
    return {};
}

Result<void> YamlReader::take(const YamlEvent& event)
{
    // A block collection ends where the next token begins, which may be lines later.
    m_end = event.endByte > event.place.byte ? event.endByte : m_end;
    switch (event.type) {
    case Type::BeginDocument:
        return beginDocument();
    case Type::EndDocument:
        return endDocument();
    default:
        break;
    }
    if (m_empty) {
        // Content at last: only now it is certain that a document follows the one held back.
        const bool nothing = event.type == Type::Scalar && event.text.empty() && event.kind == Kind::Null;
        if (nothing) {
            return {};
        }
        m_empty = false;
        if (m_pending) {
            m_several = true;
            if (auto delivered = deliver(); !delivered) {
                return delivered;
            }
        }
        m_builder.begin(m_several ? std::optional(m_report.documents) : std::nullopt);
    }
    return value(event);
}

Result<void> YamlReader::beginDocument()
{
    m_empty = true;
    m_frames.clear();
    m_anchors.clear();
    m_openAnchors = 0;
    m_log.clear();
    m_logBytes = 0;
    m_aliasNodes = 0;
    return {};
}

Result<void> YamlReader::endDocument()
{
    if (m_empty) {
        return {};
    }
    m_pending = ++m_report.documents == 1 && !m_several;
    return m_pending ? Result<void>() : deliver();
}

Result<void> YamlReader::deliver()
{
    const std::size_t number = m_report.documents - 1;
    m_builder.setNumber(m_several ? std::optional(number) : std::nullopt);
    m_pending = false;
    return m_handler.document(*m_builder.root(), number);
}

/// An event of the text: besides being built it is logged for aliases, where an anchor is open.
Result<void> YamlReader::value(const YamlEvent& event)
{
    if (!event.anchor.empty()) {
        m_anchors[event.anchor] = { m_log.size(), m_log.size(), true };
        ++m_openAnchors;
    }
    Anchored target;
    if (event.type == Type::Alias) {
        const auto resolved = resolve(event);
        if (!resolved) {
            return resolved.error();
        }
        target = *resolved;
    }
    if (m_openAnchors > 0) {
        if (auto logged = log(event, target); !logged) {
            return logged;
        }
    }
    switch (event.type) {
    case Type::Alias:
        return expand(target, event.place);
    case Type::Scalar:
        if (!event.anchor.empty()) {
            m_anchors[event.anchor] = { m_log.size() - 1, m_log.size(), false };
            --m_openAnchors;
        }
        return scalar(event);
    case Type::End: {
        const Frame& frame = m_frames.back();
        if (frame.anchored) {
            // A value within may have taken the name over: then it keeps it.
            Anchored& anchored = m_anchors[frame.anchor];
            if (anchored.begin == frame.begin) {
                anchored.end = m_log.size();
                anchored.open = false;
            }
            --m_openAnchors;
        }
        return end();
    }
    default:
        return begin(event);
    }
}

Result<void> YamlReader::log(const YamlEvent& event, const Anchored& target)
{
    m_log.push_back({ event, target });
    m_log.back().event.anchor.clear();
    m_logBytes += sizeof(Logged) + event.text.size();
    if (m_logBytes > m_plan.budgets.treeBytes) {
        return overBudget(
            "anchors that name more than " + sizeText(m_plan.budgets.treeBytes), event.place.text());
    }
    return {};
}

Result<void> YamlReader::scalar(const YamlEvent& event)
{
    if (!m_frames.empty() && m_frames.back().object) {
        Frame& frame = m_frames.back();
        frame.keyIsNext = !frame.keyIsNext;
        if (!frame.keyIsNext) {
            if (event.text.size() > m_plan.budgets.keyBytes) {
                return overBudget(
                    "a key longer than " + sizeText(m_plan.budgets.keyBytes), event.place.text());
            }
            return checked(m_builder.key(event.text));
        }
    }
    return checked(event.kind == Kind::Number ? m_builder.number(event.text, event.place)
                                              : m_builder.scalar(event.kind, event.text, event.place));
}

Result<void> YamlReader::begin(const YamlEvent& event)
{
    const std::size_t depth = m_plan.budgets.depth;
    if (m_frames.size() >= depth) {
        return overBudget("values nested deeper than " + std::to_string(depth), event.place.text());
    }
    if (!m_frames.empty() && m_frames.back().object) {
        if (m_frames.back().keyIsNext) {
            return Error { {}, event.place.text(), "a list or mapping stands where a key should",
                "Write the key as plain text" };
        }
        m_frames.back().keyIsNext = true;
    }
    const bool object = event.type == Type::BeginObject;
    const bool anchored = !event.anchor.empty();
    m_frames.push_back({ object, object, anchored, event.anchor, anchored ? m_log.size() - 1 : 0 });
    return checked(object ? m_builder.beginObject(event.place) : m_builder.beginArray(event.place));
}

Result<void> YamlReader::end()
{
    m_frames.pop_back();
    return checked(m_builder.endContainer());
}

Result<YamlReader::Anchored> YamlReader::resolve(const YamlEvent& alias) const
{
    const auto found = m_anchors.find(alias.text);
    if (found == m_anchors.end()) {
        return Error { {}, alias.place.text(), "the alias *" + alias.text + " has no anchor",
            "Define &" + alias.text + " before it" };
    }
    if (found->second.open) {
        return Error { {}, alias.place.text(), "the alias *" + alias.text + " stands within its own anchor",
            "Write the value out instead" };
    }
    return found->second;
}

/// Tells the events of an anchor again. Recursion is bounded: an alias within an anchor lies in a
/// collection, and those are bounded by the depth.
Result<void> YamlReader::expand(const Anchored& target, Place place)
{
    for (std::size_t i = target.begin; i < target.end; ++i) {
        if (++m_aliasNodes > m_plan.budgets.aliasNodes) {
            return overBudget(
                "aliases for more than " + std::to_string(m_plan.budgets.aliasNodes) + " values",
                place.text());
        }
        const Logged& logged = m_log[i];
        m_end = std::max(logged.event.endByte, logged.event.place.byte);
        auto told = logged.event.type == Type::Alias ? expand(logged.target, place)
            : logged.event.type == Type::Scalar      ? scalar(logged.event)
            : logged.event.type == Type::End         ? end()
                                                     : begin(logged.event);
        if (!told) {
            return told;
        }
    }
    return {};
}

class NoHandler : public DocumentHandler {
    Result<void> document(const Node&, std::size_t) override { return {}; }
};

} // namespace

std::optional<Located> locateInYaml(ByteSource& source, std::string_view pointer)
{
    const Plan plan;
    NoHandler handler;
    return YamlReader(source, plan, handler, {}).locate(pointer);
}

Result<ReadReport> readYaml(
    ByteSource& source, const Plan& plan, DocumentHandler& handler, std::stop_token stop)
{
    return YamlReader(source, plan, handler, std::move(stop)).run();
}

} // namespace prism::read
