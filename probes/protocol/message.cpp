// SPDX-License-Identifier: Apache-2.0
#include "probes/protocol/message.h"

namespace prism::wire {

namespace {
struct FieldHead {
    std::uint16_t key;
    std::uint16_t kind;
    std::uint32_t length;
};
static_assert(fixedLayout<FieldHead, 8>);

std::size_t padded(std::size_t bytes)
{
    return (bytes + 7) / 8 * 8;
}
} // namespace

void FieldWriter::append(std::uint16_t key, FieldKind kind, const void* data, std::size_t size)
{
    const FieldHead head { key, static_cast<std::uint16_t>(kind), static_cast<std::uint32_t>(size) };
    const std::size_t at = m_bytes.size();
    m_bytes.resize(at + sizeof head + padded(size));
    std::memcpy(m_bytes.data() + at, &head, sizeof head);
    if (size != 0) {
        std::memcpy(m_bytes.data() + at + sizeof head, data, size);
    }
}

std::optional<Field> FieldWalk::next()
{
    if (m_rest.empty()) {
        return std::nullopt;
    }
    FieldHead head {};
    if (m_rest.size() >= sizeof head) {
        std::memcpy(&head, m_rest.data(), sizeof head);
    }
    Field field;
    field.key = head.key;
    field.kind = static_cast<FieldKind>(head.kind);
    const bool fits = m_rest.size() >= sizeof head && padded(head.length) <= m_rest.size() - sizeof head;
    const bool number = field.kind == FieldKind::Integer || field.kind == FieldKind::Number;
    if (!fits || (number && head.length != 8) || (!number && field.kind != FieldKind::Text)) {
        m_wellFormed = false;
        m_rest = {};
        return std::nullopt;
    }
    const auto value = m_rest.subspan(sizeof head, head.length);
    if (field.kind == FieldKind::Integer) {
        std::memcpy(&field.integer, value.data(), sizeof field.integer);
    } else if (field.kind == FieldKind::Number) {
        std::memcpy(&field.number, value.data(), sizeof field.number);
    } else {
        field.text = { reinterpret_cast<const char*>(value.data()), value.size() };
    }
    m_rest = m_rest.subspan(sizeof head + padded(head.length));
    return field;
}

} // namespace prism::wire
