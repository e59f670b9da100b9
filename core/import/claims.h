// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/protocol.h"
#include "core/model/trace.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace prism {

/// What a parser may claim about a file, and in which order: it has read untrusted bytes and may speak for
/// whoever wrote them. Each call returns what is wrong with the claim, empty when it can be.
///
///     file:    Recognised, rows and warnings, End         or just End
///     archive: (Member, file's frames, Bytes, End of member)*, End
class Claims {
public:
    /// `name` of the file as the parser was told it: members are named after it.
    explicit Claims(std::string name);

    std::string order(protocol::Type type);
    std::string end(const protocol::End& end);
    std::string recognised(const protocol::Recognised& recognised);
    std::string member(const std::string& member);
    /// Numbers that are said to be there are numbers.
    static std::string point(const LoadPoint& point);
    static std::string request(const RequestRow& row);
    /// Times of a trace lie where their differences are numbers.
    static bool areTimes(const TraceBatch& batch);

    /// Adds to what the job keeps in memory for the file; false when that is more than any file needs.
    bool hold(std::size_t bytes);

private:
    std::string m_prefix;
    bool m_isArchive = false;
    bool m_inMember = false;
    bool m_recognised = false;
    std::size_t m_held = 0;
};

} // namespace prism
