#include "apps/dictionary.h"

#include <system_error>

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

}  // namespace malmoi::apps
