# rp_add_plugin(NAME [KIT] SOURCES file…): builds NAME.so as resource_plugin.h wants a plugin to be: one exported name, all
# symbols resolved and made read-only at load time, its own definitions before anybody else's, never unmapped, and no
# search path of its own. With KIT it is linked with the authors' kit (rpkit.h). Add libraries with target_link_libraries(NAME PRIVATE …) as usual; static ones stay hidden.
function(rp_add_plugin name)
    cmake_parse_arguments(PLUGIN "KIT" "" "SOURCES" ${ARGN})
    if(NOT PLUGIN_SOURCES OR PLUGIN_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "rp_add_plugin(NAME [KIT] SOURCES file…)")
    endif()
    set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
    add_library(${name} MODULE ${PLUGIN_SOURCES})
    target_link_libraries(${name} PRIVATE resource-plugin::abi)
    if(PLUGIN_KIT)
        target_link_libraries(${name} PRIVATE resource-plugin::rpkit)
        target_link_options(${name} PRIVATE -Wl,--gc-sections)
    endif()
    set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX .so C_VISIBILITY_PRESET hidden
                          SKIP_BUILD_RPATH ON INSTALL_RPATH "" LINK_DEPENDS ${map})
    target_link_options(${name} PRIVATE -Wl,-z,nodelete,-z,now,-z,relro,-Bsymbolic,--as-needed
                        -Wl,--version-script=${map})
    # A sanitizer of clang leaves its runtime to the program, so not all symbols can be resolved then.
    if(NOT (RP_SANITIZE AND CMAKE_C_COMPILER_ID MATCHES Clang))
        target_link_options(${name} PRIVATE -Wl,-z,defs)
    endif()
    if(RP_PLUGIN_OUTPUT_DIRECTORY)
        set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${RP_PLUGIN_OUTPUT_DIRECTORY})
    endif()
endfunction()
