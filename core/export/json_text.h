// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace prism {

/// Writes one JSON document into a string, token by token; commas and quotes are its business. Numbers have
/// full precision, text is UTF-8 with control characters escaped, invalid UTF-8 becomes U+FFFD.
class JsonText {
public:
    JsonText& object();
    JsonText& endObject();
    JsonText& array();
    JsonText& endArray();
    JsonText& key(std::string_view name);

    JsonText& text(std::string_view value);
    /// NaN and infinities have no JSON number and become the texts "nan" and "infinite".
    JsonText& number(double value);
    JsonText& number(std::int64_t value);
    JsonText& number(std::uint64_t value);
    /// A number of thousandths, exactly: 1234567 is 1234.567, whatever a double would make of it.
    JsonText& thousandths(std::int64_t value);
    JsonText& flag(bool value);

    JsonText& member(std::string_view name, std::string_view value) { return key(name).text(value); }
    JsonText& member(std::string_view name, const char* value) { return key(name).text(value); }
    JsonText& member(std::string_view name, double value) { return key(name).number(value); }
    JsonText& member(std::string_view name, std::int64_t value) { return key(name).number(value); }
    JsonText& member(std::string_view name, std::uint64_t value) { return key(name).number(value); }
    JsonText& member(std::string_view name, std::uint32_t value)
    {
        return key(name).number(std::uint64_t(value));
    }
    JsonText& member(std::string_view name, int value) { return key(name).number(std::int64_t(value)); }
    JsonText& member(std::string_view name, bool value) { return key(name).flag(value); }
    /// Nothing when `value` is empty.
    JsonText& memberIfAny(std::string_view name, std::string_view value)
    {
        return value.empty() ? *this : member(name, value);
    }

    const std::string& str() const { return m_out; }
    std::string take() { return std::move(m_out); }

private:
    void separate();

    std::string m_out;
    bool m_first = true; ///< nothing stands yet in the innermost container
    bool m_afterKey = false;
};

} // namespace prism
