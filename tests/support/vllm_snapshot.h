// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace prism::test {

/// What /metrics of a vLLM tells after so many requests: half of them had their first token within 0.1 s.
inline std::string vllmSnapshot(int requests, const char* seconds)
{
    const std::string count = std::to_string(requests);
    return "# TYPE vllm:request_success_total counter\n"
           "vllm:request_success_total{finished_reason=\"stop\",model_name=\"org/m\"} "
        + count
        + "\n# TYPE vllm:time_to_first_token_seconds histogram\n"
          "vllm:time_to_first_token_seconds_bucket{le=\"0.1\",model_name=\"org/m\"} "
        + std::to_string(requests / 2)
        + "\nvllm:time_to_first_token_seconds_bucket{le=\"0.5\",model_name=\"org/m\"} " + count
        + "\nvllm:time_to_first_token_seconds_bucket{le=\"+Inf\",model_name=\"org/m\"} " + count
        + "\nvllm:time_to_first_token_seconds_sum{model_name=\"org/m\"} " + seconds
        + "\nvllm:time_to_first_token_seconds_count{model_name=\"org/m\"} " + count + "\n";
}

} // namespace prism::test
