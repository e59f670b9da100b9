// SPDX-License-Identifier: GPL-3.0-or-later
// The members of an object once all are known: the last of a name counts, and YAML's merges add what is not
// there.
#include "core/read/errors.h"
#include "core/read/tree_builder.h"

namespace prism::read {

/// Leaves the last of members of one name; a table of the keys keeps it linear for large objects.
void TreeBuilder::dropDuplicates(Open& object)
{
    std::size_t capacity = 16;
    while (capacity < 2 * std::size_t { object.node->m_size }) {
        capacity *= 2;
    }
    m_seen.assign(capacity, nullptr);
    bool found = false;
    // Where the stack lies differs from run to run: nobody can prepare keys that fall on one place.
    const auto seed = reinterpret_cast<std::uintptr_t>(&capacity) | 1u;
    for (Node* node = object.node->m_first; node; node = node->m_next) {
        std::uint64_t hash = seed * 0x9E3779B97F4A7C15ull;
        for (const char c : node->key()) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
        }
        std::size_t slot = (hash ^ (hash >> 32)) & (capacity - 1);
        while (m_seen[slot] && m_seen[slot]->key() != node->key()) {
            slot = (slot + 1) & (capacity - 1);
        }
        if (m_seen[slot]) {
            m_seen[slot]->m_parent = nullptr;
            ++m_duplicateKeys;
            found = true;
        }
        m_seen[slot] = node;
    }
    if (!found) {
        return;
    }
    Node* first = object.node->m_first;
    object.node->m_first = nullptr;
    object.last = nullptr;
    object.node->m_size = 0;
    for (Node* node = first; node; node = node->m_next) {
        if (node->m_parent) {
            (object.last ? object.last->m_next : object.node->m_first) = node;
            object.last = node;
            ++object.node->m_size;
        }
    }
    object.last->m_next = nullptr;
}

void TreeBuilder::merge(Open& object)
{
    Node* before = nullptr;
    Node* source = object.node->m_first;
    while (source && source->key() != "<<") {
        before = source;
        source = source->m_next;
    }
    if (!source || (source->m_kind != Kind::Object && source->m_kind != Kind::Array)) {
        return;
    }
    (before ? before->m_next : object.node->m_first) = source->m_next;
    if (object.last == source) {
        object.last = before;
    }
    --object.node->m_size;
    if (source->m_kind == Kind::Object) {
        takeMembers(object, *source);
        return;
    }
    for (Node* part = source->m_first; part; part = part->m_next) {
        if (part->m_kind == Kind::Object) {
            takeMembers(object, *part);
        }
    }
}

void TreeBuilder::takeMembers(Open& object, Node& from)
{
    constexpr std::size_t limit = 1000; // each member is looked up among those already there
    if (from.m_size > limit || object.node->m_size > limit) {
        fail(overBudget("a merge of more than " + std::to_string(limit) + " members", from.place().text()));
        return;
    }
    Node* next = nullptr;
    for (Node* node = from.m_first; node; node = next) {
        next = node->m_next;
        if (object.node->find(node->key())) {
            continue;
        }
        node->m_next = nullptr;
        node->m_parent = object.node;
        node->m_index = object.next++;
        (object.last ? object.last->m_next : object.node->m_first) = node;
        object.last = node;
        ++object.node->m_size;
    }
    from.m_first = nullptr;
}

} // namespace prism::read
