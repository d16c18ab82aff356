# Writes a C++ file that holds the pages as string constants: cmake -DOUTPUT=... -DDIRECTORY=... -P EmbedAssets.cmake
set(assets
  "/|index.html|text/html\; charset=utf-8"
  "/app.js|app.js|application/javascript\; charset=utf-8"
  "/style.css|style.css|text/css\; charset=utf-8"
  "/api/v1/openapi.json|openapi.json|application/json")
set(entries "")
foreach(asset IN LISTS assets)
  string(REPLACE "|" ";" fields "${asset}")
  list(GET fields 0 path)
  list(GET fields 1 file)
  string(REGEX REPLACE "^[^|]*\\|[^|]*\\|" "" type "${asset}")
  file(READ ${DIRECTORY}/${file} content)
  string(APPEND entries "    {\"${path}\", \"${type}\", R\"TIDEMARK(${content})TIDEMARK\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"analyzer/web/assets.h\"\n\n#include <array>\n\nnamespace tidemark::web {\nnamespace {\n\n"
  "constexpr Asset kAssets[] = {\n${entries}};\n\n}  // namespace\n\n"
  "std::span<const Asset> Assets() { return kAssets; }\n\n}  // namespace tidemark::web\n")
