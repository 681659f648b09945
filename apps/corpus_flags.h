#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "corpus/filter.h"
#include "corpus/readers.h"
#include "vectorize/vocabulary.h"
#include "vectorize/weighting.h"

namespace boost::program_options {
class options_description;
}

namespace malmoi::apps {

// Flags that several verbs share. Each object must outlive the parsing that fills it.

/// --from, the columns, --encoding, --strip, --on-error.
class ReaderFlags {
 public:
  void add_to(boost::program_options::options_description& flags);
  [[nodiscard]] corpus::ReaderOptions options() const;  ///< throws UsageError

 private:
  corpus::ReaderOptions options_;
  std::string from_ = "auto";
  std::string strip_ = "none";
  std::string on_error_ = "stop";
};

/// --dictionary
class DictionaryFlag {
 public:
  void add_to(boost::program_options::options_description& flags);
  [[nodiscard]] std::filesystem::path folder() const;

 private:
  std::optional<std::string> given_;
};

/// --where
class WhereFlag {
 public:
  void add_to(boost::program_options::options_description& flags);
  [[nodiscard]] corpus::Filter filter() const;  ///< throws invalid_argument
  [[nodiscard]] const std::string& text() const noexcept { return given_; }

 private:
  std::string given_;
};

/// --weighting and --norm: how counts are weighted.
class WeightingFlags {
 public:
  /// weighting  what the flag is without being given
  explicit WeightingFlags(std::string weighting) : name_(std::move(weighting)) {}

  void add_to(boost::program_options::options_description& flags);
  [[nodiscard]] const std::string& name() const noexcept { return name_; }  ///< as given
  [[nodiscard]] vectorize::WeightingOptions options() const;                ///< throws UsageError

 private:
  std::string name_;
  std::string normalization_;
};

/// "5" counts documents; "0.05" and "5%" are a share of them. Throws UsageError naming the flag.
[[nodiscard]] vectorize::Frequency parse_frequency(std::string_view flag, std::string_view text);

}  // namespace malmoi::apps
