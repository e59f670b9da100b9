// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace prism {

/// What went wrong, in the four parts that a person needs. `text()` joins those that are known.
struct Error {
    std::string file; ///< the file or archive member, as the user named it
    std::string place; ///< "line:column", a JSON pointer or a byte offset
    std::string reason; ///< one sentence without a full stop
    std::string remedy; ///< what would help, one sentence without a full stop

    std::string text() const;
    friend bool operator==(const Error&, const Error&) = default;
};

/// A value or the reason why there is none. Used where failure is normal; exceptions stay inside a job.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value)
        : m_state(std::in_place_index<0>, std::move(value))
    {
    }
    Result(Error error)
        : m_state(std::in_place_index<1>, std::move(error))
    {
    }
    explicit operator bool() const { return m_state.index() == 0; }
    T& operator*() & { return std::get<0>(m_state); }
    const T& operator*() const& { return std::get<0>(m_state); }
    T&& operator*() && { return std::get<0>(std::move(m_state)); }
    T* operator->() { return &std::get<0>(m_state); }
    const T* operator->() const { return &std::get<0>(m_state); }
    const Error& error() const { return std::get<1>(m_state); }
    Error& error() { return std::get<1>(m_state); }

private:
    std::variant<T, Error> m_state;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error)
        : m_error(std::move(error))
    {
    }
    explicit operator bool() const { return !m_error; }
    const Error& error() const { return *m_error; }
    Error& error() { return *m_error; }

private:
    std::optional<Error> m_error;
};

} // namespace prism
