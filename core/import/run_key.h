// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// Which points make one run: those of one producer, in one folder, of the same system under the same
/// workload, whose file's or last folder's names differ only in numbers that a word says to be a load, a
/// repetition or a point in time ("c4", "rep_2", "20260301"), or that the file's first point says to be its
/// load ("model-16" at a concurrency of 16): a later point of that file, at another load, has the same name.
/// All other numbers divide: versions, "tp_2", "nodes-2", and those of which nothing says what they count.
/// The text is the same on every machine that has the folder at the same path; the store keeps its hash, so
/// that a change of it leaves stored runs alone, but what is imported later does not join them.
class RunKeys {
public:
    /// Of a file, whose points are asked for in their order.
    RunKeys(std::string_view producer, std::string_view sourcePath)
        : m_producer(producer)
        , m_path(sourcePath)
    {
    }
    std::string of(const LoadPoint& point);

private:
    std::string m_producer;
    std::string m_path;
    std::optional<std::string> m_ofFile; ///< what all its points begin with, by the first one's load
};

/// What a point says of the system and the workload, without its load: one text for equal settings. Points
/// that the producer joins itself may differ in their lengths.
std::string settingsOf(const LoadPoint& point);

/// A number in a path of which no word says what it counts: "1.json", "results/2/out.json", "h100_16.json".
struct UnsaidNumber {
    std::string pattern; ///< the path without loads, with "#" for the number
    unsigned number = 0;
    bool counts = false; ///< it may count repetitions: it stands alone, or behind "result" and the like
};
/// None, or the last of the last folder's name and the last of the file's.
std::vector<UnsaidNumber> unsaidNumbers(std::string_view path);

/// The day or time in the names of the last folder and the file, in seconds since 1970 of a clock that names
/// no zone.
std::optional<double> dayInName(std::string_view path);

/// Whether a time in the name of a folder above the last one is left in.
enum class TimesAbove { Divide, Join };
/// A path whose every part is without its load: "c4/rep1/out.json" and "c8/rep2/out.json" are one.
std::string pathWithoutLoad(std::string_view path, TimesAbove times);

/// A file's stem without the parts that name a load level, a point in time or a repetition: "h100_conc4" and
/// "h100_conc8" both become "h100".
std::string stemWithoutLoad(std::string_view fileName);

} // namespace prism
