# rp_man_page(rp.1 [package]): builds and installs the man page rp.1 from rp.1.scd of the calling room. All pages land under
# man/ of the build, where MANPATH finds them. Run as a script, this file makes one page: scdoc puts paragraph breaks
# around headings, where they mean nothing, and before the end of an item instead of after it; mandoc warns of both.
if(CMAKE_SCRIPT_MODE_FILE)
    execute_process(COMMAND ${SCDOC} INPUT_FILE ${SOURCE} OUTPUT_VARIABLE page RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "${SOURCE}: scdoc failed: ${failed}")
    endif()
    string(REPLACE "\n.P\n.RE\n" "\n.RE\n.P\n" page "${page}")
    string(REGEX REPLACE "\n\\.P(\n\\.(SH|SS|P))" "\\1" page "${page}")
    string(REGEX REPLACE "(\n\\.(SH|SS) [^\n]*)\n\\.P\n" "\\1\n" page "${page}")
    file(WRITE ${PAGE} "${page}")
    return()
endif()

find_program(RP_SCDOC scdoc DOC "Makes the man pages")
if(NOT RP_SCDOC)
    message(STATUS "There is no scdoc: the man pages are left out")
endif()

set(RP_MAN_SCRIPT ${CMAKE_CURRENT_LIST_FILE} CACHE INTERNAL "")
function(rp_man_page name)
    if(NOT RP_SCDOC)
        return()
    endif()
    string(REGEX REPLACE ".*\\." "man" folder ${name})
    set(page ${CMAKE_BINARY_DIR}/man/${folder}/${name})
    add_custom_command(OUTPUT ${page}
                       COMMAND ${CMAKE_COMMAND} -DSCDOC=${RP_SCDOC} -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}/${name}.scd
                               -DPAGE=${page} -P ${RP_MAN_SCRIPT}
                       DEPENDS ${name}.scd ${RP_MAN_SCRIPT} COMMENT "Making the man page ${name}" VERBATIM)
    add_custom_target(man_${name} ALL DEPENDS ${page})
    set(package ${CMAKE_INSTALL_DEFAULT_COMPONENT_NAME} ${ARGN})
    list(GET package -1 package)
    install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/${folder} COMPONENT ${package})
endfunction()
