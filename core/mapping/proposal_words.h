// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/mapping/mapping.h"

#include <array>
#include <string_view>

/// The words by which columns of unknown files are understood.
namespace prism::proposal {

struct Word {
    std::string_view text; ///< lower case, words joined by single underscores
    MappedValue::Target target;
    std::string_view name;
    std::string_view unit; ///< that the word itself says
};

// Where the same word is used for two things ("batch" for concurrency or batch size) none is proposed.
inline constexpr std::array words {
    Word { "model", MappedValue::Target::Attribute, "model", {} },
    Word { "model_id", MappedValue::Target::Attribute, "model", {} },
    Word { "model_name", MappedValue::Target::Attribute, "model", {} },
    Word { "llm", MappedValue::Target::Attribute, "model", {} },
    Word { "quant", MappedValue::Target::Attribute, "precision", {} },
    Word { "quantization", MappedValue::Target::Attribute, "precision", {} },
    Word { "precision", MappedValue::Target::Attribute, "precision", {} },
    Word { "dtype", MappedValue::Target::Attribute, "precision", {} },
    Word { "engine", MappedValue::Target::Attribute, "engine", {} },
    Word { "backend", MappedValue::Target::Attribute, "engine", {} },
    Word { "framework", MappedValue::Target::Attribute, "engine", {} },
    Word { "runtime", MappedValue::Target::Attribute, "engine", {} },
    Word { "engine_version", MappedValue::Target::Attribute, "engine_version", {} },
    Word { "gpu", MappedValue::Target::Attribute, "accelerator", {} },
    Word { "gpu_type", MappedValue::Target::Attribute, "accelerator", {} },
    Word { "hardware", MappedValue::Target::Attribute, "accelerator", {} },
    Word { "device", MappedValue::Target::Attribute, "accelerator", {} },
    Word { "accelerator", MappedValue::Target::Attribute, "accelerator", {} },
    Word { "gpus", MappedValue::Target::Attribute, "accelerator_count", {} },
    Word { "n_gpu", MappedValue::Target::Attribute, "accelerator_count", {} },
    Word { "num_gpus", MappedValue::Target::Attribute, "accelerator_count", {} },
    Word { "tp", MappedValue::Target::Attribute, "tp", {} },
    Word { "pp", MappedValue::Target::Attribute, "pp", {} },
    Word { "dp", MappedValue::Target::Attribute, "dp", {} },
    Word { "ep", MappedValue::Target::Attribute, "ep", {} },
    Word { "dataset", MappedValue::Target::Attribute, "dataset", {} },
    Word { "concurrency", MappedValue::Target::Attribute, "concurrency", {} },
    Word { "conc", MappedValue::Target::Attribute, "concurrency", {} },
    Word { "users", MappedValue::Target::Attribute, "concurrency", {} },
    Word { "num_users", MappedValue::Target::Attribute, "concurrency", {} },
    Word { "vus", MappedValue::Target::Attribute, "concurrency", {} },
    Word { "max_concurrency", MappedValue::Target::Attribute, "concurrency", {} },
    Word { "batch_size", MappedValue::Target::Attribute, "batch_size", {} },
    Word { "request_rate", MappedValue::Target::Attribute, "request_rate", {} },
    Word { "isl", MappedValue::Target::Attribute, "isl_target", {} },
    Word { "input_len", MappedValue::Target::Attribute, "isl_target", {} },
    Word { "prompt_len", MappedValue::Target::Attribute, "isl_target", {} },
    Word { "osl", MappedValue::Target::Attribute, "osl_target", {} },
    Word { "output_len", MappedValue::Target::Attribute, "osl_target", {} },
    Word { "max_tokens", MappedValue::Target::Attribute, "osl_target", {} },
    Word { "ttft", MappedValue::Target::Measure, "ttft", {} },
    Word { "time_to_first_token", MappedValue::Target::Measure, "ttft", {} },
    Word { "first_token_latency", MappedValue::Target::Measure, "ttft", {} },
    Word { "tpot", MappedValue::Target::Measure, "tpot", {} },
    Word { "time_per_output_token", MappedValue::Target::Measure, "tpot", {} },
    Word { "itl", MappedValue::Target::Measure, "itl", {} },
    Word { "inter_token_latency", MappedValue::Target::Measure, "itl", {} },
    Word { "e2e", MappedValue::Target::Measure, "e2e", {} },
    Word { "e2el", MappedValue::Target::Measure, "e2e", {} },
    Word { "e2e_latency", MappedValue::Target::Measure, "e2e", {} },
    Word { "request_latency", MappedValue::Target::Measure, "e2e", {} },
    Word { "latency", MappedValue::Target::Measure, "e2e", {} },
    Word { "queue_time", MappedValue::Target::Measure, "queue_time", {} },
    Word { "output_throughput", MappedValue::Target::Measure, "output_throughput", {} },
    Word { "output_tok_s", MappedValue::Target::Measure, "output_throughput", "tok/s" },
    Word { "output_tokens_s", MappedValue::Target::Measure, "output_throughput", "tok/s" },
    Word { "output_tokens_per_second", MappedValue::Target::Measure, "output_throughput", "tok/s" },
    Word { "output_tps", MappedValue::Target::Measure, "output_throughput", "tok/s" },
    Word { "gen_tps", MappedValue::Target::Measure, "output_throughput", "tok/s" },
    Word { "decode_tps", MappedValue::Target::Measure, "output_throughput", "tok/s" },
    Word { "tok_s", MappedValue::Target::Measure, "output_throughput", "tok/s" },
    Word { "aggregate_tok_s", MappedValue::Target::Measure, "output_throughput", "tok/s" },
    Word { "tps", MappedValue::Target::Measure, "output_throughput", "tok/s" },
    Word { "tokens_per_second", MappedValue::Target::Measure, "output_throughput", "tok/s" },
    Word { "prefill_tps", MappedValue::Target::Measure, "input_throughput", "tok/s" },
    Word { "prompt_tps", MappedValue::Target::Measure, "input_throughput", "tok/s" },
    Word { "input_throughput", MappedValue::Target::Measure, "input_throughput", {} },
    Word { "total_throughput", MappedValue::Target::Measure, "total_throughput", {} },
    Word { "total_tok_s", MappedValue::Target::Measure, "total_throughput", "tok/s" },
    Word { "request_throughput", MappedValue::Target::Measure, "request_throughput", {} },
    Word { "rps", MappedValue::Target::Measure, "request_throughput", "req/s" },
    Word { "requests_per_second", MappedValue::Target::Measure, "request_throughput", "req/s" },
    Word { "requests", MappedValue::Target::Measure, "requests", {} },
    Word { "num_requests", MappedValue::Target::Measure, "requests", {} },
    Word { "completed", MappedValue::Target::Measure, "requests_ok", {} },
    Word { "completed_requests", MappedValue::Target::Measure, "requests_ok", {} },
    Word { "successful_requests", MappedValue::Target::Measure, "requests_ok", {} },
    Word { "failed", MappedValue::Target::Measure, "requests_failed", {} },
    Word { "failed_requests", MappedValue::Target::Measure, "requests_failed", {} },
    Word { "errors", MappedValue::Target::Measure, "requests_failed", {} },
    Word { "duration", MappedValue::Target::Measure, "duration", {} },
    Word { "elapsed", MappedValue::Target::Measure, "duration", {} },
    Word { "input_tokens", MappedValue::Target::Measure, "input_tokens", {} },
    Word { "prompt_tokens", MappedValue::Target::Measure, "input_tokens", {} },
    Word { "output_tokens", MappedValue::Target::Measure, "output_tokens", {} },
    Word { "completion_tokens", MappedValue::Target::Measure, "output_tokens", {} },
    Word { "generated_tokens", MappedValue::Target::Measure, "output_tokens", {} },
    Word { "power", MappedValue::Target::Measure, "power", {} },
    Word { "energy", MappedValue::Target::Measure, "energy", {} },
    Word { "gpu_utilization", MappedValue::Target::Measure, "gpu_utilization", {} },
    Word { "gpu_util", MappedValue::Target::Measure, "gpu_utilization", {} },
};

// The same words where a row is a request.
inline constexpr std::array requestWords {
    Word { "start", MappedValue::Target::Request, "start", {} },
    Word { "start_time", MappedValue::Target::Request, "start", {} },
    Word { "launch_time", MappedValue::Target::Request, "start", {} },
    Word { "end", MappedValue::Target::Request, "end", {} },
    Word { "end_time", MappedValue::Target::Request, "end", {} },
    Word { "finish_time", MappedValue::Target::Request, "end", {} },
    Word { "ttft", MappedValue::Target::Request, "ttft", {} },
    Word { "time_to_first_token", MappedValue::Target::Request, "ttft", {} },
    Word { "e2e", MappedValue::Target::Request, "e2e", {} },
    Word { "latency", MappedValue::Target::Request, "e2e", {} },
    Word { "e2e_latency", MappedValue::Target::Request, "e2e", {} },
    Word { "duration", MappedValue::Target::Request, "e2e", {} },
    Word { "input_tokens", MappedValue::Target::Request, "isl", {} },
    Word { "prompt_tokens", MappedValue::Target::Request, "isl", {} },
    Word { "isl", MappedValue::Target::Request, "isl", {} },
    Word { "output_tokens", MappedValue::Target::Request, "osl", {} },
    Word { "completion_tokens", MappedValue::Target::Request, "osl", {} },
    Word { "generation_tokens", MappedValue::Target::Request, "osl", {} },
    Word { "osl", MappedValue::Target::Request, "osl", {} },
    Word { "ok", MappedValue::Target::Request, "ok", {} },
    Word { "success", MappedValue::Target::Request, "ok", {} },
    Word { "error", MappedValue::Target::Request, "error", {} },
    Word { "itl", MappedValue::Target::Request, "gaps", {} },
    Word { "itls", MappedValue::Target::Request, "gaps", {} },
};

inline constexpr std::array<std::string_view, 8> requestSigns { "request_id", "request_index", "request_idx",
    "start", "start_time", "launch_time", "end_time", "finish_time" };

// Before a known word they make it what was asked for, not what was measured.
inline constexpr std::array<std::string_view, 16> askedWords { "target", "targeted", "requested", "desired",
    "expected", "planned", "configured", "config", "configuration", "args", "limit", "goal", "slo", "sla",
    "budget", "threshold" };

// Before a known word they change nothing. Any other does ("cached", "peak", "relative").
inline constexpr std::array<std::string_view, 7> plainWords { "total", "overall", "measured", "observed",
    "achieved", "actual", "benchmark" };

// What was measured only where such a word says so: alone it is as often what was asked for, or the length of
// one request.
inline constexpr std::array<std::string_view, 6> unclearAlone { "rps", "input_tokens", "prompt_tokens",
    "output_tokens", "completion_tokens", "generated_tokens" };

// What stands for a device and names none.
inline constexpr std::array<std::string_view, 10> deviceKinds { "auto", "cpu", "cuda", "gpu", "hip", "mps",
    "npu", "rocm", "tpu", "xpu" };

// A document's outer names that make what they hold something else.
inline constexpr std::array<std::string_view, 14> otherWords { "failed", "failures", "error", "errors",
    "cached", "cache", "warmup", "peak", "baseline", "previous", "delta", "diff", "change", "relative" };

struct Affix {
    std::string_view text;
    std::string_view means;
};
inline constexpr std::array stats {
    Affix { "mean", "mean" },
    Affix { "avg", "mean" },
    Affix { "average", "mean" },
    Affix { "median", "p50" },
    Affix { "med", "p50" },
    Affix { "min", "min" },
    Affix { "max", "max" },
    Affix { "std", "std" },
    Affix { "stddev", "std" },
};
inline constexpr std::array unitWords {
    Affix { "ms", "ms" },
    Affix { "s", "s" },
    Affix { "sec", "s" },
    Affix { "secs", "s" },
    Affix { "seconds", "s" },
    Affix { "us", "us" },
    Affix { "ns", "ns" },
    Affix { "w", "W" },
    Affix { "watts", "W" },
    Affix { "j", "J" },
    Affix { "percent", "percent" },
    Affix { "%", "percent" },
    Affix { "pct", "percent" },
};

} // namespace prism::proposal
