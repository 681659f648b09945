# Puts the report page together: page.html + page.css + D3 + the scripts become one C++ source, page_template.cpp.
# Included by apps/CMakeLists.txt it adds the rule that makes the source and names it in MALMOI_PAGE_TEMPLATE; run as
#   cmake -DD3=build/share/d3/d3.min.js -DHTML=page.html [-DCPP=page_template.cpp] -P apps/page/embed.cmake
# it does the work. HTML is for the tests, which fill the same template by themselves.

set(page_folder ${CMAKE_CURRENT_LIST_DIR})
# In the order of use: they share one module scope.
set(page_scripts words data state colours tip map scree terms documents trends matrices tables search print main)
list(TRANSFORM page_scripts REPLACE "(.+)" "${page_folder}/\\1.js")
set(page_d3_sha256 f2094bbf6141b359722c4fe454eb6c4b0f0e42cc10cc7af921fc158fceb86539)  # of d3.min.js in 7.9.0

# require_d3(FILE)
function(require_d3 file)
  if(NOT EXISTS "${file}")
    message(FATAL_ERROR "D3 for the report page is not there: ${file}\n"
                        "Run apps/quickstart.sh or tests/run.sh first (they fetch d3 7.9.0 from npm; nothing is downloaded "
                        "while configuring), or name the file: -DMALMOI_D3=/path/to/d3.min.js")
  endif()
  file(SHA256 "${file}" seen)
  if(NOT seen STREQUAL page_d3_sha256)
    message(FATAL_ERROR "D3 for the report page is not the version wanted (7.9.0): ${file} has SHA-256 ${seen}")
  endif()
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(MALMOI_D3 "${PROJECT_SOURCE_DIR}/build/share/d3/d3.min.js" CACHE FILEPATH "d3.min.js 7.9.0, inlined into the report page")
  require_d3("${MALMOI_D3}")
  set(MALMOI_PAGE_TEMPLATE ${CMAKE_CURRENT_BINARY_DIR}/page_template.cpp)
  add_custom_command(
    OUTPUT ${MALMOI_PAGE_TEMPLATE}
    COMMAND ${CMAKE_COMMAND} -DD3=${MALMOI_D3} -DCPP=${MALMOI_PAGE_TEMPLATE} -P ${page_folder}/embed.cmake
    DEPENDS ${page_folder}/embed.cmake ${page_folder}/page.html ${page_folder}/page.css ${page_scripts} ${MALMOI_D3}
    COMMENT "Putting the report page together"
    VERBATIM)
  return()
endif()

# policy_hash(TEXT OUT): 'sha256-…' in base64, as a Content-Security-Policy names an inline script or style.
function(policy_hash text out)
  string(SHA256 hex "${text}")
  set(digits "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  set(code "")
  foreach(begin RANGE 0 60 6)  # six hexadecimal digits, 24 bits, are four digits of base64; the last group is 16 bits
    string(SUBSTRING "${hex}00" ${begin} 6 group)
    foreach(shift 18 12 6 0)
      math(EXPR digit "(0x${group} >> ${shift}) & 63")
      string(SUBSTRING "${digits}" ${digit} 1 letter)
      string(APPEND code "${letter}")
    endforeach()
  endforeach()
  string(SUBSTRING "${code}" 0 43 code)
  set(${out} "'sha256-${code}='" PARENT_SCOPE)
endfunction()

require_d3("${D3}")
file(READ "${page_folder}/page.html" page)
file(READ "${page_folder}/page.css" style)
file(READ "${D3}" d3)
set(script "\n")
foreach(name IN LISTS page_scripts)
  file(READ "${name}" text)
  string(APPEND script "${text}")
endforeach()

policy_hash("${style}" style_hash)
policy_hash("${d3}" d3_hash)
policy_hash("${script}" script_hash)
string(CONCAT policy "default-src 'none'; script-src ${d3_hash} ${script_hash}; style-src ${style_hash}; "
                     "base-uri 'none'; form-action 'none'")
foreach(part policy style d3 script)
  string(TOUPPER "@${part}@" place)
  string(REPLACE "${place}" "${${part}}" page "${page}")
endforeach()

if(HTML)
  file(WRITE "${HTML}" "${page}")
endif()
if(CPP)
  string(FIND "${page}" ")malmoi_page\"" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "apps/page: the page holds the end mark of its own C++ literal")
  endif()
  file(WRITE "${CPP}"
    "// Made by apps/page/embed.cmake from apps/page and D3.\n"
    "#include \"apps/page/template.h\"\n\n"
    "namespace malmoi::apps {\n\n"
    "std::string_view page_template() {\n"
    "  static constexpr char kPage[] = R\"malmoi_page(" "${page}" ")malmoi_page\";\n"
    "  return {kPage, sizeof(kPage) - 1};\n"
    "}\n\n"
    "}  // namespace malmoi::apps\n")
endif()
