// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/result.h"

namespace prism {

std::string Error::text() const
{
    std::string out = file;
    if (!place.empty()) {
        out += (out.empty() ? "at " : ", at ") + place;
    }
    if (!reason.empty()) {
        out += (out.empty() ? "" : ": ") + reason;
    }
    if (!remedy.empty()) {
        out += (out.empty() ? "" : ". ") + remedy;
    }
    return out.empty() ? out : out + '.';
}

} // namespace prism
