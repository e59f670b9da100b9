// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/documents.h"

#include <string>
#include <vector>

namespace prism::test {

/// A tree as one line: {a:1 b:[x "s"] c:<1 2>}; strings are quoted, Numbers stand in angle brackets.
std::string treeText(const read::Node& node);
/// The same with the place of each value behind it: 1@0,1:1 (byte,line:column).
std::string treeTextWithPlaces(const read::Node& node);

/// What a reader handed over: documents and streamed elements as texts, with their pointers.
class RecordedDocuments : public read::DocumentHandler {
public:
    Result<void> element(const read::Node& element) override;
    Result<void> document(const read::Node& root, std::size_t number) override;

    std::vector<std::string> documents;
    std::vector<std::string> pointers; ///< of the documents' roots
    std::vector<std::string> elements; ///< "pointer=tree"
    std::vector<std::size_t> numbers;
    bool places = false;
};

/// Hands out a text in pieces of the given sizes, again and again.
class PiecewiseSource : public read::ByteSource {
public:
    PiecewiseSource(std::string text, std::vector<std::size_t> sizes)
        : m_text(std::move(text))
        , m_sizes(std::move(sizes))
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override;

private:
    std::string m_text;
    std::vector<std::size_t> m_sizes;
    std::size_t m_next = 0;
    std::size_t m_offset = 0;
};

} // namespace prism::test
