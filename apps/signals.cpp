#include "apps/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <string_view>
#include <thread>

#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

// A thread that waits is free of the limits of a signal handler: request_stop may lock and call back.
void watch(const std::stop_source& source) {
  const sigset_t set = stop_signals();
  int number = 0;
  if (sigwait(&set, &number) != 0) return;
  constexpr std::string_view kMessage = "\nstopping; once more to end at once\n";
  (void)!write(STDERR_FILENO, kMessage.data(), kMessage.size());
  source.request_stop();
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  while (true) pause();
}

}  // namespace

std::stop_token stop_on_signals() {
  signal(SIGPIPE, SIG_DFL);  // a parent may have ignored it
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::stop_source source;
  try {
    std::thread(watch, source).detach();  // it waits until the program ends; nobody could join it
  } catch (const std::system_error& error) {
    throw Error(ErrorCode::io, concat("stop_on_signals: ", error.what()));
  }
  return source.get_token();
}

}  // namespace malmoi::apps
