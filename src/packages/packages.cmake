# Debian packages: cmake --preset package && cmake --build --preset package && cpack --preset package
# Each is a component of what cmake --install lays out; what names no component is librphost-dev's.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME resource-plugin)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The resource-plugin authors <resource-plugin@example.org>")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
    WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/staging.cmake)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/epoch.cmake)

set(folder ${CMAKE_CURRENT_LIST_DIR})
set(CPACK_COMPONENTS_ALL)

# rp_package(name SECTION s SUMMARY s TEXT s [DEPENDS d] [RECOMMENDS r] [OVERRIDE tag] [EXTRA files] [ALL])
function(rp_package name)
    cmake_parse_arguments(PACKAGE "ALL" "SECTION;SUMMARY;TEXT;DEPENDS;RECOMMENDS;OVERRIDE" "EXTRA" ${ARGN})
    string(TOUPPER ${name} key)
    set(CPACK_COMPONENTS_ALL ${CPACK_COMPONENTS_ALL} ${name} PARENT_SCOPE)
    set(CPACK_COMPONENT_${key}_DESCRIPTION "${PACKAGE_SUMMARY}\n${PACKAGE_TEXT}" PARENT_SCOPE)
    set(CPACK_DEBIAN_${key}_PACKAGE_NAME ${name} PARENT_SCOPE)
    set(CPACK_DEBIAN_${key}_PACKAGE_SECTION ${PACKAGE_SECTION} PARENT_SCOPE)
    set(CPACK_DEBIAN_${key}_PACKAGE_DEPENDS "${PACKAGE_DEPENDS}" PARENT_SCOPE)
    set(CPACK_DEBIAN_${key}_PACKAGE_RECOMMENDS "${PACKAGE_RECOMMENDS}" PARENT_SCOPE)
    if(PACKAGE_EXTRA)
        set(CPACK_DEBIAN_${key}_PACKAGE_CONTROL_EXTRA "${PACKAGE_EXTRA}" PARENT_SCOPE)
    endif()
    if(PACKAGE_ALL)
        set(CPACK_DEBIAN_${key}_PACKAGE_ARCHITECTURE all PARENT_SCOPE)
    endif()
    install(FILES ${folder}/copyright DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${name} COMPONENT ${name})
    if(PACKAGE_OVERRIDE)
        set(override "# cpack writes this itself.\n${name}: ${PACKAGE_OVERRIDE}\n")
    endif()
    configure_file(${folder}/overrides.in ${CMAKE_BINARY_DIR}/package/overrides/${name} @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/package/overrides/${name} DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/lintian/overrides
            COMPONENT ${name})
    install(FILES ${folder}/changelog DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${name} RENAME changelog.Debian
            COMPONENT ${name})
endfunction()

set(same_version "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")

rp_package(librphost0 SECTION libs
    SUMMARY "host library for resource plugins"
    TEXT "Finds, loads and calls resource plugins: shared objects that create, read,\nupdate and delete resources on some server. It checks each of their answers.\nIts flat functions suit programs in C and scripts alike."
    OVERRIDE maintscript-calls-ldconfig EXTRA ${folder}/triggers ${folder}/symbols)
rp_package(librphost-dev SECTION libdevel
    SUMMARY "development files for resource plugins and their hosts"
    TEXT "Headers, the authors' kit, CMake and pkg-config files, man pages, the\ndescription of the ABI, and examples of plugins and hosts."
    DEPENDS "librphost0 ${same_version}, libjson-c-dev")
rp_package(resource-plugin SECTION admin
    SUMMARY "plan and apply resources from a file, through resource plugins"
    TEXT "The command rp creates, updates and deletes resources to match a YAML file.\nIts state survives kills and lost answers."
    RECOMMENDS "resource-plugin-elb-member")
rp_package(resource-plugin-elb-member SECTION admin
    SUMMARY "resource plugin for members of classic load balancers"
    TEXT "Manages the backend servers of classic load balancers of Open Telekom Cloud\nand compatible clouds: many in one request, none lost or added twice.")
rp_package(elb-sim SECTION devel
    SUMMARY "simulator of the classic load balancer API"
    TEXT "A server on the loopback interface that behaves as the classic ELB API of Open\nTelekom Cloud and its identity service do, with fault injection.")
rp_package(python3-resource-plugin SECTION python ALL
    SUMMARY "Python package for resource plugins"
    TEXT "Create, read, update and delete resources through resource plugins, with\nblocking calls or asyncio."
    DEPENDS "python3 (>= 3.9)" RECOMMENDS "librphost0")

# rp writes the completions of shells itself.
set(completions ${CMAKE_BINARY_DIR}/completions)
add_custom_command(OUTPUT ${completions}/rp ${completions}/_rp ${completions}/rp.fish
                   COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
                   COMMAND rp completion bash > ${completions}/rp
                   COMMAND rp completion zsh > ${completions}/_rp
                   COMMAND rp completion fish > ${completions}/rp.fish
                   DEPENDS rp VERBATIM)
add_custom_target(completions ALL DEPENDS ${completions}/rp)
install(FILES ${completions}/rp DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions
        COMPONENT resource-plugin)
install(FILES ${completions}/_rp DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/zsh/vendor-completions COMPONENT resource-plugin)
install(FILES ${completions}/rp.fish DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/fish/vendor_completions.d
        COMPONENT resource-plugin)

# The provider is what rp provider makes: bridge and plugin in one folder, which stands among the system's libraries. A link
# to it stands where Terraform and OpenTofu look for providers without any configuration.
rp_package(terraform-provider-elb-member SECTION admin
    SUMMARY "Terraform and OpenTofu provider for members of classic load balancers"
    TEXT "The resource plugin elb_member as a provider: single members and sets of\nmembers, with the provider's source resource-plugin.local/plugins/elb-member.")
set(provider ${CMAKE_BINARY_DIR}/provider)
set(provider_path resource-plugin.local/plugins/elb-member/${PROJECT_VERSION})
add_custom_command(OUTPUT ${provider}/done
                   COMMAND ${CMAKE_COMMAND} -E rm -rf ${provider}
                   COMMAND ${CMAKE_COMMAND} -E env RP_BRIDGE=$<TARGET_FILE:terraform-bridge>
                           $<TARGET_FILE:rp> provider $<TARGET_FILE:elb_member> -out ${provider}
                   COMMAND ${CMAKE_COMMAND} -E touch ${provider}/done
                   DEPENDS rp terraform-bridge elb_member VERBATIM)
add_custom_target(provider ALL DEPENDS ${provider}/done)
install(DIRECTORY ${provider}/${provider_path}/ DESTINATION ${CMAKE_INSTALL_LIBDIR}/terraform-provider-elb-member
        USE_SOURCE_PERMISSIONS COMPONENT terraform-provider-elb-member)
install(CODE "
    file(GLOB folders RELATIVE ${provider}/${provider_path} ${provider}/${provider_path}/*)
    set(links \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATAROOTDIR}/terraform/plugins/${provider_path})
    file(MAKE_DIRECTORY \${links})
    foreach(folder IN LISTS folders)
        file(CREATE_LINK ../../../../../../../${CMAKE_INSTALL_LIBDIR}/terraform-provider-elb-member/\${folder}
             \${links}/\${folder} SYMBOLIC)
    endforeach()"
    COMPONENT terraform-provider-elb-member)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/python/resource_plugin DESTINATION lib/python3/dist-packages
        COMPONENT python3-resource-plugin FILES_MATCHING PATTERN *.py PATTERN py.typed PATTERN __pycache__ EXCLUDE)

include(CPack)
