// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/telemetry_csv/telemetry_columns.h"

#include "core/import/distributions.h"
#include "core/import/local_time.h"
#include "core/read/numbers.h"
#include "core/read/text.h"
#include "core/units/convert.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

namespace prism::formats::telemetry {

namespace {

/// What a title means. `unit` is the producer's own where it documents one and the title says none.
struct Known {
    std::string_view title; ///< lower case, without a unit in brackets
    std::string_view metric;
    std::string_view unit;
};

/// nvidia-smi, dmon, DCGM and amd-smi: their documentation fixes the units that a title omits.
constexpr Known known[] = {
    { "power.draw", "power", "W" },
    { "power.draw.instant", "power.draw.instant", "W" },
    { "power.draw.average", "power.draw.average", "W" },
    { "utilization.gpu", "gpu_utilization", "%" },
    { "utilization.memory", "utilization.memory", "%" },
    { "memory.used", "gpu_memory", "MiB" },
    { "memory.free", "memory.free", "MiB" },
    // Of one process.
    { "used_gpu_memory", "used_gpu_memory", "MiB" },
    { "used_memory", "used_memory", "MiB" },
    { "temperature.gpu", "temperature.gpu", "C" },
    { "temperature.memory", "temperature.memory", "C" },
    { "clocks.sm", "clocks.sm", "MHz" },
    { "clocks.mem", "clocks.mem", "MHz" },
    { "clocks.gr", "clocks.gr", "MHz" },
    { "clocks.current.sm", "clocks.sm", "MHz" },
    { "clocks.current.memory", "clocks.mem", "MHz" },
    { "clocks.current.graphics", "clocks.gr", "MHz" },
    { "fan.speed", "fan.speed", "%" },
    { "dcgm_fi_dev_power_usage", "power", "W" },
    { "dcgm_fi_dev_gpu_util", "gpu_utilization", "%" },
    { "dcgm_fi_dev_fb_used", "gpu_memory", "MiB" },
    { "dcgm_fi_dev_total_energy_consumption", "dcgm_fi_dev_total_energy_consumption", "mJ" },
    { "dcgm_fi_dev_gpu_temp", "dcgm_fi_dev_gpu_temp", "C" },
    { "dcgm_fi_dev_sm_clock", "dcgm_fi_dev_sm_clock", "MHz" },
    { "dcgm_fi_dev_mem_clock", "dcgm_fi_dev_mem_clock", "MHz" },
    { "kepler_container_gpu_joules_total", "kepler_container_gpu_joules_total", "J" },
    { "socket_power", "power", "W" },
    { "average_socket_power", "power", "W" },
    { "current_socket_power", "power", "W" },
    { "gfx_activity", "gpu_utilization", "%" },
    { "umc_activity", "umc_activity", "%" },
    // amd-smi metric and monitor; what it calls MB is 2^20 bytes.
    { "used_vram", "gpu_memory", "MiB" },
    { "vram_used", "gpu_memory", "MiB" },
    { "hotspot_temperature", "hotspot_temperature", "C" },
    { "memory_temperature", "memory_temperature", "C" },
    { "gfx_clk", "gfx_clk", "MHz" },
    { "average graphics package power", "power", "" },
    { "current socket graphics package power", "power", "" },
    { "gpu use", "gpu_utilization", "" },
    { "vram total used memory", "gpu_memory", "" },
};
/// Words of amd-smi that others use with other units.
constexpr Known ofAmdSmi[] = { { "power_usage", "power", "W" }, { "gfx", "gpu_utilization", "%" } };
constexpr std::string_view amdSmiAlone[] = { "hotspot_temperature", "gfx_clk", "vram_used" };
/// Words of dmon, whose units stand in a line of their own, and of home-made tables, with or without a
/// suffix that names one.
constexpr Known bare[] = { { "pwr", "power", "" }, { "power", "power", "" }, { "gpu_power", "power", "" },
    { "power_draw", "power", "" }, { "sm", "gpu_utilization", "" }, { "gpu_util", "gpu_utilization", "" },
    { "gpu_utilization", "gpu_utilization", "" }, { "utilization_gpu", "gpu_utilization", "" },
    { "util", "gpu_utilization", "" }, { "util_gpu", "gpu_utilization", "" }, { "fb", "gpu_memory", "" },
    { "mem_used", "gpu_memory", "" }, { "memory_used", "gpu_memory", "" },
    { "gpu_mem_used", "gpu_memory", "" }, { "gpu_memory_used", "gpu_memory", "" }, { "gtemp", "gtemp", "" },
    { "mtemp", "mtemp", "" }, { "temp", "temp", "" }, { "gpu_temp", "gpu_temp", "" },
    { "temperature", "temperature", "" }, { "mem_util", "mem_util", "" }, { "mclk", "mclk", "" },
    { "pclk", "pclk", "" }, { "sm_clock", "sm_clock", "" }, { "clock", "clock", "" },
    { "energy", "energy", "" }, { "powr", "power", "" }, { "gputl", "gpu_utilization", "" } };

struct Suffix {
    std::string_view text;
    std::string_view unit;
};
constexpr Suffix suffixes[]
    = { { "_w", "W" }, { "_watts", "W" }, { "_mw", "mW" }, { "_c", "C" }, { "_celsius", "C" },
          { "_mhz", "MHz" }, { "_pct", "%" }, { "_percent", "%" }, { "_mib", "MiB" }, { "_gib", "GiB" },
          { "_mb", "MB" }, { "_gb", "GB" }, { "_bytes", "B" }, { "_j", "J" }, { "_joules", "J" } };

struct Time {
    std::string_view title;
    double factor;
};
constexpr Time times[] = { { "timestamp", 1 }, { "time", 1 }, { "datetime", 1 }, { "date_time", 1 },
    { "ts", 1 }, { "timestamp_s", 1 }, { "timestamp_ms", 1e-3 }, { "timestamp_us", 1e-6 },
    { "timestamp_ns", 1e-9 }, { "timestamp_unix", 1 }, { "unix_time", 1 }, { "unix_timestamp", 1 },
    { "epoch", 1 }, { "epoch_s", 1 }, { "epoch_ms", 1e-3 }, { "elapsed", 1 }, { "elapsed_s", 1 },
    { "elapsed_sec", 1 }, { "elapsed_seconds", 1 }, { "elapsed_ms", 1e-3 }, { "time_s", 1 },
    { "time_ms", 1e-3 }, { "t_s", 1 }, { "seconds", 1 } };

struct Device {
    std::string_view title;
    int rank;
};
constexpr Device devices[] = { { "hostname", 0 }, { "host", 0 }, { "node", 0 }, { "pid", 0 }, { "index", 1 },
    { "gpu", 1 }, { "idx", 1 }, { "gpu_index", 1 }, { "gpu_id", 1 }, { "gpu id", 1 }, { "device", 1 },
    { "card", 1 }, { "entity", 1 }, { "uuid", 2 }, { "gpu_uuid", 2 }, { "pci.bus_id", 2 },
    { "pci_bus_id", 2 }, { "gpu_bus_id", 2 }, { "serial", 2 }, { "name", 3 }, { "gpu_name", 3 } };

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

template <class Table>
const auto* entry(const Table& table, std::string_view title)
{
    const auto it = std::find_if(
        std::begin(table), std::end(table), [title](const auto& e) { return e.title == title; });
    return it == std::end(table) ? nullptr : &*it;
}

/// Our unit for a metric of ours, where the stated one leads to it. "MB" of scripts is what nvidia-smi calls
/// MiB as often as not: such a column keeps its own name and unit.
void settle(Column& column, std::string_view metric, std::string_view unit, std::string_view title)
{
    column.role = Role::Sensor;
    column.known = true;
    column.name = metric;
    column.unit = unit;
    const Unit target = metric == "power" ? Unit::Watt
        : metric == "gpu_utilization"     ? Unit::Ratio
        : metric == "gpu_memory"          ? Unit::Byte
                                          : Unit::One;
    if (target == Unit::One) {
        return;
    }
    const bool doubtful = target == Unit::Byte && (unit == "MB" || unit == "GB");
    const auto factor = doubtful ? std::nullopt : sourceUnit(unit, target);
    if (factor) {
        column.scale = *factor;
        column.unit = symbol(target);
    } else {
        column.name = title;
    }
}

} // namespace

bool isAmdSmi(std::string_view title)
{
    const std::string word = lower(read::trimmed(title));
    return std::find(std::begin(amdSmiAlone), std::end(amdSmiAlone), word) != std::end(amdSmiAlone);
}

Column columnOf(std::string_view title, std::string_view unit, bool amdSmi)
{
    title = read::trimmed(title);
    Column column;
    std::string bareTitle = lower(title);
    std::string stated(read::trimmed(unit));
    for (const auto& [open, close] : { std::pair { '[', ']' }, { '(', ')' } }) {
        const std::size_t at = title.rfind(open);
        if (at != std::string_view::npos && at > 0 && title.back() == close) {
            stated = read::trimmed(title.substr(at + 1, title.size() - at - 2));
            bareTitle = lower(read::trimmed(title.substr(0, at)));
        }
    }
    column.name = title;
    column.unit = stated;
    if (const Time* time = entry(times, bareTitle)) {
        column.role = Role::Time;
        column.timeFactor = time->factor;
        return column;
    }
    if (const Device* device = entry(devices, bareTitle)) {
        column.role = Role::Gpu;
        column.rank = device->rank;
        return column;
    }
    const Known* found = entry(known, bareTitle);
    if (!found && amdSmi) {
        found = entry(ofAmdSmi, bareTitle);
    }
    if (found) {
        settle(column, found->metric, stated.empty() ? found->unit : stated, title);
        column.unmistakable = bareTitle.find('.') != std::string::npos;
        return column;
    }
    for (const Suffix& suffix : suffixes) {
        if (stated.empty() && bareTitle.ends_with(suffix.text)) {
            stated = suffix.unit;
            bareTitle.resize(bareTitle.size() - suffix.text.size());
            break;
        }
    }
    column.unit = stated;
    if (const Known* word = entry(bare, bareTitle)) {
        settle(column, word->metric, stated, title);
    } else if (!stated.empty() || entry(ofAmdSmi, bareTitle)) {
        column.role = Role::Sensor;
    }
    return column;
}

std::optional<double> sensorValue(std::string_view text)
{
    text = read::trimmed(text);
    if (const auto number = read::consoleNumber(text)) {
        return number;
    }
    const std::size_t space = text.find(' ');
    return space == std::string_view::npos ? std::nullopt : read::consoleNumber(text.substr(0, space));
}

std::optional<Instant> instantOf(std::string_view text, double factor)
{
    text = read::trimmed(text);
    std::string pointed;
    if (const std::size_t comma = text.rfind(',');
        comma != std::string_view::npos && text.find(':') < comma) {
        pointed = text; // a clock with a comma before its fraction
        pointed[comma] = '.';
        text = pointed;
    }
    if (const auto number = read::parseDecimal(text)) {
        constexpr double nineties = 631'152'000; // nobody's run has lasted twenty years
        // As seconds these would lie thousands of years ahead: the digits tell the unit.
        const SourceUnit unit { Unit::Second,
            factor != 1           ? factor
                : *number >= 1e17 ? 1e-9
                : *number >= 1e14 ? 1e-6
                : *number >= 1e11 ? 1e-3
                                  : 1 };
        const double seconds = convert(*number, unit);
        return Instant { seconds, seconds >= nineties ? TimeKind::Epoch : TimeKind::Elapsed };
    }
    if (const auto zoned = epochOfUtcText(text)) {
        return Instant { *zoned, TimeKind::Zoned };
    }
    if (const auto clock = local::epochOf(text)) {
        return Instant { *clock, TimeKind::Local };
    }
    if (text.size() >= 8 && text[2] == ':' && text[5] == ':') {
        const auto clock = local::epochOf("1970-01-01T" + std::string(text));
        return clock ? std::optional(Instant { *clock, TimeKind::Local }) : std::nullopt;
    }
    return std::nullopt;
}

} // namespace prism::formats::telemetry
