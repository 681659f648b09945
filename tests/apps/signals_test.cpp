#include "apps/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <iostream>
#include <mutex>
#include <sstream>

#include "apps/program.h"

namespace malmoi::apps {
namespace {

using Args = std::span<const std::string>;

int ready_pipe[2];  // a verb is a plain function; the child tells the test through it that it runs

void tell(char what) {
  (void)!write(ready_pipe[1], &what, 1);
}

void wait_for_stop(Args, Streams& io) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  tell('r');
  changed.wait(lock, io.stop, [] { return false; });
  throw_if_stopped({.stop = io.stop});
}

void never_stop(Args, Streams& io) {
  const std::stop_callback stopped(io.stop, [] { tell('s'); });
  tell('r');
  while (true) pause();
}

void write_forever(Args, Streams&) {
  tell('r');
  int closed[2];
  (void)!pipe(closed);
  close(closed[0]);
  while (write(closed[1], "x", 1) == 1) continue;
  _exit(9);  // SIGPIPE did not end it
}

pid_t start(void (*run)(Args, Streams&)) {
  EXPECT_EQ(pipe(ready_pipe), 0);
  const pid_t child = fork();
  if (child == 0) {
    (void)!freopen("/dev/null", "w", stderr);
    const std::vector<Verb> verbs = {{"verb", "", run}};
    const std::vector<std::string> args = {"verb"};
    std::ostringstream out;
    Streams io{.in = std::cin, .out = out, .err = out, .stop = stop_on_signals()};
    _exit(run_program(verbs, args, io));
  }
  close(ready_pipe[1]);
  return child;
}

char heard() {
  char what = 0;
  return read(ready_pipe[0], &what, 1) == 1 ? what : '\0';
}

int end_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  close(ready_pipe[0]);
  return status;
}

TEST(Signals, TheFirstInterruptAsksToStop) {
  for (const int signal_number : {SIGINT, SIGTERM}) {
    const pid_t child = start(wait_for_stop);
    ASSERT_EQ(heard(), 'r');
    kill(child, signal_number);
    const int status = end_of(child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 130);
  }
}

TEST(Signals, TheSecondInterruptEndsAtOnce) {
  const pid_t child = start(never_stop);
  ASSERT_EQ(heard(), 'r');
  kill(child, SIGINT);
  ASSERT_EQ(heard(), 's');
  kill(child, SIGINT);
  const int status = end_of(child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

TEST(Signals, AClosedPipeEndsTheProgramQuietly) {
  signal(SIGPIPE, SIG_IGN);
  const int status = end_of(start(write_forever));
  signal(SIGPIPE, SIG_DFL);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGPIPE);
}

}  // namespace
}  // namespace malmoi::apps
