# cmake --install: the program, its dictionary, the documents; the libraries with their headers for find_package(malmoi),
# which are the component `development` (tests/install_test.cmake).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS malmoi RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_BINARY_DIR}/../share/mecab-ko-dic DESTINATION share/malmoi
        OPTIONAL PATTERN .DS_Store EXCLUDE)
install(FILES LICENSE README.md apps/README.ko.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

add_library(malmoi_all INTERFACE)
set_target_properties(malmoi_all PROPERTIES EXPORT_NAME malmoi)
set(exported malmoi_build malmoi_all)
foreach(folder base corpus tokenize vectorize topics neural)
  if(TARGET malmoi_${folder})
    set_target_properties(malmoi_${folder} PROPERTIES EXPORT_NAME ${folder})
    target_link_libraries(malmoi_all INTERFACE malmoi_${folder})
    list(APPEND exported malmoi_${folder})
  endif()
  if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${folder})
    install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/malmoi COMPONENT development
            FILES_MATCHING PATTERN *.h)
  endif()
endforeach()
install(TARGETS ${exported} EXPORT malmoiTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/malmoi)
install(EXPORT malmoiTargets NAMESPACE malmoi:: DESTINATION ${package} COMPONENT development)
configure_package_config_file(apps/malmoiConfig.cmake.in ${PROJECT_BINARY_DIR}/malmoiConfig.cmake
                              INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/malmoiConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/malmoiConfig.cmake ${PROJECT_BINARY_DIR}/malmoiConfigVersion.cmake
        DESTINATION ${package} COMPONENT development)
