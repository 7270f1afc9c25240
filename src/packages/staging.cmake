# Run by cpack on what it is about to pack: what Debian's policy asks of files, and nothing that tells when it was built.
find_program(gzip gzip REQUIRED)
file(GLOB_RECURSE texts ${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/man/*.[0-9]
     ${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/doc/*/changelog.Debian)
foreach(text IN LISTS texts)
    execute_process(COMMAND ${gzip} -9nf ${text} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
# CPack strips what it knows as targets; the provider's files are copies.
file(GLOB copies ${CPACK_TEMPORARY_DIRECTORY}/*/usr/lib/*/terraform-provider-*/*/*)
if(copies)
    execute_process(COMMAND strip --strip-unneeded ${copies} COMMAND_ERROR_IS_FATAL ANY)
endif()
execute_process(COMMAND find ${CPACK_TEMPORARY_DIRECTORY} -type d -exec chmod 0755 {} + COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND find ${CPACK_TEMPORARY_DIRECTORY} -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} +
                COMMAND_ERROR_IS_FATAL ANY)
