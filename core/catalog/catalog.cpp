// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/catalog/catalog.h"

#include "core/read/documents.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

namespace prism {

namespace {

constexpr std::array attributes { "model", "accelerator", "engine", "precision" };

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}
bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

/// Runs of letters and digits; a point between digits belongs to the number ("3.1").
std::vector<std::string> tokensOf(std::string_view text)
{
    const std::string all = lower(text);
    std::vector<std::string> out;
    std::string token;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool point = all[i] == '.' && !token.empty() && isDigit(token.back()) && i + 1 < all.size()
            && isDigit(all[i + 1]);
        if (isLetter(all[i]) || isDigit(all[i]) || point) {
            token += all[i];
        } else if (!token.empty()) {
            out.push_back(std::move(token));
            token.clear();
        }
    }
    if (!token.empty()) {
        out.push_back(std::move(token));
    }
    return out;
}

/// "UD-Q4_K_XL" has four tokens.
constexpr std::size_t longestPrecision = 5;

/// The last part of a path or id, without the endings of a GGUF file and of its parts: the organisation and
/// the folders do not name the model.
std::string_view fileOrModelName(std::string_view given)
{
    while (given.ends_with('/')) {
        given.remove_suffix(1);
    }
    std::string_view name = given.substr(given.find_last_of("/\\") + 1);
    while (name.ends_with(".gguf")) {
        name.remove_suffix(5);
        // "-00001-of-00003"
        if (name.size() > 15 && name.substr(name.size() - 9, 4) == "-of-" && name[name.size() - 15] == '-') {
            name.remove_suffix(15);
        }
    }
    const std::size_t part = name.find(".gguf-0");
    return name.substr(0, part);
}

/// A path of somebody's machine rather than an id.
bool isPath(std::string_view given)
{
    return given.starts_with('/') || given.starts_with('.') || given.find(".gguf") != std::string_view::npos;
}

class Document : public read::DocumentHandler {
public:
    explicit Document(const std::function<void(const read::Node&)>& each)
        : m_each(each)
    {
    }
    Result<void> document(const read::Node& root, std::size_t) override
    {
        m_each(root);
        return {};
    }

private:
    const std::function<void(const read::Node&)>& m_each;
};

Result<void> readJsonFile(const std::string& file, const std::function<void(const read::Node&)>& each)
{
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return Error { file, {}, "the catalog cannot be read",
            "Install Prism's data files, or set PRISM_RESOURCES" };
    }
    const auto source = read::descriptorSource(descriptor);
    Document handler(each);
    const auto report = read::readJson(*source, {}, handler);
    ::close(descriptor);
    if (!report) {
        Error error = report.error();
        error.file = file;
        return error;
    }
    return {};
}

} // namespace

std::string resourceFolder()
{
    if (const char* set = std::getenv("PRISM_RESOURCES"); set && *set) {
        return set;
    }
    std::error_code error;
    return std::filesystem::exists(PRISM_SOURCE_RESOURCES, error) ? PRISM_SOURCE_RESOURCES
                                                                  : PRISM_INSTALLED_RESOURCES;
}

const Result<Catalog>& Catalog::standard()
{
    static const Result<Catalog> catalog = read(resourceFolder() + "/catalogs");
    return catalog;
}

Result<Catalog> Catalog::read(const std::string& folder)
{
    Catalog catalog;
    for (const char* attribute : attributes) {
        Names names;
        names.wholeText = std::string_view(attribute) == "model";
        const auto done = readJsonFile(folder + '/' + attribute + "s.json", [&](const read::Node& root) {
            if (const read::Node* noise = root.find("noise")) {
                for (const read::Node& word : *noise) {
                    names.noise.emplace_back(word.text());
                }
            }
            const read::Node* entries = root.find("names");
            if (!entries) {
                return;
            }
            for (const read::Node& entry : *entries) {
                const std::size_t index = names.names.size();
                names.names.emplace_back(entry.key());
                const auto add = [&](std::string_view text) {
                    std::vector<std::string> tokens = tokensOf(text);
                    if (!tokens.empty()) {
                        const std::string first = tokens.front();
                        names.byFirstToken[first].push_back({ std::move(tokens), index });
                    }
                };
                add(names.wholeText ? entry.key().substr(entry.key().rfind('/') + 1) : entry.key());
                for (const read::Node& alias : entry) {
                    add(alias.text());
                }
            }
        });
        if (!done) {
            return done.error();
        }
        for (auto& [first, aliases] : names.byFirstToken) {
            std::stable_sort(aliases.begin(), aliases.end(),
                [](const Alias& a, const Alias& b) { return a.tokens.size() > b.tokens.size(); });
        }
        catalog.m_byAttribute.emplace(attribute, std::move(names));
    }
    return catalog;
}

