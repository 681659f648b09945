#pragma once

#include <gtest/gtest.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <string>
#include <string_view>

namespace malmoi::testing {

// Normal forms as ICU makes them, beside which ours are put.

inline std::string normalized_by(const icu::Normalizer2* form, std::string_view text, UErrorCode status) {
  std::string out;
  form->normalize(icu::UnicodeString::fromUTF8(std::string(text)), status).toUTF8String(out);
  EXPECT_TRUE(U_SUCCESS(status));
  return out;
}

inline std::string nfc_by_icu(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  return normalized_by(icu::Normalizer2::getNFCInstance(status), text, status);
}

inline std::string nfd_by_icu(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  return normalized_by(icu::Normalizer2::getNFDInstance(status), text, status);
}

}  // namespace malmoi::testing
