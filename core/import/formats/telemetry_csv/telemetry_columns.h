// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/units/unit.h"

#include <optional>
#include <string>
#include <string_view>

/// Columns of GPU telemetry, by whoever wrote the table: nvidia-smi --query-gpu ("power.draw [W]"), dmon
/// and pmon ("pwr" over "W"), DCGM field names, amd-smi and rocm-smi, and scripts ("power_w").
namespace prism::formats::telemetry {

enum class Role {
    Other, ///< text, settings, what nobody asked of a sensor
    Time, ///< see TimeKind
    Gpu, ///< which device a row is of
    Sensor, ///< a number of a device
};

/// What a time column counts. Local times name no zone: they order samples and date none.
enum class TimeKind { Elapsed, Epoch, Zoned, Local };

struct Column {
    Role role = Role::Other;
    std::string name; ///< of the series: a metric id where it is one of ours, else the file's own word
    std::string unit; ///< as the file states it; empty where it states none
    SourceUnit scale {}; ///< to the unit
    double timeFactor = 1; ///< of a time column, to seconds
    bool known = false; ///< a sensor that recognition may rely on
    bool unmistakable = false; ///< a title that only nvidia-smi --query-gpu writes
    /// Of a Gpu column: 0 the host or a process, 1 an index, 2 an identifier, 3 a kind. A row's device is
    /// made of the first and of the best of the others that the table has.
    int rank = 0;
};

/// Whether a title is one that only amd-smi's tables have. Beside it, plain words mean what amd-smi's
/// documentation says; scripts write NVML's milliwatts under the same "power_usage".
bool isAmdSmi(std::string_view title);

/// By the title of the column and, where the table has one, its unit from another line. `amdSmi`: the table
/// has a title of which isAmdSmi() holds.
Column columnOf(std::string_view title, std::string_view unit = {}, bool amdSmi = false);

/// A number in a cell, which may repeat its unit ("315.21 W", "96 %"); empty for "[N/A]", "-" and the like.
std::optional<double> sensorValue(std::string_view text);

struct Instant {
    double seconds = 0;
    TimeKind kind = TimeKind::Elapsed;
};
/// "12.5", "1772323200", "2026-03-01T00:00:00Z", "2026/05/03 06:30:41.123", "20260503 06:30:41", "06:30:41".
std::optional<Instant> instantOf(std::string_view text, double factor);

} // namespace prism::formats::telemetry
