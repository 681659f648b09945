// How long a stored classifier takes to load, as `predict` loads it.
//
// usage: load_bench FILE [ROUNDS [DICTIONARY]]
//
// FILE        an exported model, or a corpus file that holds one classifier
// ROUNDS      each in a process of its own, since most of a load is the first touch of memory; default 20
// DICTIONARY  of Korean morphemes; default: share/mecab-ko-dic beside the build
// Prints the least and the median milliseconds from opening the file to the model that can predict. What starting the
// program takes is not in it: `time malmoi predict` has both.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "apps/classifier_model.h"
#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

double load_once(const std::string& file, const std::string& dictionary) {
  const auto start = std::chrono::steady_clock::now();
  const ClassifierModel model = load_classifier(file, "", dictionary);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// In a new process, which tells its figure through a pipe.
double load_in_process(const std::string& file, const std::string& dictionary) {
  int ends[2];
  if (::pipe(ends) != 0) throw Error(ErrorCode::io, "load_bench: no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    double milliseconds = -1;
    try {
      milliseconds = load_once(file, dictionary);
    } catch (const std::exception& error) {
      std::cerr << error.what() << '\n';
    }
    const bool told = ::write(ends[1], &milliseconds, sizeof milliseconds) == sizeof milliseconds;
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  double milliseconds = -1;
  const bool heard = ::read(ends[0], &milliseconds, sizeof milliseconds) == sizeof milliseconds;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (!heard || milliseconds < 0) throw Error(ErrorCode::io, concat("load_bench: ", file, " could not be loaded"));
  return milliseconds;
}

void run(const std::string& file, int rounds, const std::string& dictionary) {
  std::vector<double> all;
  for (int round = 0; round < std::max(1, rounds); ++round) all.push_back(load_in_process(file, dictionary));
  std::sort(all.begin(), all.end());
  std::cout << "least_ms\tmedian_ms\trounds\n"
            << all.front() << '\t' << all[all.size() / 2] << '\t' << all.size() << '\n';
}

}  // namespace
}  // namespace malmoi::apps

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: load_bench FILE [ROUNDS [DICTIONARY]]\n";
    return 2;
  }
  try {
    malmoi::apps::run(argv[1], argc > 2 ? std::stoi(argv[2]) : 20,
                      argc > 3 ? argv[3] : MALMOI_SHARE_DIR "/mecab-ko-dic");
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
