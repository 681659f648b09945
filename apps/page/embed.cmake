# Puts the pages together: frame.html + the page's own HTML + styles + D3 + scripts become one C++ source for each page.
# Included by apps/CMakeLists.txt it adds the rules that make the sources and names them in MALMOI_PAGE_TEMPLATE; run as
#   cmake -DPAGE=topic -DD3=build/share/d3/d3.min.js -DHTML=page.html [-DCPP=page_template.cpp] -P apps/page/embed.cmake
# it does the work. HTML is for the tests, which fill the same template by themselves.

set(page_folder ${CMAKE_CURRENT_LIST_DIR})
set(pages topic classifier)
# Scripts in the order of use: they share one module scope. Those between `data` and `state` belong to every page.
set(frame_scripts frame_words say numbers views theme tip head switches scroll)
set(topic_body page)
set(topic_styles page)
set(topic_scripts words data ${frame_scripts} state colours chips axes map scree terms documents trends matrices tables
                  search print main)
set(classifier_body classifier)
set(classifier_styles page classifier)
set(classifier_scripts classifier_words classifier_data ${frame_scripts} classifier_state class_table confusion curves
                       reliability mistakes classifier_main)
set(topic_function page_template)
set(classifier_function classifier_template)

# Turns the names in a list into paths.
macro(page_files list suffix)
  list(TRANSFORM ${list} REPLACE "(.+)" "${page_folder}/\\1.${suffix}")
endmacro()
foreach(name IN LISTS pages)
  page_files(${name}_body html)
  page_files(${name}_styles css)
  page_files(${name}_scripts js)
endforeach()
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
  set(MALMOI_PAGE_TEMPLATE "")
  foreach(name IN LISTS pages)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${${name}_function}.cpp)
    add_custom_command(
      OUTPUT ${source}
      COMMAND ${CMAKE_COMMAND} -DPAGE=${name} -DD3=${MALMOI_D3} -DCPP=${source} -P ${page_folder}/embed.cmake
      DEPENDS ${page_folder}/embed.cmake ${page_folder}/frame.html ${${name}_body} ${${name}_styles} ${${name}_scripts}
              ${MALMOI_D3}
      COMMENT "Putting the ${name} page together"
      VERBATIM)
    list(APPEND MALMOI_PAGE_TEMPLATE ${source})
  endforeach()
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
if(NOT DEFINED ${PAGE}_function)
  message(FATAL_ERROR "apps/page: no page '${PAGE}'; wanted topic or classifier")
endif()
# join_files(OUT FILES...)
function(join_files out)
  set(joined "")
  foreach(name IN LISTS ARGN)
    file(READ "${name}" text)
    string(APPEND joined "${text}")
  endforeach()
  set(${out} "${joined}" PARENT_SCOPE)
endfunction()
file(READ "${page_folder}/frame.html" page)
file(READ "${D3}" d3)
join_files(body ${${PAGE}_body})
join_files(style ${${PAGE}_styles})
join_files(script ${${PAGE}_scripts})
set(script "\n${script}")

policy_hash("${style}" style_hash)
policy_hash("${d3}" d3_hash)
policy_hash("${script}" script_hash)
string(CONCAT policy "default-src 'none'; script-src ${d3_hash} ${script_hash}; style-src ${style_hash}; "
                     "base-uri 'none'; form-action 'none'")
foreach(part body policy style d3 script)
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
    "std::string_view ${${PAGE}_function}() {\n"
    "  static constexpr char kPage[] = R\"malmoi_page(" "${page}" ")malmoi_page\";\n"
    "  return {kPage, sizeof(kPage) - 1};\n"
    "}\n\n"
    "}  // namespace malmoi::apps\n")
endif()
