#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "corpus/base/error.h"
#include "corpus/models.h"

namespace malmoi::testing {

/// The model that this version has stored once, in tests/golden.
inline corpus::StoredModel golden_model(const std::string& kind, std::int64_t version) {
  const auto read = [&](std::string_view ending) {
    std::ifstream file(concat(MALMOI_SOURCE_DIR "/tests/golden/", kind, '_', version, ending), std::ios::binary);
    EXPECT_TRUE(file) << kind << ' ' << version;
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  return {.kind = kind, .version = version, .options = read(".json"), .tensors = read(".safetensors")};
}

/// How often to damage each part of a model: at every so manyth byte.
struct DamageSteps {
  std::size_t options = 1;
  std::size_t tensors = 1;
};

/// Cuts a model short and flips bits of it. Every model that is too short is refused as corrupt_data, and so is every
/// other that is not read; what is read can be used without harm.
/// read  reads a stored model and uses what it has read
/// Returns how many of the flips were refused
template <typename Read>
int expect_damage_is_found(const corpus::StoredModel& right, const DamageSteps& steps, const Read& read) {
  const auto is_refused = [&](const corpus::StoredModel& stored, std::string_view field, std::size_t at) {
    try {
      read(stored);
      return false;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data) << field << ' ' << at << ": " << error.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << field << ' ' << at << ": " << error.what();
    }
    return true;
  };
  int refused = 0;
  const auto damage = [&](std::string corpus::StoredModel::*field, std::size_t step, std::string_view name) {
    for (std::size_t at = 0; at < (right.*field).size(); at += step) {
      corpus::StoredModel cut = right;
      (cut.*field).resize(at);
      EXPECT_TRUE(is_refused(cut, name, at)) << name << " cut to " << at;
      corpus::StoredModel flipped = right;
      (flipped.*field)[at] = static_cast<char>((flipped.*field)[at] ^ 4);
      refused += is_refused(flipped, name, at) ? 1 : 0;
    }
  };
  damage(&corpus::StoredModel::options, steps.options, "options");
  damage(&corpus::StoredModel::tensors, steps.tensors, "tensors");
  return refused;
}

}  // namespace malmoi::testing
