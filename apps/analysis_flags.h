#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tokenize/analyzer.h"
#include "vectorize/association.h"

namespace boost::program_options {
class options_description;
}

namespace malmoi::apps {

/// The flags that say how text is analysed, for the verbs that make an analysis.
class AnalysisFlags {
 public:
  AnalysisFlags();
  ~AnalysisFlags();
  AnalysisFlags(const AnalysisFlags&) = delete;
  AnalysisFlags& operator=(const AnalysisFlags&) = delete;

  /// Binds the flags to this object, which must outlive the parsing.
  void add_to(boost::program_options::options_description& flags);

  /// `base` with what the flags say; nullopt when none of them was given. Reads the files that flags name.
  /// Throws UsageError for a value that is none of the choices, io for a file that cannot be read.
  [[nodiscard]] std::optional<tokenize::AnalyzerOptions> options(const tokenize::AnalyzerOptions& base) const;

  /// --phrases: the pairs to be learned; nullopt when not given.
  [[nodiscard]] std::optional<vectorize::CollocationOptions> phrases() const;

 private:
  struct Given;
  void read_korean(tokenize::AnalyzerOptions& options) const;
  void read_words(tokenize::AnalyzerOptions& options) const;
  void read_filters(tokenize::AnalyzerOptions& options) const;
  std::unique_ptr<Given> given_;
};

}  // namespace malmoi::apps
