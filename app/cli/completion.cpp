// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"

#include <cstdio>
#include <memory>

namespace prism::cli {

namespace {

/// Options and subcommands are asked of the parser itself, so that completion cannot fall behind the program.
std::string words(const CLI::App& command)
{
    std::string out;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            out += (out.empty() ? "--" : " --") + name;
        }
    }
    return out;
}

std::string bash(const CLI::App& app)
{
    std::string names;
    std::string cases;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names += (names.empty() ? "" : " ") + command->get_name();
        cases += "    " + command->get_name() + ") words=\"" + words(*command) + "\" ;;\n";
    }
    return "_prismctl() {\n"
           "  local word=${COMP_WORDS[COMP_CWORD]} words=\n"
           "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "    COMPREPLY=($(compgen -W \""
        + names
        + "\" -- \"$word\"))\n    return\n  fi\n"
          "  case ${COMP_WORDS[1]} in\n"
        + cases
        + "  esac\n"
          "  case $word in\n"
          "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
          "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
          "  esac\n"
          "}\n"
          "complete -o filenames -F _prismctl prismctl\n";
}

std::string zsh(const CLI::App& app)
{
    return "#compdef prismctl\nautoload -U +X bashcompinit && bashcompinit\n" + bash(app);
}

std::string fish(const CLI::App& app)
{
    std::string out;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        const std::string name = command->get_name();
        out += "complete -c prismctl -n __fish_use_subcommand -a " + name + " -d '"
            + command->get_description() + "'\n";
        for (const CLI::Option* option : command->get_options()) {
            for (const std::string& longName : option->get_lnames()) {
                out += "complete -c prismctl -n '__fish_seen_subcommand_from " + name + "' -l " + longName
                    + "\n";
            }
        }
    }
    return out;
}

} // namespace

void addCompletion(CLI::App& app, int& exit)
{
    auto shell = std::make_shared<std::string>("bash");
    CLI::App* command = app.add_subcommand("completion", "Print shell completion");
    command->add_option("SHELL", *shell, "bash, zsh or fish")
        ->check(CLI::IsMember({ "bash", "zsh", "fish" }));
    command->callback([&app, shell, &exit] {
        const std::string script = *shell == "bash" ? bash(app) : *shell == "zsh" ? zsh(app) : fish(app);
        std::fputs(script.c_str(), stdout);
        exit = Done;
    });
}

} // namespace prism::cli
