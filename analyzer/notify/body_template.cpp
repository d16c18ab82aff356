#include "analyzer/notify/body_template.h"

#include "common/file.h"
#include "common/json_values.h"
#include "common/yaml_json.h"

namespace tidemark::notify {
namespace {

using nlohmann::ordered_json;

/// Fails for a text that is no template.
void CheckTemplates(const config::YamlValue& place, const ordered_json& value) {
  if (value.is_string()) {
    try {
      (void)templating::Template(value.get_ref<const std::string&>(), {});
    } catch (const templating::TemplateError& error) {
      place.Fail(std::string("template: ") + error.what());
    }
  }
  if (value.is_structured()) {
    for (const auto& member : value) CheckTemplates(place, member);
  }
}

/// The structure with its texts expanded.
ordered_json Expand(const ordered_json& value, const templating::Value& data, const std::string& external_url) {
  if (value.is_string()) return RenderText(value.get_ref<const std::string&>(), data, external_url);
  if (value.is_object()) {
    ordered_json object = ordered_json::object();
    for (const auto& [key, member] : value.items()) object[key] = Expand(member, data, external_url);
    return object;
  }
  if (value.is_array()) {
    ordered_json array = ordered_json::array();
    for (const ordered_json& item : value) array.push_back(Expand(item, data, external_url));
    return array;
  }
  return value;
}

}  // namespace

std::string RenderText(const std::string& text, const templating::Value& data, const std::string& external_url) {
  if (text.find("{{") == std::string::npos) return text;
  return templating::Template(text, {}).Execute(data, {}, {.query = {}, .external_url = external_url});
}

std::string HeaderValue(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

BodyTemplate BodyTemplate::Load(const std::string& name, const std::string& directory) {
  const bool is_path = name.find('/') != std::string::npos;
  const config::YamlValue file = config::ReadYamlFile(is_path ? name : JoinPath(directory, name + ".yml"));
  BodyTemplate out;
  config::YamlMap map = file.Map();
  if (const auto field = map.Find("json")) {
    out.json_ = config::YamlToJson(*field);
    CheckTemplates(*field, *out.json_);
  }
  const auto read = [](const config::YamlValue& field) {
    CheckTemplates(field, field.String());
    return field.String();
  };
  if (const auto field = map.Find("text")) out.text_ = read(*field);
  if (out.json_.has_value() == !out.text_.empty()) map.Fail("one of json and text must be set");
  if (const auto field = map.Find("subject")) out.subject_ = read(*field);
  if (const auto field = map.Find("headers")) {
    for (const auto& [header, value] : field->Entries()) out.headers_[header] = read(value);
  }
  map.Finish();
  return out;
}

RenderedBody BodyTemplate::Render(const templating::Value& data, const std::string& external_url) const {
  RenderedBody rendered;
  if (json_) {
    rendered.body = DumpJson(Expand(*json_, data, external_url));
    rendered.content_type = "application/json";
  } else {
    rendered.body = RenderText(text_, data, external_url);
    rendered.content_type = "text/plain; charset=utf-8";
  }
  rendered.subject = HeaderValue(RenderText(subject_, data, external_url));
  for (const auto& [name, text] : headers_) rendered.headers[name] = HeaderValue(RenderText(text, data, external_url));
  return rendered;
}

}  // namespace tidemark::notify
