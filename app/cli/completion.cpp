// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace prism::cli {

namespace {

/// Options and subcommands are asked of the parser itself, so that completion cannot fall behind the program.
std::vector<const CLI::App*> commandsOf(const CLI::App& app)
{
    return app.get_subcommands([](const CLI::App*) { return true; });
}

/// "--db" and "-o" of all options of a command.
std::string ownWords(const CLI::App& command)
{
    std::string out;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            out += (out.empty() ? "--" : " --") + name;
        }
        for (const std::string& name : option->get_snames()) {
            out += (out.empty() ? "-" : " -") + name;
        }
    }
    return out;
}

/// The same, and those of the commands below it.
std::string words(const CLI::App& command)
{
    std::string out = ownWords(command);
    for (const CLI::App* below : commandsOf(command)) {
        out += ' ' + words(*below);
    }
    return out;
}

std::string namesBelow(const CLI::App& command)
{
    std::string out;
    for (const CLI::App* below : commandsOf(command)) {
        out += (out.empty() ? "" : " ") + below->get_name();
    }
    return out;
}

/// What may follow the option or stand as the argument: "csv json benchmark-report" of "TEXT:{csv,json,…}".
std::string choices(const CLI::Option& option)
{
    const std::string type = option.get_type_name();
    const std::size_t open = type.find('{');
    std::string out = open == std::string::npos ? "" : type.substr(open + 1, type.find('}') - open - 1);
    std::replace(out.begin(), out.end(), ',', ' ');
    return out;
}

std::string bash(const CLI::App& app)
{
    std::string names;
    std::string cases;
    std::string values;
    for (const CLI::App* command : commandsOf(app)) {
        const std::string name = command->get_name();
        names += (names.empty() ? "" : " ") + name;
        cases += "    " + name + ") words=\"" + words(*command) + "\" ;;\n";
        if (const std::string below = namesBelow(*command); !below.empty()) {
            values
                += "    " + name + ") COMPREPLY=($(compgen -W \"" + below + "\" -- \"$word\")); return ;;\n";
        }
        for (const CLI::Option* option : command->get_options()) {
            const std::string chosen = choices(*option);
            if (chosen.empty()) {
                continue;
            }
            const std::string before
                = option->get_lnames().empty() ? name : "--" + option->get_lnames().front();
            values += "    " + before + ") COMPREPLY=($(compgen -W \"" + chosen
                + "\" -- \"$word\")); return ;;\n";
        }
    }
    return "_prismctl() {\n"
           "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
           "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "    COMPREPLY=($(compgen -W \""
        + names + " " + ownWords(app)
        + "\" -- \"$word\"))\n    return\n  fi\n"
          "  case $before in\n"
        + values
        + "  esac\n"
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

/// Quoted for fish: a backslash and a single quote are the only characters that mean something within quotes.
std::string fishQuoted(const std::string& text)
{
    std::string out = "'";
    for (const char c : text) {
        out += c == '\\' || c == '\'' ? "\\" : "";
        out += c;
    }
    return out + '\'';
}

std::string fish(const CLI::App& app)
{
    std::string out;
    for (const CLI::App* command : commandsOf(app)) {
        const std::string name = command->get_name();
        out += "complete -c prismctl -n __fish_use_subcommand -a " + name + " -d "
            + fishQuoted(command->get_description()) + "\n";
        std::vector<const CLI::Option*> options = command->get_options();
        for (const CLI::App* below : commandsOf(*command)) {
            out += "complete -c prismctl -f -n '__fish_seen_subcommand_from " + name + "' -a "
                + below->get_name() + " -d " + fishQuoted(below->get_description()) + "\n";
            const std::vector<const CLI::Option*> more = below->get_options();
            options.insert(options.end(), more.begin(), more.end());
        }
        for (const CLI::Option* option : options) {
            std::string line = "complete -c prismctl -n '__fish_seen_subcommand_from " + name + "'";
            for (const std::string& longName : option->get_lnames()) {
                line += " -l " + longName;
            }
            for (const std::string& shortName : option->get_snames()) {
                line += " -s " + shortName;
            }
            const std::string chosen = choices(*option);
            const bool takesValue = option->get_expected_max() > 0 && !option->get_positional();
            line += !chosen.empty() ? (takesValue ? " -x -a " : " -f -a ") + fishQuoted(chosen)
                : takesValue        ? " -r"
                                    : "";
            if (!option->get_positional() || !chosen.empty()) {
                out += line + " -d " + fishQuoted(option->get_description()) + "\n";
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
