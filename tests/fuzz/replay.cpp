// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* count, char*** values);

/// Runs a fuzz target over the files of its corpus, without the fuzzer: an ordinary test.
int main(int count, char** values)
{
    if (LLVMFuzzerInitialize) {
        LLVMFuzzerInitialize(&count, &values);
    }
    int files = 0;
    for (int i = 1; i < count; ++i) {
        if (std::strncmp(values[i], "--", 2) == 0) {
            continue; // an option of the target
        }
        for (const auto& entry : std::filesystem::directory_iterator(values[i])) {
            std::ifstream file(entry.path(), std::ios::binary);
            const std::vector<char> bytes { std::istreambuf_iterator<char>(file), {} };
            LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
            ++files;
        }
    }
    std::printf("%d inputs\n", files);
    return files > 0 ? 0 : 1;
}
