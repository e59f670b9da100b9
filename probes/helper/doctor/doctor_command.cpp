// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/doctor/doctor_command.h"

#include "probes/helper/doctor/doctor.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace prism::probes {

int runDoctor(std::span<char* const> arguments)
{
    bool json = false;
    for (const std::string_view argument : arguments) {
        if (argument != "--json") {
            std::fprintf(
                stderr, "prism-probed doctor: unknown argument %s. It takes --json.\n", argument.data());
            return 2;
        }
        json = true;
    }
    const std::vector<Feature> features = examine();
    if (json) {
        for (const Feature& feature : features) {
            std::puts(jsonLine(feature).c_str());
        }
    } else {
        std::fputs(humanTable(features).c_str(), stdout);
    }
    return std::ranges::all_of(features, [](const Feature& f) { return f.works || !f.needed; }) ? 0 : 1;
}

} // namespace prism::probes
