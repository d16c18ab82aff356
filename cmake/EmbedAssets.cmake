# Writes a C++ file that holds the pages as string constants: cmake -DOUTPUT=... -DDIRECTORY=... -P EmbedAssets.cmake
set(assets
  "/|index.html|text/html\; charset=utf-8"
  "/graph|graph.html|text/html\; charset=utf-8"
  "/app.js|app.js|application/javascript\; charset=utf-8"
  "/graph.js|graph.js|application/javascript\; charset=utf-8"
  "/helpers.js|helpers.js|application/javascript\; charset=utf-8"
  "/style.css|style.css|text/css\; charset=utf-8"
  "/api/v1/openapi.json|openapi.json|application/json")
# As characters: no compiler need take a string of more than 65,536 bytes (ISO C++, annex on implementation quantities).
set(entries "")
set(contents "")
foreach(asset IN LISTS assets)
  string(REPLACE "|" ";" fields "${asset}")
  list(GET fields 0 path)
  list(GET fields 1 file)
  string(REGEX REPLACE "^[^|]*\\|[^|]*\\|" "" type "${asset}")
  file(READ ${DIRECTORY}/${file} content HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," content "${content}")
  string(MAKE_C_IDENTIFIER "content_${file}" name)
  string(APPEND contents "constexpr char ${name}[] = {${content}};\n")
  string(APPEND entries "    {\"${path}\", \"${type}\", {${name}, sizeof(${name})}},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"analyzer/web/assets.h\"\n\n#include <array>\n\nnamespace tidemark::web {\nnamespace {\n\n"
  "${contents}\nconstexpr Asset kAssets[] = {\n${entries}};\n\n}  // namespace\n\n"
  "std::span<const Asset> Assets() { return kAssets; }\n\n}  // namespace tidemark::web\n")
