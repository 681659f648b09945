#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "apps/cpu.h"
#include "apps/signals.h"
#include "apps/verbs.h"

namespace {

// Columns of the terminal that standard error is; 0: it is none.
int terminal_columns() {
  constexpr int kUnknown = 80;
  if (isatty(STDERR_FILENO) == 0) return 0;
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUnknown;
}

int run(std::vector<std::string> args) {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  malmoi::apps::Streams io{.in = std::cin,
                           .out = std::cout,
                           .err = std::cerr,
                           .err_columns = terminal_columns(),
                           .stop = malmoi::apps::stop_on_signals()};
  return malmoi::apps::run_program(malmoi::apps::verbs(), args, io);
}

}  // namespace

// Compiled for the plainest processor, like cpu.cpp: nothing newer runs before the check.
int main(int count, char** words) {
  using namespace malmoi::apps;
  if (const char* missing = missing_cpu_feature(kCompiledCpuFeatures, present_cpu_features())) {
    std::fprintf(stderr,
                 "malmoi: this program was built for processors with %s, which this one lacks; "
                 "build it here, or with -DMALMOI_CPU=v2\n",
                 missing);
    return 1;
  }
  return run({words + 1, words + count});
}
