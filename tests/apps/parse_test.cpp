#include "apps/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/program_options.hpp>
#include <sstream>

namespace malmoi::apps {
namespace {

namespace po = boost::program_options;
using testing::ElementsAre;

enum class Unit { word, morph };

struct Parsed {
  std::optional<CommonOptions> common;
  std::string out;
  std::string corpus;
  std::vector<std::string> inputs;
  int top = 20;
  double threshold = 0.3;
  bool all = false;
  std::string output;
  Unit unit = Unit::morph;
};

Parsed parsed(const std::vector<std::string>& args) {
  Parsed result;
  po::options_description flags;
  const auto set_unit = [&](const std::string& text) {
    result.unit = choose<Unit>("--unit", text, {{"word", Unit::word}, {"morph", Unit::morph}});
  };
  auto add = flags.add_options();
  add("corpus", po::value(&result.corpus)->required(), "corpus file made by `malmoi index`");
  add("input", po::value(&result.inputs), "files and folders");
  add("top", po::value(&result.top)->default_value(result.top)->value_name("N"), "number of terms shown");
  add("threshold", po::value(&result.threshold)->default_value(result.threshold)->value_name("X"),
      "smallest similarity, from -1 to 1; a pair that is less alike than this is left out of the list altogether");
  add("all-pairs", po::bool_switch(&result.all), "every pair");
  add("unit", po::value<std::string>()->default_value("morph")->value_name("word|morph")->notifier(set_unit),
      "what Korean is cut into");
  add("output,o", po::value(&result.output)->value_name("FILE"), "file to write");
  const Usage usage = {.verb = "demo",
                       .summary = "Shows what there is.",
                       .arguments = {"corpus", "input..."},
                       .examples = "malmoi demo reviews.malmoi more.txt --top 5\n"};
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Streams io{.in = in, .out = out, .err = err};
  result.common = parse(usage, flags, args, io);
  result.out = out.str();
  return result;
}

std::string refusal(const std::vector<std::string>& args) {
  try {
    parsed(args);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Parse, BindsArgumentsByPositionAndFlagsByName) {
  const Parsed p = parsed({"c.malmoi", "a.txt", "--top", "5", "b.txt", "-o", "x.tsv", "--all-pairs", "--unit=word"});
  EXPECT_EQ(p.corpus, "c.malmoi");
  EXPECT_THAT(p.inputs, ElementsAre("a.txt", "b.txt"));
  EXPECT_EQ(p.top, 5);
  EXPECT_EQ(p.output, "x.tsv");
  EXPECT_TRUE(p.all);
  EXPECT_EQ(p.unit, Unit::word);
}

TEST(Parse, KeepsTheDefaultsOfTheVariables) {
  const Parsed p = parsed({"c"});
  EXPECT_EQ(p.top, 20);
  EXPECT_EQ(p.threshold, 0.3);
  EXPECT_EQ(p.common->threads, 0);
  EXPECT_EQ(p.common->format, Format::text);
  EXPECT_FALSE(p.common->quiet || p.common->force || p.all);
}

TEST(Parse, ReadsTheCommonFlags) {
  const Parsed p = parsed({"c", "--threads", "3", "--format", "json", "--quiet", "--force"});
  EXPECT_EQ(p.common->threads, 3);
  EXPECT_EQ(p.common->format, Format::json);
  EXPECT_TRUE(p.common->quiet && p.common->force);
}

TEST(Parse, TakesNegativeNumbersAsValues) {
  EXPECT_EQ(parsed({"c", "--threshold", "-0.5"}).threshold, -0.5);
  EXPECT_EQ(parsed({"c", "--top=-3"}).top, -3);
}

TEST(Parse, TakesEverythingBehindTwoDashesAsArguments) {
  EXPECT_THAT(parsed({"c", "--", "-x", "--top"}).inputs, ElementsAre("-x", "--top"));
  EXPECT_THAT(parsed({"c", "-"}).inputs, ElementsAre("-"));
}

TEST(Parse, RefusesUnknownAndAbbreviatedFlagsAndNamesTheNearest) {
  EXPECT_EQ(refusal({"c", "--thershold", "1"}), "unknown option '--thershold'; did you mean --threshold?");
  EXPECT_EQ(refusal({"c", "--thresh", "1"}), "unknown option '--thresh'; did you mean --threshold?");
  EXPECT_EQ(refusal({"c", "--formats=json"}), "unknown option '--formats'; did you mean --format?");
  EXPECT_EQ(refusal({"c", "-영화"}),
            "unknown option '-영화'; behind -- everything is an argument, whatever it starts with");
  EXPECT_EQ(refusal({"--corpus", "c"}),
            "unknown option '--corpus'; behind -- everything is an argument, whatever it starts with");
}

TEST(Parse, NamesWhatIsMissingOrWrong) {
  EXPECT_EQ(refusal({}), "CORPUS is missing");
  EXPECT_EQ(refusal({"c", "--top"}), "the required argument for option '--top' is missing");
  EXPECT_EQ(refusal({"c", "--top", "many"}), "the argument ('many') for option '--top' is invalid");
  EXPECT_EQ(refusal({"c", "--top", "99999999999"}), "the argument ('99999999999') for option '--top' is invalid");
  EXPECT_EQ(refusal({"c", "--top", "1", "--top", "2"}), "option '--top' cannot be specified more than once");
  EXPECT_EQ(refusal({"c", "--unit", "morhp"}), "--unit: 'morhp' is none of word, morph; did you mean morph?");
  EXPECT_EQ(refusal({"c", "--format", "xml"}), "--format: 'xml' is none of text, json, tsv");
  EXPECT_EQ(refusal({"c", "--threads", "-1"}), "--threads -1: wanted 0 to 1024");
}

TEST(Parse, DoesNotTakeAFlagForAValue) {
  EXPECT_EQ(refusal({"c", "--output", "--all-pairs"}),
            "--output needs a value, but --all-pairs is an option (--output=--all-pairs would take it as the value)");
  EXPECT_EQ(parsed({"c", "--output=--all-pairs"}).output, "--all-pairs");
}

TEST(Parse, RefusesArgumentsThatNobodyAskedFor) {
  const po::options_description none;
  std::istringstream in;
  std::ostringstream out;
  Streams io{.in = in, .out = out, .err = out};
  const std::vector<std::string> args = {"x"};
  EXPECT_THROW((void)parse({.verb = "v", .summary = "s"}, none, args, io), UsageError);
}

TEST(Parse, PrintsHelpEvenWhenArgumentsAreMissing) {
  const Parsed p = parsed({"--help"});
  EXPECT_FALSE(p.common);
  EXPECT_EQ(p.out,
            "malmoi demo CORPUS [INPUT...] [options]\n"
            "\n"
            "Shows what there is.\n"
            "\n"
            "Arguments:\n"
            "  CORPUS                      corpus file made by `malmoi index`\n"
            "  INPUT                       files and folders\n"
            "\n"
            "Options:\n"
            "  --top N (=20)               number of terms shown\n"
            "  --threshold X (=0.3)        smallest similarity, from -1 to 1; a pair that is less alike than this\n"
            "                              is left out of the list altogether\n"
            "  --all-pairs                 every pair\n"
            "  --unit word|morph (=morph)  what Korean is cut into\n"
            "  -o, --output FILE           file to write\n"
            "\n"
            "Common options:\n"
            "  --threads N (=0)            threads to use, 0 for all; the result does not depend on it\n"
            "  --format text|json|tsv (=text)\n"
            "                              form of what is printed\n"
            "  --quiet                     no progress and no notes\n"
            "  --force                     overwrite files and models that exist\n"
            "  -h, --help                  show this text\n"
            "\n"
            "Examples:\n"
            "  malmoi demo reviews.malmoi more.txt --top 5\n");
}

}  // namespace
}  // namespace malmoi::apps
