// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/records.h"

#include <algorithm>

namespace prism {

const Word* PointDetail::word(std::string_view field) const
{
    const auto it
        = std::find_if(words.begin(), words.end(), [field](const Word& word) { return word.field == field; });
    return it == words.end() ? nullptr : &*it;
}

std::string PointDetail::hiddenBecause() const
{
    const Word* hidden = word("hidden");
    return hidden ? hidden->value : std::string();
}

} // namespace prism
