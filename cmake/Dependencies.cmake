# Every third-party part, all of them Debian packages (deploy/packages.txt). The README says what each is for.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date CONFIG REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED COMPONENTS core)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
find_package(Protobuf REQUIRED)
pkg_check_modules(snappy REQUIRED IMPORTED_TARGET snappy)
pkg_check_modules(libcrypt REQUIRED IMPORTED_TARGET libcrypt)
pkg_check_modules(libisal REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(libcares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(libcurl REQUIRED libcurl)  # its headers: common/curl_transfer.h says why it is not linked
pkg_check_modules(libsystemd REQUIRED libsystemd)  # its headers only, too: exporter/procfs/system_bus.h
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
