#include "apps/program.h"

#include <gtest/gtest.h>

#include <new>
#include <sstream>
#include <stdexcept>

namespace malmoi::apps {
namespace {

using Args = std::span<const std::string>;

const std::vector<Verb> kVerbs = {
    {"index", "reads documents", [](Args args, Streams& io) { io.out << "index of " << args.size() << '\n'; }},
    {"search", "finds documents", [](Args args, Streams& io) { io.out << (args[0] == "--help" ? "HELP\n" : "hit\n"); }},
    {"misuse", "", [](Args, Streams&) { throw UsageError("CORPUS is missing"); }},
    {"fail", "",
     [](Args, Streams&) {
       throw Error(ErrorCode::io,
                   "a\x1b"
                   "b: no such file");
     }},
    {"stop", "", [](Args, Streams&) { throw Error(ErrorCode::canceled, "stopped on request"); }},
    {"memory", "", [](Args, Streams&) { throw std::bad_alloc(); }},
    {"library", "", [](Args, Streams&) { throw std::runtime_error("from elsewhere"); }},
};

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend void PrintTo(const Outcome& outcome, std::ostream* os) {
    *os << outcome.status << " out: " << outcome.out << " err: " << outcome.err;
  }
};

Outcome outcome_of(const std::vector<std::string>& args) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Streams io{.in = in, .out = out, .err = err};
  const int status = run_program(kVerbs, args, io);
  return {status, out.str(), err.str()};
}

TEST(Program, GivesTheVerbTheArgumentsBehindIt) {
  EXPECT_EQ(outcome_of({"index", "a", "b"}), (Outcome{0, "index of 2\n", ""}));
}

TEST(Program, ExitsWithTwoAndAHintForWrongUsage) {
  EXPECT_EQ(outcome_of({"misuse"}),
            (Outcome{2, "", "malmoi misuse: CORPUS is missing\n`malmoi misuse --help` shows how it is used\n"}));
  EXPECT_EQ(
      outcome_of({"serach"}),
      (Outcome{2, "", "malmoi: unknown verb 'serach'; did you mean search?\n`malmoi --help` shows how it is used\n"}));
  EXPECT_EQ(outcome_of({}), (Outcome{2, "", "malmoi: a verb is missing\n`malmoi --help` shows how it is used\n"}));
}

TEST(Program, ExitsWithOneForErrorsOfAnyKind) {
  EXPECT_EQ(outcome_of({"fail"}), (Outcome{1, "", "malmoi fail: a␛b: no such file\n"}));
  EXPECT_EQ(outcome_of({"memory"}), (Outcome{1, "", "malmoi memory: not enough memory\n"}));
  EXPECT_EQ(outcome_of({"library"}), (Outcome{1, "", "malmoi library: from elsewhere\n"}));
}

TEST(Program, ExitsWith130WhenStopped) {
  EXPECT_EQ(outcome_of({"stop"}), (Outcome{130, "", "malmoi stop: interrupted\n"}));
}

TEST(Program, ListsItsVerbs) {
  const Outcome help = outcome_of({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.out.find("\n  index    reads documents\n  search   finds documents\n"), std::string::npos) << help.out;
  EXPECT_EQ(outcome_of({"help"}), help);
}

TEST(Program, ExplainsAVerb) {
  EXPECT_EQ(outcome_of({"help", "search"}), (Outcome{0, "HELP\n", ""}));
  EXPECT_EQ(outcome_of({"help", "nothing"}).status, 2);
}

TEST(Program, TellsItsVersion) {
  EXPECT_EQ(outcome_of({"--version"}).out, "malmoi " + std::string(version()) + "\n");
}

TEST(Program, FailsWhenTheResultsCannotBeWritten) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  out.setstate(std::ios::badbit);
  Streams io{.in = in, .out = out, .err = err};
  const std::vector<std::string> args = {"index"};
  EXPECT_EQ(run_program(kVerbs, args, io), 1);
  EXPECT_EQ(err.str(), "malmoi index: the results could not be written to standard output\n");
}

}  // namespace
}  // namespace malmoi::apps
