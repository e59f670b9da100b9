// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/measure.h"
#include "core/read/place.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace prism::read {

enum class Kind : std::uint8_t { Null, Bool, Number, String, Array, Object, Numbers };

/// A value of a JSON or YAML document. Nodes live in the arena of their Tree and never move; a Node reference
/// is valid while the Tree, or for a streamed element the callback, lives. YAML plain scalars that read as
/// numbers, booleans or null have those kinds and keep their text.
///
/// An array of nothing but numbers has the kind Numbers: its values stand in one span of doubles
/// (NaN and infinities included) without a node each. Arrays holding an integer that a double cannot hold
/// stay Arrays of Number nodes.
class Node {
public:
    Kind kind() const { return m_kind; }
    bool isObject() const { return m_kind == Kind::Object; }
    bool isArray() const { return m_kind == Kind::Array || m_kind == Kind::Numbers; }
    bool isString() const { return m_kind == Kind::String; }
    bool isNull() const { return m_kind == Kind::Null; }
    bool isScalar() const { return m_kind < Kind::Array; }

    /// Text of a scalar as the file wrote it: digits of a number, content of a string, "true".
    std::string_view text() const
    {
        return isScalar() ? std::string_view(m_text, m_textSize) : std::string_view();
    }
    /// Empty for array elements and roots.
    std::string_view key() const { return { m_key, m_keySize }; }
    std::uint32_t index() const { return m_index; } ///< position in the parent
    const Node* parent() const { return m_parent; }
    Place place() const { return { m_byte, m_line, m_column }; } ///< first byte of the value

    /// The value of a Number, exact to the last bit of the text; empty for other kinds, NaN and infinities.
    std::optional<double> number() const;
    /// Like number(), and also reads strings such as "1.0" or "1,020.58"; never "inf" or "nan".
    std::optional<double> lenientNumber() const;
    std::optional<std::int64_t> integer() const; ///< exact, also beyond 2^53
    std::optional<bool> boolean() const; ///< Bool, or the strings "true"/"false" in any case
    /// Ok for a finite number (also in a string), NotANumber and Infinite for those, Missing for null, "",
    /// "None", "N/A", "-" and everything that is no number.
    Status status() const;

    /// Member of an object by exact name, null when absent or when this is no object. When a key stands
    /// twice, the last one wins.
    const Node* find(std::string_view key) const;
    /// Follows a path of keys and indices, "/a/0/b"; null when it leads nowhere.
    const Node* at(std::string_view pointer) const;
    bool has(std::string_view pointer) const { return at(pointer) != nullptr; }

    /// Children, or numbers of a Numbers node. Elements that were streamed or, in arrays, skipped count too.
    std::size_t size() const { return m_size; }
    /// Values of a Numbers node; they have no nodes, so find(), at() and iteration do not see them.
    std::span<const double> numbers() const
    {
        return m_kind == Kind::Numbers ? std::span<const double>(m_numbers, m_size)
                                       : std::span<const double>();
    }

    /// JSON pointer from the root, with the document's number first in a file of several documents.
    std::string pointer() const;
    /// The same where the parent's pointer is known already: cheaper for many children of one parent.
    std::string pointerBelow(std::string_view parentPointer) const;

    class Iterator {
    public:
        explicit Iterator(const Node* node)
            : m_node(node)
        {
        }
        const Node& operator*() const { return *m_node; }
        const Node* operator->() const { return m_node; }
        Iterator& operator++()
        {
            m_node = m_node->m_next;
            return *this;
        }
        bool operator==(const Iterator&) const = default;

    private:
        const Node* m_node;
    };
    Iterator begin() const
    {
        return Iterator(m_kind == Kind::Array || m_kind == Kind::Object ? m_first : nullptr);
    }
    Iterator end() const { return Iterator(nullptr); }

    /// Marks a value as mapped to a term of ours, so that it is not kept as an extra as well. Marking a
    /// container claims all of it.
    void claim() const { m_claimed = true; }
    /// True also when an ancestor was claimed.
    bool claimed() const
    {
        const Node* node = this;
        while (node && !node->m_claimed) {
            node = node->m_parent;
        }
        return node != nullptr;
    }

private:
    friend class TreeBuilder;
    void appendPointer(std::string& out) const;
    void appendOwnStep(std::string& out) const;

    Kind m_kind = Kind::Null;
    mutable bool m_claimed = false;
    bool m_numbered = false; ///< a root whose index is the number of its document
    std::uint32_t m_index = 0;
    std::uint32_t m_size = 0;
    std::uint32_t m_keySize = 0;
    std::uint32_t m_textSize = 0;
    std::uint32_t m_line = 0;
    std::uint32_t m_column = 0;
    std::uint64_t m_byte = 0;
    const char* m_key = nullptr;
    union {
        const char* m_text = nullptr; ///< scalars
        Node* m_first; ///< Array and Object
        const double* m_numbers; ///< Numbers
    };
    Node* m_parent = nullptr;
    Node* m_next = nullptr;
};

} // namespace prism::read
