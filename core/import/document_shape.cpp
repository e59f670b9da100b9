// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/document_shape.h"

namespace prism {

Result<bool> rootIsArray(Input& input)
{
    class Look : public read::DocumentHandler {
    public:
        Result<void> document(const read::Node& root, std::size_t) override
        {
            array = array || root.isArray();
            return {};
        }
        bool array = false;
    };
    read::Plan plan;
    plan.skip = { "/*" };
    Look look;
    const auto report = input.documents(plan, look);
    return report ? Result<bool>(look.array) : report.error();
}

} // namespace prism
