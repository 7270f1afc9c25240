# What cmake --install lays out. The pkg-config files find the rest from where they are, so a tree may be moved.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/resource-plugin)

install(FILES ${CMAKE_CURRENT_LIST_DIR}/resource_plugin.h ${PROJECT_SOURCE_DIR}/src/host/rphost.h
              ${PROJECT_SOURCE_DIR}/src/kit/rpkit.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS rp_abi rphost rpkit EXPORT resource-plugin-targets
        LIBRARY COMPONENT librphost0 NAMELINK_COMPONENT librphost-dev)
install(TARGETS rp COMPONENT resource-plugin)
install(EXPORT resource-plugin-targets NAMESPACE resource-plugin:: DESTINATION ${package_dir})
install(FILES ${CMAKE_CURRENT_LIST_DIR}/plugin.cmake ${CMAKE_CURRENT_LIST_DIR}/plugin.map DESTINATION ${package_dir})
install(DIRECTORY DESTINATION ${RP_PLUGINDIR})

# The half of the interface that is not the header, and what to begin with.
set(RP_DOCDIR ${CMAKE_INSTALL_DATAROOTDIR}/doc/resource-plugin)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/README.md DESTINATION ${RP_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${RP_DOCDIR}
        PATTERN node_modules EXCLUDE PATTERN __pycache__ EXCLUDE PATTERN build EXCLUDE)
if(TARGET elb_member)
    install(TARGETS elb_member LIBRARY DESTINATION ${RP_PLUGINDIR} COMPONENT resource-plugin-elb-member)
endif()
if(TARGET elb-sim)
    install(TARGETS elb-sim COMPONENT elb-sim)
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/resource-plugin-config.cmake.in
                              ${CMAKE_BINARY_DIR}/package/resource-plugin-config.cmake
                              INSTALL_DESTINATION ${package_dir} PATH_VARS RP_PLUGINDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/resource-plugin-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/resource-plugin-config.cmake
              ${CMAKE_BINARY_DIR}/package/resource-plugin-config-version.cmake DESTINATION ${package_dir})

file(RELATIVE_PATH RP_PC_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" RP_PC_UP ${RP_PC_UP})
set(RP_PC_DOCDIR ${RP_DOCDIR})
set(RP_PC_PLUGINDIR ${RP_PLUGINDIR})
if(NOT IS_ABSOLUTE ${RP_PLUGINDIR})
    set(RP_PC_PLUGINDIR "\${prefix}/${RP_PLUGINDIR}")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/resource-plugin.pc.in ${CMAKE_BINARY_DIR}/package/resource-plugin.pc @ONLY)
configure_file(${PROJECT_SOURCE_DIR}/src/host/librphost.pc.in ${CMAKE_BINARY_DIR}/package/librphost.pc @ONLY)
configure_file(${PROJECT_SOURCE_DIR}/src/kit/librpkit.pc.in ${CMAKE_BINARY_DIR}/package/librpkit.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/package/resource-plugin.pc ${CMAKE_BINARY_DIR}/package/librphost.pc
              ${CMAKE_BINARY_DIR}/package/librpkit.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
