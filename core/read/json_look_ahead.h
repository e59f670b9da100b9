// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/documents.h"
#include "core/read/text_buffer.h"

#include <boost/json/parse_options.hpp>

namespace prism::read {

/// What every parser of ours accepts of JSON.
boost::json::parse_options jsonOptions(const Budgets& budgets, bool forgiving);

/// Tells documents from the text around them, by parsing ahead without keeping anything. Leaves the bytes as
/// they were; reads on in the buffer, and releases nothing of it.
class JsonLookAhead {
public:
    JsonLookAhead(TextBuffer& buffer, const Plan& plan)
        : m_buffer(buffer)
        , m_plan(plan)
    {
    }

    /// Whether the bracket at `offset` opens a document rather than a line of a log such as "[INFO] …" or
    /// "[12] …", by what follows it: an array of nothing but scalars, as "[12] …" begins, has to be alone on
    /// its line with others of its kind.
    Result<bool> opensDocument(std::uint64_t offset);
    /// Whether another document begins behind the one at `offset`. True only where it ends within the next
    /// MiB, and as far as the buffer then tells.
    Result<bool> isOneOfSeveral(std::uint64_t offset);

private:
    struct Probe {
        enum State { Failed, Open, CutOff, Complete } state = Failed;
        std::uint64_t end = 0; ///< behind the document, when it is complete
        bool sawObject = false;
    };
    Result<Probe> probe(std::uint64_t offset, std::size_t limit);
    Result<bool> anotherFollows(std::uint64_t offset);

    TextBuffer& m_buffer;
    const Plan& m_plan;
};

} // namespace prism::read
