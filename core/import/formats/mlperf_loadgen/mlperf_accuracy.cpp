// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/mlperf_loadgen/mlperf_accuracy.h"

#include "core/import/formats/mlperf_loadgen/mlperf_result.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace prism::formats {

namespace {

/// "hash=" and 64 hexadecimal digits, which the submission tools append to what an accuracy script printed.
bool isHash(std::string_view line)
{
    constexpr std::string_view mark = "hash=";
    const std::string_view text = read::trimmed(line);
    return text.starts_with(mark) && text.size() == mark.size() + 64
        && std::all_of(
            text.begin() + mark.size(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

/// "{'rouge1': '38.58', 'tokens_per_sample': 290.1}" and "accuracy=76.46%, good=38230": pairs of a name and a
/// number, with the offset of the number.
struct Score {
    std::string_view name;
    std::string_view text;
    std::size_t offset = 0;
    bool percent = false; ///< a percent sign follows
};

std::vector<Score> scoresOf(std::string_view line)
{
    const auto word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '@' || c == '.';
    };
    std::vector<Score> scores;
    for (std::size_t at = line.find_first_of(":="); at != std::string_view::npos;
         at = line.find_first_of(":=", at + 1)) {
        std::size_t end = at;
        while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\'' || line[end - 1] == '"')) {
            --end;
        }
        std::size_t begin = end;
        while (begin > 0 && word(line[begin - 1])) {
            --begin;
        }
        const std::size_t from = line.find_first_not_of(" '\"", at + 1);
        const std::size_t to = std::min(line.find_first_of(",'\"}%; \t", from), line.size());
        if (begin < end && from != std::string_view::npos) {
            scores.push_back({ line.substr(begin, end - begin), line.substr(from, to - from), from,
                to < line.size() && line[to] == '%' });
        }
    }
    return scores;
}

bool isOneOf(std::string_view name, std::initializer_list<std::string_view> lowerCase)
{
    return std::any_of(lowerCase.begin(), lowerCase.end(),
        [name](std::string_view known) { return read::equalsIgnoringCase(name, known); });
}

/// Scores from 0 to 100: by their percent sign, or by their script, which does not print one. An F1 is one
/// beside SQuAD's exact match; elsewhere it is a ratio. What has no unit is left out.
bool isPercent(const Score& score, const std::vector<Score>& beside)
{
    if (score.percent) {
        return isOneOf(score.name, { "accuracy", "map", "auc" });
    }
    if (read::equalsIgnoringCase(score.name, "mbxp") && score.text == "0") {
        return false; // no code was run
    }
    if (read::equalsIgnoringCase(score.name, "f1")) {
        return std::any_of(
            beside.begin(), beside.end(), [](const Score& other) { return other.name == "exact_match"; });
    }
    return isOneOf(score.name, { "rouge1", "rouge2", "rougel", "rougelsum", "exact_match", "gsm8k", "mbxp" });
}

} // namespace

bool isMlperfAccuracy(std::string_view text)
{
    constexpr std::size_t longest = 64u << 10;
    if (text.size() > longest) {
        return false;
    }
    // The counts tell the reference's dictionary from that of other programs.
    if (text.find("'gen_len'") != std::string_view::npos
        || text.find("'tokens_per_sample'") != std::string_view::npos) {
        return true;
    }
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (isHash(text.substr(0, end))) {
            return true;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

void MlperfAccuracy::line(const read::TextLine& line)
{
    if (isHash(line.text)) {
        m_hashed = true;
        return;
    }
    const std::vector<Score> scores = scoresOf(line.text);
    for (const Score& score : scores) {
        const std::string place = line.at(score.offset).text();
        const auto put = [&](const std::string& metric, Stat stat, SourceUnit unit) {
            if (!m_out.point().measure(metric, stat)) {
                m_out.measure(metric, stat, score.text, place, score.name, unit);
            }
        };
        if (!read::consoleNumber(score.text)) {
            continue;
        }
        if (isPercent(score, scores)) {
            put("accuracy:" + std::string(score.name), Stat::value(), source::percent);
        } else if (score.name == "tokens_per_sample") {
            put("osl", Stat::mean(), source::one);
        } else if (score.name == "gen_tok_len") {
            put("output_tokens", Stat::value(), source::one);
        } else if (score.name == "gen_num") {
            put("requests", Stat::value(), source::one);
        } else {
            m_out.extra(place, std::string(score.name) + ": " + std::string(score.text));
        }
    }
}

std::optional<LoadPoint> MlperfAccuracy::take(std::string_view path)
{
    if (m_out.point().measures.empty()) {
        return std::nullopt;
    }
    describeFolder(m_out, path);
    return m_out.take();
}

} // namespace prism::formats
