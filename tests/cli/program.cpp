#include "tests/cli/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "tests/support/temporary_folder.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program to declare

namespace malmoi::testing {
namespace {

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// in, out  open descriptors; -1: the files of these names in the folder
pid_t start(const Words& args, const TemporaryFolder& folder, int in_pipe = -1, int out_pipe = -1) {
  std::vector<std::string> words = {MALMOI_PROGRAM};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string in = (folder / "in").string();
  const std::string out = (folder / "out").string();
  const std::string err = (folder / "err").string();
  if (in_pipe >= 0) {
    posix_spawn_file_actions_adddup2(&actions, in_pipe, 0);
  } else {
    posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
  }
  if (out_pipe >= 0) {
    posix_spawn_file_actions_adddup2(&actions, out_pipe, 1);
  } else {
    posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  }
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int failed = posix_spawn(&child, MALMOI_PROGRAM, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " MALMOI_PROGRAM);
  return child;
}

Outcome wait_for(pid_t child, const TemporaryFolder& folder) {
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), read_all(folder / "out"),
          read_all(folder / "err")};
}

struct Pipe {
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    for (int& end : ends) close_end(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }

  std::array<int, 2> ends = {-1, -1};  // to read from, to write to
};

void write_all(int end, std::string_view text) {
  EXPECT_EQ(write(end, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

// Up to so many lines, or all where `lines` is 0; false where the end or a minute without any came before.
bool read_lines(int end, std::size_t lines, std::string& text) {
  constexpr int kMilliseconds = 60'000;
  while (lines == 0 || static_cast<std::size_t>(std::ranges::count(text, '\n')) < lines) {
    pollfd waited{.fd = end, .events = POLLIN, .revents = 0};
    std::array<char, 4096> bytes{};
    const ssize_t count = poll(&waited, 1, kMilliseconds) > 0 ? read(end, bytes.data(), bytes.size()) : -1;
    if (count <= 0) return false;
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

Conversation talk_to_malmoi(const Words& args, std::string_view first, std::size_t lines, std::string_view rest) {
  const TemporaryFolder folder;
  Pipe in;
  Pipe out;
  const pid_t child = start(args, folder, in.ends[0], out.ends[1]);
  Pipe::close_end(in.ends[0]);
  Pipe::close_end(out.ends[1]);
  write_all(in.ends[1], first);
  std::string text;
  EXPECT_TRUE(read_lines(out.ends[0], lines, text)) << "only came: " << text;
  Conversation conversation{lines_of(text), {}};
  write_all(in.ends[1], rest);
  Pipe::close_end(in.ends[1]);
  std::string behind;
  read_lines(out.ends[0], 0, behind);
  conversation.rest = wait_for(child, folder);
  conversation.rest.out = behind;
  return conversation;
}

Outcome run_malmoi(const Words& args, std::string_view input) {
  const TemporaryFolder folder;
  folder.write("in", input);
  return wait_for(start(args, folder), folder);
}

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

nlohmann::json report_of(const Words& args, std::string_view input) {
  const Outcome run = run_malmoi(args + Words{"--format", "json"}, input);
  EXPECT_EQ(run.status, 0) << args[0] << ": " << run.err;
  return run.status == 0 ? nlohmann::json::parse(run.out) : nlohmann::json();
}

std::string fingerprint(const nlohmann::json& report) {
  return report["metrics"]["fingerprint"];
}

double figure(const nlohmann::json& report, std::string_view name) {
  for (const nlohmann::json& row : report["tables"]["figures"]) {
    if (row["figure"] == name) return row["value"];
  }
  ADD_FAILURE() << "no figure " << name;
  return 0;
}

nlohmann::json page_data(const std::filesystem::path& page) {
  const std::string html = read_all(page);
  const std::string mark = "id=\"data\">";
  const std::size_t begin = html.find(mark) + mark.size();
  return nlohmann::json::parse(html.substr(begin, html.find("</script>", begin) - begin));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Outcome kill_malmoi(const Words& args, int microseconds, int signal) {
  const TemporaryFolder folder;
  folder.write("in", "");
  const pid_t child = start(args, folder);
  usleep(static_cast<useconds_t>(microseconds));
  kill(child, signal);
  return wait_for(child, folder);
}

bool has_korean_dictionary() {
  return std::filesystem::exists(MALMOI_SHARE_DIR "/mecab-ko-dic/sys.dic");
}

}  // namespace malmoi::testing
