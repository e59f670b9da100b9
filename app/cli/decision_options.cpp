// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/decision_options.h"

#include "core/import/bundle/named_decisions.h"

namespace prism::cli {

bool DecisionOptions::any() const
{
    return !apart.empty() || !leaveOut.empty() || !belongs.empty() || !sameAs.empty() || !asProposed.empty()
        || remember || forget;
}

void addDecisions(CLI::App& command, DecisionOptions& options)
{
    const auto add = [&](const char* name, auto& values, const char* type, const char* what) {
        command.add_option(name, values, what)
            ->type_name(type)
            ->allow_extra_args(false)
            ->group("What belongs together (each option may be repeated)");
    };
    add("--belongs", options.belongs, "FILE RESULT", "FILE belongs to the run of RESULT");
    add("--same-as", options.sameAs, "FILE RESULT",
        "FILE is the same result as RESULT, which is shown instead of it");
    add("--apart", options.apart, "FILE", "FILE belongs to no other file: a result is a run of its own");
    add("--leave-out", options.leaveOut, "FILE", "FILE is not imported");
    add("--as-proposed", options.asProposed, "FILE", "What is remembered of FILE does not count");
    auto* remember = command.add_flag("--remember", options.remember,
        "Do the same with the next folder of this shape: the same names, but for numbers");
    auto* forget = command.add_flag("--forget-decisions", options.forget,
        "Use nothing of what is remembered for folders of this shape, and forget it");
    for (CLI::Option* flag : { remember, forget }) {
        flag->group("What belongs together (each option may be repeated)");
    }
    forget->excludes(remember);
}

Result<void> decide(const DecisionOptions& options, const BundlePreview& preview, ImportRequest& request)
{
    std::vector<Decision> given;
    for (const std::string& file : options.apart) {
        given.push_back({ Decision::Kind::Apart, file, {} });
    }
    for (const std::string& file : options.leaveOut) {
        given.push_back({ Decision::Kind::LeaveOut, file, {} });
    }
    for (const auto& [file, result] : options.belongs) {
        given.push_back({ Decision::Kind::ToRunOf, file, result });
    }
    for (const auto& [file, result] : options.sameAs) {
        given.push_back({ Decision::Kind::TwinOf, file, result });
    }
    const std::string& root = preview.folder().root;
    const auto named = namedDecisions(preview.files(), root, given);
    const auto proposed = namesBelow(preview.files(), root, options.asProposed);
    if (!named || !proposed) {
        return !named ? named.error() : proposed.error();
    }
    std::vector<Decision> all = options.forget ? std::vector<Decision>() : preview.remembered();
    for (const std::string& name : *proposed) {
        std::erase_if(all, [&](const Decision& decision) { return matches(decision.file, name); });
    }
    all.insert(all.end(), named->begin(), named->end());
    if (options.remember) {
        if (auto can = canBeRemembered(*named); !can) {
            return can;
        }
    }
    request.decisions = std::move(all);
    request.memory = options.remember ? ImportRequest::Memory::Remember
        : options.forget              ? ImportRequest::Memory::Forget
                                      : ImportRequest::Memory::Leave;
    return {};
}

} // namespace prism::cli
