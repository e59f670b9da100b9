// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/twin_points.h"

#include "core/store/point_blobs.h"
#include "core/store/source_rows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace prism::store {

namespace {

constexpr std::size_t mostCompared = 1u
    << 20; ///< pairs of points, each compared twice; more are told by their places alone
constexpr double rounding = 0.005; ///< relative: three digits, as the shortest of texts print

struct Point {
    PointId id = 0;
    std::uint32_t index = 0;
    RunId run = 0;
    std::map<std::uint32_t, double> reported; ///< by measure_key.id
};

struct Likeness {
    std::size_t agreeing = 0;
    std::size_t differing = 0;

    bool isTwin() const { return agreeing > 0 && agreeing >= 2 * differing; }
    bool isBetterThan(const Likeness& other) const
    {
        return agreeing * (other.agreeing + other.differing) > other.agreeing * (agreeing + differing)
            || (agreeing * (other.agreeing + other.differing) == other.agreeing * (agreeing + differing)
                && agreeing > other.agreeing);
    }
};

Likeness likeness(const Point& a, const Point& b)
{
    Likeness out;
    auto mine = a.reported.begin();
    auto theirs = b.reported.begin();
    while (mine != a.reported.end() && theirs != b.reported.end()) {
        if (mine->first != theirs->first) {
            ++(mine->first < theirs->first ? mine : theirs);
            continue;
        }
        const double most = std::max(std::abs(mine->second), std::abs(theirs->second));
        ++(std::abs(mine->second - theirs->second) <= rounding * most ? out.agreeing : out.differing);
        ++mine;
        ++theirs;
    }
    return out;
}

Result<std::vector<Point>> pointsOf(Database& database, SourceId source)
{
    auto statement
        = database.prepare("SELECT p.id, p.idx, p.run, m.data FROM point p JOIN point_measures m ON "
                           "m.point = p.id WHERE p.source = ? AND p.run > 0 ORDER BY p.idx",
            false);
    if (!statement) {
        return statement.error();
    }
    statement->start(source);
    std::vector<Point> points;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        Point& point = points.emplace_back();
        point.id = statement->integer(0);
        point.index = static_cast<std::uint32_t>(statement->integer(1));
        point.run = statement->integer(2);
        const MeasureBlob blob(statement->blob(3));
        for (std::size_t i = 0; i < blob.size(); ++i) {
            const MeasureWord word = unpackedWord(blob.word(i));
            if (word.status == Status::Ok && word.origin == Origin::Reported) {
                point.reported.emplace(word.key, blob.value(i));
            }
        }
    }
    return row ? Result<std::vector<Point>>(std::move(points)) : row.error();
}

/// The only point of `others` that is most like the point, when it is like it at all.
std::optional<std::size_t> mostLike(const Point& point, const std::vector<Point>& others)
{
    std::optional<std::size_t> best;
    Likeness most;
    bool several = false;
    for (std::size_t i = 0; i < others.size(); ++i) {
        const Likeness now = likeness(point, others[i]);
        if (!now.isTwin()) {
            continue;
        }
        const bool better = !best || now.isBetterThan(most);
        several = better ? false : several || !most.isBetterThan(now);
        most = better ? now : most;
        best = better ? i : *best;
    }
    return several ? std::nullopt : best;
}

/// Which point of `shown` is which of `hidden`.
std::vector<std::optional<std::size_t>> matched(
    const std::vector<Point>& hidden, const std::vector<Point>& shown)
{
    std::vector<std::optional<std::size_t>> out(hidden.size());
    std::vector<bool> taken(shown.size());
    if (hidden.size() * shown.size() <= mostCompared) {
        std::map<std::size_t, std::optional<std::size_t>> back; ///< by the shown point: its own best
        for (std::size_t i = 0; i < hidden.size(); ++i) {
            const auto best = mostLike(hidden[i], shown);
            if (best && !back.contains(*best)) {
                back.emplace(*best, mostLike(shown[*best], hidden));
            }
            if (best && back.at(*best) == i) {
                out[i] = best;
                taken[*best] = true;
            }
        }
    }
    for (std::size_t i = 0; i < hidden.size() && hidden.size() == shown.size(); ++i) {
        const Likeness now = likeness(hidden[i], shown[i]);
        if (!out[i] && !taken[i] && hidden[i].index == shown[i].index
            && (now.isTwin() || now.agreeing + now.differing == 0)) {
            out[i] = i;
        }
    }
    return out;
}

struct Pair {
    SourceId hidden = 0;
    std::string sha256;
    bool removed = false;
    SourceId shown = 0;
    std::string shownSha256;
};

/// Sources of which something was said, each with the shown ones of the same result.
Result<std::vector<Pair>> pairs(Database& database)
{
    const std::string spoken
        = "SELECT h.id AS id, h.sha256 AS sha256, h.twin_of AS twin_of, h.state AS state FROM source h WHERE "
          "h.state IN (1, 2) AND (h.sha256 IN (SELECT subject FROM word WHERE idx >= 0) OR h.id IN (SELECT "
          "p.source FROM word w JOIN run r ON r.uid = w.subject JOIN point p ON p.run = r.id WHERE w.idx = "
          "-1))";
    auto statement = database.prepare("WITH spoken AS (" + spoken + "), pairs AS ("
            + "SELECT h.*, s.id AS shown FROM spoken h JOIN source s ON s.sha256 = h.twin_of AND s.state = 1"
              " UNION SELECT h.*, s.id FROM spoken h JOIN source s ON s.twin_of = h.sha256"
              " UNION SELECT h.*, s.id FROM spoken h JOIN source s ON s.twin_of = h.twin_of)"
              " SELECT h.id, h.sha256, h.state, s.id, s.sha256 FROM pairs h JOIN source s ON s.id = h.shown"
              " WHERE s.sha256 <> h.sha256 AND "
            + std::string(sourceIsShown) + " ORDER BY h.id, s.id",
        false);
    if (!statement) {
        return statement.error();
    }
    std::vector<Pair> out;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        out.push_back({ statement->integer(0), statement->string(1), statement->integer(2) == 2,
            statement->integer(3), statement->string(4) });
    }
    return row ? Result<std::vector<Pair>>(std::move(out)) : row.error();
}

} // namespace

Result<std::vector<TwinPoint>> twinPoints(Database& database)
{
    const auto said = database.integer("SELECT EXISTS (SELECT 1 FROM word)");
    const auto all = said && *said != 0 ? pairs(database) : Result<std::vector<Pair>>(std::vector<Pair>());
    if (!said || !all) {
        return !said ? said.error() : all.error();
    }
    std::vector<TwinPoint> out;
    for (const Pair& pair : *all) {
        const auto hidden = pointsOf(database, pair.hidden);
        const auto shown = pointsOf(database, pair.shown);
        if (!hidden || !shown) {
            return !hidden ? hidden.error() : shown.error();
        }
        const auto same = matched(*hidden, *shown);
        for (std::size_t i = 0; i < same.size(); ++i) {
            if (same[i]) {
                const Point& other = (*shown)[*same[i]];
                out.push_back({ pair.sha256, (*hidden)[i].index, (*hidden)[i].run, pair.removed, other.id,
                    pair.shownSha256, other.index, other.run });
            }
        }
    }
    return out;
}

} // namespace prism::store
