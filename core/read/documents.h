// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"
#include "core/read/node.h"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace prism::read {

/// What an importer wants of a document. Paths are JSON pointers within a document (without its number) in
/// which a step `*` stands for any key or index.
struct Plan {
    /// Arrays (or objects) whose elements are handed over one by one as whole small trees and then forgotten,
    /// so that memory does not grow with their number. A match within an element of another match is an
    /// ordinary array. Patterns are 64 at most, skips included.
    std::vector<std::string> stream;
    /// Values that are read over without being kept: prompts, generated text, bulk that nobody maps.
    std::vector<std::string> skip;
    Budgets budgets;

    /// For recognition: arrays keep their first elements only and texts their first bytes (0 keeps all), and
    /// a document that the text cuts off is handed over as far as it goes.
    std::size_t sampleElements = 0;
    std::size_t sampleStringBytes = 0;
    bool acceptIncomplete = false;

    /// For what programs write that are often killed while they do: a comma before a closing bracket is
    /// passed over, and an only JSON document that is cut off behind complete streamed elements is handed
    /// over as far as it goes, without the element that is not complete (ReadReport::truncated).
    bool forgiving = false;
};

/// Receives documents in the order of the file. An error ends the reading and is returned.
class DocumentHandler {
public:
    virtual ~DocumentHandler() = default;
    /// One element of a streamed array. Its ancestors are there as far as the file has told them. Its pointer
    /// lacks the document's number only where the first of several documents is longer than 1 MiB. Elements
    /// of a document that is cut off behind complete ones come without a document() at the end.
    virtual Result<void> element(const Node& element)
    {
        (void)element;
        return {};
    }
    /// A complete document; streamed arrays are empty in it but know their size(). Skipped members are not
    /// there; skipped elements of an array leave their index and count in its size().
    virtual Result<void> document(const Node& root, std::size_t number) = 0;
};

/// What was odd about a text. Importers turn it into warnings through Sink::report().
struct ReadReport {
    std::size_t documents = 0;
    std::uint64_t ignoredBytes = 0; ///< log text before, between and behind documents
    std::uint64_t nonFinite = 0; ///< bare NaN, Infinity and -Infinity in JSON
    std::uint64_t duplicateKeys = 0;
    std::uint64_t nulCharacters = 0;
    bool truncated = false; ///< the last document was cut off; those before it were handed over
    std::string truncatedAt; ///< its place, "line:column"
    /// Text, CSV and YAML have no bracket that tells their end: the beginning of the last line when it has no
    /// line end, for a file cut off there has lost digits of its last number. Empty otherwise.
    std::string unendedAt;
    EncodingReport encoding;
};

/// JSON of one or several documents (lines, or pretty-printed one behind the other), between lines of log
/// text, with bare NaN/Infinity and lone surrogates. A single document that is cut off is an error; of
/// several, the complete ones are kept. A file of one document has pointers without the document's number.
/// A document begins at a line (or behind another document) with a bracket that the rest bears out: a line
/// that breaks off as JSON is log text, but a document that breaks behind its first line, with a value read,
/// is damaged, and that is an error. A file without any document is one too.
Result<ReadReport> readJson(
    ByteSource& source, const Plan& plan, DocumentHandler& handler, std::stop_token stop = {});

/// JSON whose only document stays in memory behind its reading, for whoever wants to look at it twice.
class KeptJson {
public:
    explicit KeptJson(std::string text);
    ~KeptJson();
    KeptJson(const KeptJson&) = delete;
    KeptJson& operator=(const KeptJson&) = delete;

    /// As readJson() without a plan. Once.
    Result<ReadReport> read(DocumentHandler& handler);
    /// The only document of the text; null before it was read, and where the text holds several or is
    /// damaged.
    const Node* root() const;

private:
    struct Reading;
    std::unique_ptr<Reading> m_reading;
};

/// YAML by events: aliases expanded within Budgets::aliasNodes, tags other than the core's ignored.
Result<ReadReport> readYaml(
    ByteSource& source, const Plan& plan, DocumentHandler& handler, std::stop_token stop = {});

/// The value at a JSON pointer in the text of a source, for the inspector: begin and end byte of the value,
/// and its line and column. Reads the text once; empty when the pointer leads nowhere.
struct Located {
    Place begin;
    std::uint64_t endByte = 0;
};
std::optional<Located> locateInJson(ByteSource& source, std::string_view pointer);
std::optional<Located> locateInYaml(ByteSource& source, std::string_view pointer);

} // namespace prism::read
