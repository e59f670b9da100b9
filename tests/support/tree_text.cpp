// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/tree_text.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace prism::test {

namespace {

using read::Kind;
using read::Node;

std::string valueText(const Node& node)
{
    return node.kind() == Kind::String ? '"' + std::string(node.text()) + '"' : std::string(node.text());
}

std::string numbersText(const Node& node)
{
    std::string out = "<";
    for (const double value : node.numbers()) {
        char text[32];
        out += out.size() > 1 ? " " : "";
        out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
    }
    return out + '>';
}

std::string write(const Node& node, bool places)
{
    std::string out;
    if (node.isScalar()) {
        out = valueText(node);
    } else if (node.kind() == Kind::Numbers) {
        out = numbersText(node);
    } else {
        const bool object = node.isObject();
        out = object ? "{" : "[";
        for (const Node& child : node) {
            out += out.size() > 1 ? " " : "";
            out += object ? std::string(child.key()) + ':' : std::string();
            out += write(child, places);
        }
        out += object ? '}' : ']';
    }
    if (places) {
        out += '@' + std::to_string(node.place().byte) + ',' + node.place().text();
    }
    return out;
}

} // namespace

std::string treeText(const Node& node)
{
    return write(node, false);
}

std::string treeTextWithPlaces(const Node& node)
{
    return write(node, true);
}

Result<void> RecordedDocuments::element(const Node& element)
{
    elements.push_back(element.pointer() + '=' + write(element, places));
    return {};
}

Result<void> RecordedDocuments::document(const Node& root, std::size_t number)
{
    documents.push_back(write(root, places));
    pointers.push_back(root.pointer());
    numbers.push_back(number);
    return {};
}

Result<std::size_t> PiecewiseSource::read(std::span<char> buffer)
{
    const std::size_t piece = std::max<std::size_t>(1, m_sizes[m_next++ % m_sizes.size()]);
    const std::size_t n = std::min({ piece, buffer.size(), m_text.size() - m_offset });
    std::memcpy(buffer.data(), m_text.data() + m_offset, n);
    m_offset += n;
    return n;
}

} // namespace prism::test