std::optional<std::string> Catalog::find(const Names& names, std::vector<std::string> tokens) const
{
    std::erase_if(tokens, [&](const std::string& token) {
        return std::find(names.noise.begin(), names.noise.end(), token) != names.noise.end();
    });
    const Alias* best = nullptr;
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        const auto it = names.byFirstToken.find(tokens[at]);
        if (it == names.byFirstToken.end()) {
            continue;
        }
        for (const Alias& alias : it->second) {
            const std::size_t left = tokens.size() - at;
            const bool fits = alias.tokens.size() <= left
                && std::equal(alias.tokens.begin(), alias.tokens.end(),
                    tokens.begin() + static_cast<std::ptrdiff_t>(at));
            const bool whole = at == 0 && alias.tokens.size() == tokens.size();
            if (fits && (whole || !names.wholeText) && (!best || alias.tokens.size() > best->tokens.size())) {
                best = &alias;
                break;
            }
        }
    }
    return best ? std::optional(names.names[best->name]) : std::nullopt;
}

std::optional<std::string> Catalog::modelOf(
    std::string_view given, std::optional<std::string>& precision) const
{
    const std::string_view name = fileOrModelName(given);
    std::vector<std::string> tokens = tokensOf(name);
    const Names& models = m_byAttribute.at("model");
    if (auto found = find(models, tokens)) {
        return found;
    }
    // Without its last words, when these are a precision: "llama-3.1-8b-instruct-fp8-dynamic".
    const Names& precisions = m_byAttribute.at("precision");
    for (std::size_t cut = 1; cut <= longestPrecision && cut < tokens.size(); ++cut) {
        const std::vector<std::string> tail(tokens.end() - static_cast<std::ptrdiff_t>(cut), tokens.end());
        const auto isPrecision = find(precisions, tail);
        auto found = isPrecision
            ? find(models, { tokens.begin(), tokens.end() - static_cast<std::ptrdiff_t>(cut) })
            : std::nullopt;
        if (found) {
            precision = isPrecision;
            return found;
        }
    }
    return std::nullopt;
}

std::optional<std::string> Catalog::canonical(std::string_view attribute, std::string_view given) const
{
    const auto it = m_byAttribute.find(std::string(attribute));
    if (it == m_byAttribute.end() || given.empty()) {
        return std::nullopt;
    }
    if (attribute == "model") {
        std::optional<std::string> precision;
        return modelOf(given, precision);
    }
    return find(it->second, tokensOf(given));
}

void Catalog::apply(LoadPoint& point) const
{
    std::optional<std::string> precision;
    std::string precisionFrom;
    for (Attribute& a : point.attributes) {
        const auto* text = std::get_if<std::string>(&a.value);
        if (!text || !m_byAttribute.contains(a.name)) {
            continue;
        }
        const auto name = a.name == "model" ? modelOf(*text, precision) : canonical(a.name, *text);
        if (a.name == "model" && precision) {
            precisionFrom = *text;
        }
        // What nobody knows keeps its own name; the folder that it lay in is no part of that.
        const std::string shown = name           ? *name
            : a.name == "model" && isPath(*text) ? std::string(fileOrModelName(*text))
                                                 : *text;
        if (!shown.empty() && shown != *text) {
            if (a.given.empty()) {
                a.given = *text;
            }
            a.value = shown;
        }
    }
    if (precision && !point.attribute("precision")) {
        point.attributes.push_back({ "precision", *precision, precisionFrom, Origin::Derived, {} });
    }
}

} // namespace prism
