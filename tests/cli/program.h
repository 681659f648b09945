#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace malmoi::testing {

/// Sample texts: film reviews with the labels 1 and 0, and the inaugural addresses of 59 presidents.
inline const std::string kReviews = MALMOI_SOURCE_DIR "/tests/data/nsmc_sample.tsv";
inline const std::string kSpeeches = MALMOI_SOURCE_DIR "/tests/data/speeches.jsonl.gz";

using Words = std::vector<std::string>;
[[nodiscard]] Words operator+(Words words, const Words& more);

/// How a run of the program ended.
struct Outcome {
  int status = 0;  ///< exit status; 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

/// Runs the malmoi that was built with the tests, with this standard input.
Outcome run_malmoi(const Words& args, std::string_view input = "");

/// What was said while standard input was open, and how it ended behind that.
struct Conversation {
  std::vector<std::string> first;
  Outcome rest;  ///< out: what came behind the first lines
};

/// Runs it with a pipe as standard input, which stays open until so many lines have come in answer to the first text; a
/// minute without one fails the test.
Conversation talk_to_malmoi(const Words& args, std::string_view first, std::size_t lines, std::string_view rest);

/// What a command that succeeds says with --format json; null, and the test fails, where it does not.
nlohmann::json report_of(const Words& args, std::string_view input = "");

/// The fingerprint of the model that a report tells of.
std::string fingerprint(const nlohmann::json& report);

/// A value of the table "figures"; 0, and the test fails, where it is not there.
double figure(const nlohmann::json& report, std::string_view name);

std::vector<std::string> lines_of(const std::string& text);

/// What a page made by the program holds.
nlohmann::json page_data(const std::filesystem::path& page);

/// Starts it and kills it with SIGKILL (or another signal) after so many microseconds, unless it has ended by then.
Outcome kill_malmoi(const Words& args, int microseconds, int signal = 9);

/// True where the Korean dictionary lies in the build's share folder.
bool has_korean_dictionary();

}  // namespace malmoi::testing
